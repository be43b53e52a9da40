"""Owns MarketDataService: request to value, store or submit, value to response. It must never hold SQL or a formula."""

# ruff: noqa: N802  the names of RPCs are the proto's

import unicodedata
from datetime import timedelta
from decimal import Decimal

import grpc

from protos.market_data.v1 import market_data_pb2 as pb
from protos.market_data.v1 import market_data_pb2_grpc
from services.market_data.domain.chains import chain_named, checked_address
from services.market_data.jobs.update_coin_price import (
    UpdateCoinPrice,
    price_schedule,
    price_schedule_name,
    update_coin_price,
)
from services.market_data.queues import COIN_PRICES, priced
from services.market_data.settings import MarketDataSettings
from services.market_data.store import Coin, CoinStore, NewCoin, Price, PriceStore
from shared import clock
from shared.db import Database
from shared.errors import InvalidArgument, NotReady
from shared.jobs import Freshness, Jobs, Touches, put_schedule, read_ages, remove_schedule, submit, track, untrack
from shared.money import plain
from shared.rpc import pages

MS = timedelta(milliseconds=1)
MAX_INTERVAL_SECONDS = 86_400
MAX_SYMBOL, MAX_NAME = 32, 120
#: Control characters, surrogates, line and paragraph separators; emoji and their joiners are welcome in a name.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


class MarketDataServicer(market_data_pb2_grpc.MarketDataServiceServicer):
    """Coins and their prices, over gRPC. Errors of the platform are raised; the server maps them to status codes."""

    def __init__(self, database: Database, jobs: Jobs, settings: MarketDataSettings) -> None:
        self._database = database
        self._jobs = jobs
        self._default_interval_seconds = settings.price_interval_seconds
        self._touches = Touches(jobs)

    def CreateCoin(self, request: pb.CreateCoinRequest, _context: grpc.ServicerContext) -> pb.CreateCoinResponse:
        """Register a coin and its schedule in one transaction."""
        chain = chain_named(request.chain[:40])
        new = NewCoin(
            symbol=_text(request.symbol, "symbol", most=MAX_SYMBOL),
            name=_text(request.name, "name", most=MAX_NAME),
            chain=chain.name,
            address=checked_address(chain, request.address),
            price_interval_seconds=_interval(request.price_interval_seconds or self._default_interval_seconds),
        )
        with self._database.unit_of_work() as work:
            coin = CoinStore(work.connection).add(new)
            put_schedule(work, price_schedule(coin), run_now=True)
            track(work, COIN_PRICES, [priced(coin)])
        return pb.CreateCoinResponse(coin=_coin(coin))

    def GetCoin(self, request: pb.GetCoinRequest, _context: grpc.ServicerContext) -> pb.GetCoinResponse:
        """One coin with its newest price."""
        coin_id = pages.id_of(request.id, "id")
        with self._database.unit_of_work() as work:
            coin = CoinStore(work.connection).get(coin_id)
            price = PriceStore(work.connection).latest(coin_id)
            ages = read_ages(work, COIN_PRICES.name, [str(coin_id)])
        self._touches.touch(COIN_PRICES, str(coin_id))
        return _coin_with_price(coin, price, ages.get(str(coin_id)))

    def ListCoins(self, request: pb.ListCoinsRequest, _context: grpc.ServicerContext) -> pb.ListCoinsResponse:
        """A page of coins by id, each with its newest price."""
        size = pages.page_size(request.page_size)
        after_id = pages.after_id(request.page_token)
        with self._database.unit_of_work() as work:
            found = CoinStore(work.connection).page(after_id, size + 1)
            ages = read_ages(work, COIN_PRICES.name, [str(each.id) for each, _ in found])
        page = found[:size]
        more = pages.after_id_token(page[-1][0].id) if len(found) > size else ""
        coins = [_coin_with_price(coin, price, ages.get(str(coin.id))) for coin, price in page]
        return pb.ListCoinsResponse(coins=coins, next_page_token=more)

    def UpdateCoin(self, request: pb.UpdateCoinRequest, _context: grpc.ServicerContext) -> pb.UpdateCoinResponse:
        """Change the fields that are set, and the schedule with them; without any, the coin as it is."""
        coin_id = pages.id_of(request.id, "id")
        changes = _changes(request)
        with self._database.unit_of_work() as work:
            coins = CoinStore(work.connection)
            coin = coins.update(coin_id, changes) if changes else coins.get(coin_id)
            if changes.keys() & {"price_interval_seconds", "tracked"}:
                put_schedule(work, price_schedule(coin), run_now="tracked" in changes)
                if coin.tracked:
                    track(work, COIN_PRICES, [priced(coin)])
                else:
                    untrack(work, COIN_PRICES.name, [str(coin.id)])
        return pb.UpdateCoinResponse(coin=_coin(coin))

    def DeleteCoin(self, request: pb.DeleteCoinRequest, _context: grpc.ServicerContext) -> pb.DeleteCoinResponse:
        """Remove a coin, its schedule, quote and prices."""
        coin_id = pages.id_of(request.id, "id")
        with self._database.unit_of_work() as work:
            CoinStore(work.connection).delete(coin_id)
            remove_schedule(work, price_schedule_name(coin_id))
            untrack(work, COIN_PRICES.name, [str(coin_id)])
        return pb.DeleteCoinResponse()

    def GetLatestPrice(
        self, request: pb.GetLatestPriceRequest, _context: grpc.ServicerContext
    ) -> pb.GetLatestPriceResponse:
        """The newest price. Raises NotReady before the first."""
        coin_id = pages.id_of(request.coin_id, "coin_id")
        with self._database.unit_of_work() as work:
            coin = CoinStore(work.connection).get(coin_id)
            price = PriceStore(work.connection).latest(coin_id)
        if price is None:
            raise NotReady(f"coin {coin_id} ({coin.symbol}) has no price yet")
        self._touches.touch(COIN_PRICES, str(coin_id))
        return pb.GetLatestPriceResponse(price=_price(price))

    def ListPrices(self, request: pb.ListPricesRequest, _context: grpc.ServicerContext) -> pb.ListPricesResponse:
        """A page of prices in [from, to), newest first."""
        coin_id = pages.id_of(request.coin_id, "coin_id")
        size = pages.page_size(request.page_size)
        start, end = pages.instant_of(request, "from"), pages.instant_of(request, "to") or clock.now()
        if start is not None and start >= end:
            raise InvalidArgument(
                f"from must be before to, got {start.isoformat()} and {end.isoformat()}", field="from"
            )
        end = min(end, pages.before(request.page_token) or end)
        with self._database.unit_of_work() as work:
            CoinStore(work.connection).get(coin_id)
            found = PriceStore(work.connection).newest_first(coin_id, start=start, end=end, limit=size + 1)
        page = found[:size]
        more = pages.before_token(page[-1].tick) if len(found) > size else ""
        return pb.ListPricesResponse(prices=[_price(each) for each in page], next_page_token=more)

    def TriggerPriceUpdate(
        self, request: pb.TriggerPriceUpdateRequest, _context: grpc.ServicerContext
    ) -> pb.TriggerPriceUpdateResponse:
        """Submit update-coin-price for a tracked coin now."""
        coin_id = pages.id_of(request.coin_id, "coin_id")
        with self._database.unit_of_work() as work:
            coin = CoinStore(work.connection).get(coin_id)
        if not coin.tracked:
            raise NotReady(f"coin {coin_id} ({coin.symbol}) is not tracked")
        job = submit(self._jobs, update_coin_price, UpdateCoinPrice(coin_id=coin_id, coin_address=coin.address))
        return pb.TriggerPriceUpdateResponse(job_id=str(job.id), queue=job.queue, name=job.name, state=job.state)


