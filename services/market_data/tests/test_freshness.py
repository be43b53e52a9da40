"""Prices as young as their goal: one call for thirty coins, the age in every reading, hot while somebody looks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from protos.market_data.v1.market_data_pb2_grpc import MarketDataServiceStub
from services.market_data.app import servicers
from services.market_data.jobs.refresh_coin_prices import RefreshCoinPrices, refresh_coin_prices
from services.market_data.jobs.update_coin_price import UpdateCoinPrice
from services.market_data.queues import COIN_PRICES, priced
from services.market_data.store import Coin, CoinStore
from services.market_data.tests.test_servicer import Client
from services.market_data.tests.test_update_coin_price import World
from services.market_data.tests.test_update_coin_price import world as world
from shared import clock
from shared.errors import InvalidArgument
from shared.jobs import submit, track
from shared.jobs.freshness.planning import plan_once
from shared.jobs.freshness.watching import watch_once
from shared.jobs.outcomes import Again, Cancelled, Done
from shared.rpc import Peers, RpcServer
from shared.settings import Secret

TOKEN = Secret("between-services")


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    server = RpcServer(servicers(world.runtime), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    peers = Peers({"market-data": f"127.0.0.1:{server.start()}"}, TOKEN)
    yield Client(peers.stub(MarketDataServiceStub, "market-data"))
    peers.close()
    server.stop(0)


def keep(world: World, coins: list[Coin]) -> None:
    with world.runtime.database.unit_of_work() as work:
        track(work, COIN_PRICES, [priced(coin) for coin in coins], now=True)


def rows(world: World, text: str) -> list[Any]:
    with world.runtime.database.unit_of_work() as work:
        return list(work.connection.execute(sa.text(text)))


def test_the_goal_prices_forty_coins_by_two_calls(world: World) -> None:
    coins = world.add_coins(40)
    keep(world, coins)

    plan_once(world.runtime.jobs)
    outcomes = world.run()

    assert [type(one) for one in outcomes] == [Done, Done]
    assert len(world.calls("dexscreener")) == 2
    assert world.count_prices() == 40
    plan_once(world.runtime.jobs)
    assert world.run() == [], "what is fresh is not asked for"
    [(oldest, tracked)] = rows(world, "SELECT min(data_at), count(asked_at) FROM freshness_entity")
    assert clock.now() - oldest < timedelta(seconds=20)
    assert tracked == 0


def test_a_scheduled_price_counts_and_a_coin_of_before_is_taken_in(world: World) -> None:
    [coin] = world.add_coins(1)
    world.submit(UpdateCoinPrice(coin_id=coin.id))

    world.run()

    [(entity, lane, age, data_at)] = rows(world, "SELECT entity, lane, max_age_ms, data_at FROM freshness_entity")
    assert (entity, lane, age) == (str(coin.id), "base", 300_000)
    assert data_at is not None


def test_a_job_that_brings_nothing_leaves_the_age_as_it_is(world: World) -> None:
    keep(world, world.add_coins(2))
    world.break_provider("dexscreener", "coingecko", "geckoterminal", kind="server_error")

    plan_once(world.runtime.jobs)
    [outcome] = world.run()

    assert isinstance(outcome, Again)
    assert world.count_prices() == 0
    assert rows(world, "SELECT count(*) FROM freshness_entity WHERE data_at IS NULL") == [(2,)]


def test_coins_of_two_chains_or_gone_are_refused(world: World) -> None:
    [coin] = world.add_coins(1)
    job = world.runtime.jobs
    with world.runtime.database.unit_of_work() as work:
        CoinStore(work.connection).update(coin.id, {"tracked": False})
    submit(job, refresh_coin_prices, RefreshCoinPrices(coins=[str(coin.id)]))

    assert world.run() == [Cancelled("none of the coins is tracked")]
    for wrong in ([], ["0"], ["1; DROP TABLE coin"], ["9" * 19], [str(n) for n in range(1, 32)]):
        with pytest.raises(InvalidArgument):
            submit(job, "refresh-coin-prices", {"coins": wrong})


def test_readings_tell_the_age_and_a_look_makes_a_coin_hot(client: Client, world: World) -> None:
    coin = client.added()
    first = client("GetCoin", id=coin.id).price_age
    second = client("GetCoin", id=coin.id).price_age
    [listed] = client("ListCoins").coins

    assert (first.tier, first.max_age_ms, first.is_breached) == ("normal", 300_000, False)
    assert (second.tier, second.max_age_ms) == ("hot", 60_000)
    assert listed.price_age.tier == "hot"
    client("UpdateCoin", id=coin.id, price_interval_seconds=900)
    assert rows(world, "SELECT own_ms FROM freshness_entity") == [(900_000,)]
    client("UpdateCoin", id=coin.id, tracked=False)
    assert not client("GetCoin", id=coin.id).HasField("price_age")
    client("UpdateCoin", id=coin.id, tracked=True)
    client("DeleteCoin", id=coin.id)
    assert rows(world, "SELECT count(*) FROM freshness_entity") == [(0,)]


def test_a_price_that_is_too_old_says_why(client: Client, world: World) -> None:
    coin = client.added()
    with world.runtime.database.unit_of_work() as work:
        work.connection.exec_driver_sql(
            "UPDATE freshness_entity SET created_at = created_at - interval '6 min', "
            "breach_at = breach_at - interval '6 min'"
        )
    watch_once(world.runtime.jobs)

    age = client("GetCoin", id=coin.id).price_age

    assert age.is_breached
    assert age.age_ms >= 360_000
    assert "no scheduler" in age.reason
