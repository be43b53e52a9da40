"""Owns the job refresh-coin-prices: one call for coins that are due. It must never call inside a transaction."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec

from services.market_data.clients import PriceSources
from services.market_data.clients.batches import MAX_COINS
from services.market_data.clients.listeners import PriceListeners
from services.market_data.clients.sources import FetchedQuotes
from services.market_data.domain.quotes import Quote
from services.market_data.jobs.update_coin_price import LOCK_WAIT, QuotePolicy
from services.market_data.queues import COIN_PRICES, PRICE_UPDATES
from services.market_data.store import Coin, CoinStore, PriceStore
from shared import clock
from shared.errors import InvalidArgument, UpstreamUnavailable
from shared.jobs import Arguments, Cancel, JobContext, Result, exponential, fresh, job, seconds

#: A coin's number, as a goal of freshness names it.
CoinName = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{0,17}$")]


class RefreshCoinPrices(Arguments, frozen=True, kw_only=True):
    """Ids of coins of one chain."""

    coins: Annotated[list[CoinName], msgspec.Meta(min_length=1, max_length=MAX_COINS)]


class PricesRefreshed(Result, frozen=True, kw_only=True):
    """How many coins were asked for, and how many of them have a new price."""

    asked: int
    priced: int


@job(queue=PRICE_UPDATES, name="refresh-coin-prices", timeout=seconds(60), attempts=3, backoff=exponential(2))
def refresh_coin_prices(ctx: JobContext, args: RefreshCoinPrices) -> PricesRefreshed:
    """Record what up to 30 coins of one chain cost now, and tell how new that is.

    When: as soon as the goal coin-prices calls for it; on request.
    How long: one provider call (below a second; 10 s and more when one stalls).
    A second run is harmless: the row of (coin, tick) is written once and stays as it is.

    Raises:
        Cancel: none of the coins is tracked any more.
        InvalidArgument: the coins are of two chains.
        UpstreamUnavailable: no provider has a usable price of any of them; a later attempt asks again.
        UpstreamRateLimited: every provider refuses for now; the job waits that long without spending an attempt.
    """
    with ctx.transaction() as work:
        coins = CoinStore(work.connection).tracked([int(name) for name in args.coins])
    if not coins:
        raise Cancel("none of the coins is tracked")
    if len(chains := sorted({coin.chain for coin in coins})) > 1:
        raise InvalidArgument(f"coins must be of one chain, got {', '.join(chains)}", field="coins")
    quotes = _quotes(ctx, coins)
    ctx.progress(100, note=f"{len(quotes)} of {len(coins)} coins")
    with ctx.unit_of_work() as work:
        prices, listeners, store = PriceStore(work.connection), ctx.resource(PriceListeners), CoinStore(work.connection)
        kept = [quote for quote in quotes if store.hold(quote.coin_id)]
        for quote in kept:
            price, was_new = prices.record_price(quote, tick=ctx.tick, job_id=UUID(ctx.id))
            if was_new:
                listeners.tell(ctx, quote.coin_id, price.tick)
        fresh(work, COIN_PRICES.name, {str(quote.coin_id): quote.fetched_at for quote in kept})
    return PricesRefreshed(asked=len(coins), priced=len(kept))


def _quotes(ctx: JobContext, coins: Sequence[Coin]) -> list[Quote]:
    """Quotes younger than the job, by coin: those that another fetched meanwhile, and what one call brings."""
    policy = ctx.resource(QuotePolicy)
    with ctx.lock(f"quotes:{coins[0].chain}", ttl=policy.lock_ttl, wait=LOCK_WAIT):
        with ctx.transaction() as work:
            known = PriceStore(work.connection).quotes([coin.id for coin in coins], since=ctx.created_at)
        missing = [coin for coin in coins if coin.id not in known]
        if missing:
            known |= _fetched(ctx, missing).quotes
    if not known:
        raise UpstreamUnavailable(f"no provider knows a price of any of {len(coins)} coins on {coins[0].chain}")
    return [known[coin_id] for coin_id in sorted(known)]


def _fetched(ctx: JobContext, coins: Sequence[Coin]) -> FetchedQuotes:
    asked_at = clock.now()
    fetched = ctx.resource(PriceSources).fetch([coin.ref for coin in coins])
    with ctx.transaction() as work:
        asked = [coin.id for coin in coins]
        PriceStore(work.connection).record_quotes(fetched.quotes.values(), asked=asked, asked_at=asked_at)
    if not fetched.quotes and fetched.refusal is not None:
        raise fetched.refusal
    return fetched