def _text(value: str, field: str, *, most: int) -> str:
    if not 1 <= len(value) <= most:
        raise InvalidArgument(f"{field} must have 1 to {most} characters, got {len(value)}", field=field)
    if value != value.strip() or any(unicodedata.category(each) in _UNPRINTABLE for each in value):
        raise InvalidArgument(f"{field} must not hold control characters nor start or end with a space", field=field)
    return value


def _interval(seconds: int) -> int:
    if not 1 <= seconds <= MAX_INTERVAL_SECONDS:
        raise InvalidArgument(
            f"price_interval_seconds must be from 1 to {MAX_INTERVAL_SECONDS}, got {seconds}",
            field="price_interval_seconds",
        )
    return seconds


def _changes(request: pb.UpdateCoinRequest) -> dict[str, object]:
    changes: dict[str, object] = {}
    if request.HasField("symbol"):
        changes["symbol"] = _text(request.symbol, "symbol", most=MAX_SYMBOL)
    if request.HasField("name"):
        changes["name"] = _text(request.name, "name", most=MAX_NAME)
    if request.HasField("price_interval_seconds"):
        changes["price_interval_seconds"] = _interval(request.price_interval_seconds)
    if request.HasField("tracked"):
        changes["tracked"] = request.tracked
    return changes


def _coin(coin: Coin) -> pb.Coin:
    return pb.Coin(
        id=coin.id,
        symbol=coin.symbol,
        name=coin.name,
        chain=coin.chain,
        address=coin.address,
        price_interval_seconds=coin.price_interval_seconds,
        tracked=coin.tracked,
        created_at=coin.created_at,
        updated_at=coin.updated_at,
    )


def _coin_with_price(coin: Coin, price: Price | None, age: Freshness | None) -> pb.GetCoinResponse:
    return pb.GetCoinResponse(
        coin=_coin(coin),
        latest_price=None if price is None else _price(price),
        price_age=None if age is None else _price_age(age),
    )


def _price_age(age: Freshness) -> pb.PriceAge:
    return pb.PriceAge(
        age_ms=age.age // MS, max_age_ms=age.max_age // MS, tier=age.tier, is_breached=age.is_late, reason=age.reason
    )


def _price(price: Price) -> pb.Price:
    return pb.Price(
        coin_id=price.coin_id,
        tick=price.tick,
        price_usd=plain(price.price_usd),
        provider=price.provider,
        pair_address=price.pair_address or "",
        liquidity_usd=_optional(price.liquidity_usd),
        volume_24h_usd=_optional(price.volume_24h_usd),
        change_24h_fraction=_optional(price.change_24h_fraction),
        fetched_at=price.fetched_at,
    )


def _optional(value: Decimal | None) -> str:
    return "" if value is None else plain(value)
