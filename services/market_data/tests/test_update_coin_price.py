"""The job update-coin-price on the real runtime, against real stores and the sandbox's providers."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from services.market_data.app import SERVICE
from services.market_data.clients import PriceSources
from services.market_data.jobs.update_coin_price import UpdateCoinPrice, update_coin_price
from services.market_data.store import Coin, CoinStore, NewCoin, Price, PriceStore
from services.market_data.tables import coin_price, quote
from shared import clock
from shared.bootstrap import ServiceRuntime
from shared.jobs import submit
from shared.jobs.admission import Request
from shared.jobs.outcomes import Again, Buried, Cancelled, Done, Outcome, Reason, WaitReason
from shared.jobs.testing import drain, lift_limits
from tools.sandbox.sandbox import Sandbox

PROVIDERS = ("dexscreener", "coingecko", "geckoterminal")


@dataclass(frozen=True, slots=True)
class World:
    """The service on its stores, and the outside world it sees."""

    runtime: ServiceRuntime
    sandbox: Sandbox

    def add_coins(self, count: int) -> list[Coin]:
        def numbered(number: int) -> NewCoin:
            address = f"0x{number:040x}"
            return NewCoin(symbol=f"C{number}", name="A", chain="base", address=address, price_interval_seconds=300)

        with self.runtime.database.unit_of_work() as work:
            coins = CoinStore(work.connection)
            return [coins.add(numbered(number)) for number in range(1, count + 1)]

    def submit(self, *arguments: UpdateCoinPrice, request: Request | None = None) -> None:
        for each in arguments:
            submit(self.runtime.jobs, update_coin_price, each, request=request)

    def run(self, threads: int = 1) -> list[Outcome]:
        """Claim and run everything that is due, as a worker with so many slots does."""
        with ThreadPoolExecutor(threads) as pool:
            drained = list(pool.map(lambda _: drain(self.runtime), range(threads)))
        return [outcome for each in drained for outcome in each.outcomes]

    def price(self, coin: Coin) -> Price | None:
        with self.runtime.database.unit_of_work() as work:
            return PriceStore(work.connection).latest(coin.id)

    def forget_quotes(self) -> None:
        with self.runtime.database.unit_of_work() as work:
            work.connection.execute(sa.delete(quote))

    def count_prices(self) -> int:
        with self.runtime.database.unit_of_work() as work:
            return int(work.connection.execute(sa.select(sa.func.count()).select_from(coin_price)).scalar_one())

    def calls(self, provider: str | None = None) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.sandbox.log.page(provider=provider, after=0, limit=5000)["items"]
        return items

    def break_provider(self, *providers: str, **fault: object) -> None:
        for provider in providers:
            self.sandbox.faults.add({"provider": provider} | fault)


@pytest.fixture
def world(runtime_for: Callable[..., ServiceRuntime]) -> Iterator[World]:
    with Sandbox() as sandbox:
        runtime = runtime_for(
            SERVICE,
            DEXSCREENER_BASE_URL=f"{sandbox.url}/dexscreener",
            COINGECKO_BASE_URL=f"{sandbox.url}/coingecko/api/v3",
            GECKOTERMINAL_BASE_URL=f"{sandbox.url}/geckoterminal/api/v2",
            COINGECKO_RATE_PER_MINUTE="6000",
            GECKOTERMINAL_RATE_PER_MINUTE="6000",
            PROVIDER_TIMEOUT_SECONDS="2",
        )
        lift_limits(runtime)
        sources = runtime.resource(PriceSources)
        yield World(runtime, sandbox)
        sources.close()


def test_the_recorded_price_is_the_one_the_provider_sent(world: World) -> None:
    coin = world.add_coins(1)[0]
    world.submit(UpdateCoinPrice(coin_id=coin.id))

    outcomes = world.run()

    price = world.price(coin)
    sent = [each for call in world.calls() for each in call["prices"]]
    assert [type(outcome) for outcome in outcomes] == [Done]
    assert price is not None
    assert sent == [{"chain": "base", "address": coin.address, "price": str(price.price_usd.normalize())}]
    assert price.provider == "dexscreener"


@pytest.mark.parametrize(
    "kind",
    ["server_error", "rate_limited", "truncated_json", "html", "missing_fields", "wrong_token", "zero_price",
     "nan_price", "drop_connection"],
)  # fmt: skip
def test_the_fall_back_answers_when_the_first_provider_fails(world: World, kind: str) -> None:
    coin = world.add_coins(1)[0]
    world.break_provider("dexscreener", kind=kind)
    world.submit(UpdateCoinPrice(coin_id=coin.id))

    world.run()

    price = world.price(coin)
    assert price is not None
    assert price.provider == "coingecko"
    assert [Decimal(each["price"]) for each in world.calls("coingecko")[0]["prices"]] == [price.price_usd]


@pytest.mark.parametrize("kind", ["zero_price", "nan_price", "wrong_token", "missing_fields", "truncated_json"])
def test_when_every_provider_lies_the_job_retries_and_nothing_is_written(world: World, kind: str) -> None:
    coin = world.add_coins(1)[0]
    world.break_provider(*PROVIDERS, kind=kind)
    world.submit(UpdateCoinPrice(coin_id=coin.id))

    outcome = world.run()[0]

    assert isinstance(outcome, Again)
    assert outcome.counts
    assert outcome.failure is not None
    assert outcome.failure.type == "UpstreamUnavailable"
    assert world.count_prices() == 0


def test_a_rate_limit_of_every_provider_costs_no_attempt(world: World) -> None:
    coin = world.add_coins(1)[0]
    world.break_provider(*PROVIDERS, kind="rate_limited", retry_after=7)
    world.submit(UpdateCoinPrice(coin_id=coin.id))

    outcome = world.run()[0]

    assert isinstance(outcome, Again)
    assert not outcome.counts
    assert outcome.wait_reason == WaitReason.RATE_LIMITED
    assert timedelta(seconds=5) < outcome.delay <= timedelta(seconds=7)


def test_a_second_job_of_one_tick_changes_nothing(world: World) -> None:
    coin = world.add_coins(1)[0]
    tick = Request(tick=clock.now().replace(microsecond=0))
    world.submit(UpdateCoinPrice(coin_id=coin.id), request=tick)
    world.run()
    first = world.price(coin)
    world.forget_quotes()

    world.submit(UpdateCoinPrice(coin_id=coin.id), request=tick)
    outcomes = world.run()

    assert [type(outcome) for outcome in outcomes] == [Done]
    assert world.price(coin) == first
    assert world.count_prices() == 1


def test_a_hundred_coins_of_one_chain_cost_four_calls(world: World) -> None:
    coins = world.add_coins(100)
    world.submit(*(UpdateCoinPrice(coin_id=coin.id) for coin in coins))

    outcomes = world.run(threads=5)

    sent = {each["address"]: each["price"] for call in world.calls() for each in call["prices"]}
    assert len(world.calls()) == 4
    assert {type(outcome) for outcome in outcomes} == {Done}
    assert world.count_prices() == 100
    for coin in coins:
        price = world.price(coin)
        assert price is not None
        assert Decimal(sent[coin.address]) == price.price_usd


def test_a_fresh_quote_is_used_and_an_old_one_is_not(world: World) -> None:
    coin = world.add_coins(1)[0]
    world.submit(UpdateCoinPrice(coin_id=coin.id), UpdateCoinPrice(coin_id=coin.id))
    world.run()
    assert len(world.calls()) == 1

    with world.runtime.database.unit_of_work() as work:
        work.connection.execute(sa.update(quote).values(fetched_at=clock.now() - timedelta(seconds=61)))
    world.submit(UpdateCoinPrice(coin_id=coin.id))
    world.run()

    assert len(world.calls()) == 2


def test_a_job_of_a_deleted_or_unfollowed_coin_is_cancelled(world: World) -> None:
    gone, paused = world.add_coins(2)
    world.submit(UpdateCoinPrice(coin_id=gone.id), UpdateCoinPrice(coin_id=paused.id))
    with world.runtime.database.unit_of_work() as work:
        CoinStore(work.connection).delete(gone.id)
        CoinStore(work.connection).update(paused.id, {"tracked": False})

    outcomes = world.run()

    assert outcomes == [
        Cancelled(f"coin {gone.id} does not exist"),
        Cancelled(f"coin {paused.id} is not tracked"),
    ]
    assert world.calls() == []


def test_a_coin_deleted_while_its_price_is_fetched_is_cancelled(world: World) -> None:
    coin = world.add_coins(1)[0]
    world.submit(UpdateCoinPrice(coin_id=coin.id))
    world.runtime.resources[PriceSources] = _DeletingSources(world, coin)

    outcomes = world.run()

    assert outcomes == [Cancelled(f"coin {coin.id} was deleted")]


class _DeletingSources(PriceSources):
    """The real providers; somebody deletes the coin before their answer is used."""

    def __init__(self, world: World, coin: Coin) -> None:
        self._real = world.runtime.resources[PriceSources]
        self._world = world
        self._coin = coin

    def fetch(self, coins: Sequence[Any]) -> Any:
        assert isinstance(self._real, PriceSources)
        fetched = self._real.fetch(coins)
        with self._world.runtime.database.unit_of_work() as work:
            CoinStore(work.connection).delete(self._coin.id)
        return fetched


@pytest.mark.parametrize(
    ("field", "arguments"), [("coin_address", {"coin_address": "0x123"}), ("symbol", {"symbol": "DOGE"})]
)
def test_another_coins_address_or_symbol_kills_the_job_at_once(
    world: World, field: str, arguments: dict[str, str]
) -> None:
    coin = world.add_coins(1)[0]
    world.submit(UpdateCoinPrice(coin_id=coin.id, **arguments))

    outcome = world.run()[0]

    assert isinstance(outcome, Buried)
    assert outcome.reason == Reason.UNRECOVERABLE
    assert outcome.failure.message.startswith(f"{field}: coin {coin.id} is ")


def test_an_address_in_another_spelling_is_the_same_coin(world: World) -> None:
    coin = world.add_coins(1)[0]
    address = "0x" + coin.address[2:].upper()

    submit(world.runtime.jobs, "update-coin-price", {"coinId": coin.id, "coinAddress": address, "symbol": "c1"})
    outcomes = world.run()

    assert [type(outcome) for outcome in outcomes] == [Done]
