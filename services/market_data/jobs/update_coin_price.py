"""Owns the job update-coin-price and the schedule of one coin. It must never call a provider inside a transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from services.market_data.clients import PriceSources
from services.market_data.clients.batches import MAX_COINS
from services.market_data.clients.listeners import PriceListeners
from services.market_data.domain.chains import address_key, chain_named
from services.market_data.domain.quotes import Quote
from services.market_data.queues import COIN_PRICES, PRICE_UPDATES, priced
from services.market_data.settings import MarketDataSettings
from services.market_data.store import Coin, CoinStore, PriceStore
from shared import clock
from shared.errors import Unrecoverable, UpstreamUnavailable
from shared.jobs import Arguments, Cancel, JobContext, Result, Schedule, exponential, fresh, job, seconds, track
from shared.money import plain

#: Three providers are asked in turn at most; each call ends within its timeout, after a second's wait for its turn.
PROVIDERS = 3
LOCK_WAIT = seconds(10)


class UpdateCoinPrice(Arguments, frozen=True, kw_only=True):
    """Which coin. The id is enough; address and symbol, when given, must be the coin's."""

    coin_id: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    coin_address: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None
    symbol: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None


class PriceUpdated(Result, frozen=True, kw_only=True):
    """The price that stands for (coin, tick), US dollars; `was_new` is False when a run before wrote it."""

    coin_id: int
    tick: datetime
    price_usd: str
    provider: str
    fetched_at: datetime
    was_new: bool


@dataclass(frozen=True, slots=True)
class QuotePolicy:
    """How old a quote may be, and how long the right to fetch new ones is held at most."""

    max_age: timedelta
    lock_ttl: timedelta

    @classmethod
    def from_settings(cls, settings: MarketDataSettings) -> "QuotePolicy":
        """Made once at boot of each process."""
        # The lock outlives the slowest fetch; if it did not, a second fetch would only cost one call more.
        longest_fetch = PROVIDERS * (timedelta(seconds=settings.provider_timeout_seconds) + seconds(1))
        return cls(timedelta(seconds=settings.quote_max_age_seconds), longest_fetch + seconds(5))


@job(queue=PRICE_UPDATES, name="update-coin-price", timeout=seconds(60), attempts=3, backoff=exponential(2))
def update_coin_price(ctx: JobContext, args: UpdateCoinPrice) -> PriceUpdated:
    """Record what one coin costs at one tick.

    When: every `price_interval_seconds` of a tracked coin, at once when it is added, and on request.
    How long: milliseconds with a fresh quote, else one provider call (below a second; 10 s and more when one stalls).
    A second run is harmless: the row of (coin, tick) is written once and stays as it is.

    Raises:
        Cancel: the coin is gone or not tracked any more.
        Unrecoverable: the address or symbol is another coin's.
        UpstreamUnavailable: no provider has a usable price; a later attempt asks again.
        UpstreamRateLimited: every provider refuses for now; the job waits that long without spending an attempt.
    """
    policy = ctx.resource(QuotePolicy)
    with ctx.transaction() as work:
        coin = _checked_coin(CoinStore(work.connection), args)
        quote = _fresh_quote(PriceStore(work.connection), coin, policy)
    if quote is None:
        quote = _fetch_under_lock(ctx, coin, policy)
    # Reported first: the final transaction stays open until this function has returned, and may not wait for Redis.
    ctx.progress(100, note=f"{quote.provider}: {plain(quote.price_usd)} USD")
    with ctx.unit_of_work() as work:
        if not CoinStore(work.connection).hold(coin.id):
            raise Cancel(f"coin {coin.id} was deleted")
        price, was_new = PriceStore(work.connection).record_price(quote, tick=ctx.tick, job_id=UUID(ctx.id))
        if was_new:
            ctx.resource(PriceListeners).tell(ctx, coin.id, price.tick)
        if not fresh(work, COIN_PRICES.name, {str(coin.id): quote.fetched_at}):  # a coin of before there were goals
            track(work, COIN_PRICES, [priced(coin)])
            fresh(work, COIN_PRICES.name, {str(coin.id): quote.fetched_at})
    return PriceUpdated(
        coin_id=coin.id,
        tick=price.tick,
        price_usd=plain(price.price_usd),
        provider=price.provider,
        fetched_at=price.fetched_at,
        was_new=was_new,
    )


def price_schedule(coin: Coin) -> Schedule:
    """The schedule of one coin's prices, as it should be now."""
    return Schedule(
        name=price_schedule_name(coin.id),
        job=update_coin_price.name,
        # No symbol: it can change, and a job already on its way would die of the old one.
        args={"coin_id": coin.id, "coin_address": coin.address},
        every=timedelta(seconds=coin.price_interval_seconds),
        is_enabled=coin.tracked,
    )


def price_schedule_name(coin_id: int) -> str:
    """The name under which a coin's schedule is kept."""
    return f"update-coin-price:{coin_id}"


def _checked_coin(coins: CoinStore, args: UpdateCoinPrice) -> Coin:
    coin = coins.find(args.coin_id)
    if coin is None:
        raise Cancel(f"coin {args.coin_id} does not exist")
    if not coin.tracked:
        raise Cancel(f"coin {coin.id} is not tracked")
    if args.coin_address is not None:
        chain = chain_named(coin.chain)
        if address_key(chain, args.coin_address) != address_key(chain, coin.address):
            raise Unrecoverable(f"coin_address: coin {coin.id} is {coin.address}, not {args.coin_address}")
    if args.symbol is not None and args.symbol.casefold() != coin.symbol.casefold():
        raise Unrecoverable(f"symbol: coin {coin.id} is {coin.symbol}, not {args.symbol}")
    return coin


def _fresh_quote(prices: PriceStore, coin: Coin, policy: QuotePolicy) -> Quote | None:
    return prices.quote(coin.id, since=clock.now() - coin.quote_age(policy.max_age))


def _fetch_under_lock(ctx: JobContext, coin: Coin, policy: QuotePolicy) -> Quote:
    """One provider call for this coin and its neighbours that are due; the jobs behind us find their quotes there."""
    with ctx.lock(f"quotes:{coin.chain}", ttl=policy.lock_ttl, wait=LOCK_WAIT):
        with ctx.transaction() as work:
            quote = _fresh_quote(PriceStore(work.connection), coin, policy)
            if quote is not None:  # whoever held the lock before us asked for this coin too
                return quote
            due = CoinStore(work.connection).due_for_quote(coin, max_age=policy.max_age, limit=MAX_COINS)
        asked_at = clock.now()
        fetched = ctx.resource(PriceSources).fetch([each.ref for each in due])
        with ctx.transaction() as work:
            PriceStore(work.connection).record_quotes(
                fetched.quotes.values(), asked=[each.id for each in due], asked_at=asked_at
            )
    if coin.id not in fetched.quotes:
        if fetched.refusal is not None:
            raise fetched.refusal
        reasons = f" ({'; '.join(fetched.failures)})" if fetched.failures else ""
        raise UpstreamUnavailable(
            f"no provider knows a price of coin {coin.id}, {coin.symbol} on {coin.chain}{reasons}"
        )
    return fetched.quotes[coin.id]
