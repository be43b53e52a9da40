"""MarketDataService over real gRPC and real PostgreSQL."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from protos.market_data.v1 import market_data_pb2 as pb
from protos.market_data.v1.market_data_pb2_grpc import MarketDataServiceStub
from services.market_data.app import SERVICE, servicers
from services.market_data.domain.chains import CHAINS
from services.market_data.domain.quotes import Quote
from services.market_data.store import PriceStore
from shared import clock
from shared.bootstrap import ServiceRuntime
from shared.errors import AlreadyExists, InvalidArgument, NotFound, NotReady
from shared.jobs.ledger.models import job as job_table
from shared.jobs.ledger.models import schedule as schedule_table
from shared.rpc import Peers, RpcServer, translated
from shared.settings import Secret

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PEPE = {"symbol": "PEPE", "name": "Pepe", "chain": "ethereum", "address": "0x6982508145454Ce325dDbE47a25d4ec3d2311933"}
TOKEN = Secret("between-services")


class Client:
    """MarketDataService as a peer sees it: by name of the method, errors as the platform's."""

    def __init__(self, stub: MarketDataServiceStub) -> None:
        self._stub = stub

    def __call__(self, method: str, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        with translated("market-data"):
            return getattr(self._stub, method)(request)

    def added(self, number: int = 1) -> pb.Coin:
        coin: pb.Coin = self("CreateCoin", **(PEPE | {"address": f"0x{number:040x}"})).coin
        return coin


@pytest.fixture
def runtime(runtime_for: Callable[..., ServiceRuntime]) -> ServiceRuntime:
    return runtime_for(SERVICE)


@pytest.fixture
def client(runtime: ServiceRuntime) -> Iterator[Client]:
    server = RpcServer(servicers(runtime), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    peers = Peers({"market-data": f"127.0.0.1:{server.start()}"}, TOKEN)
    yield Client(peers.stub(MarketDataServiceStub, "market-data"))
    peers.close()
    server.stop(0)


def priced(runtime: ServiceRuntime, coin_id: int, *ticks: datetime, price: str = "0.00018") -> None:
    quote = Quote(coin_id, Decimal(price), "dexscreener", "0xpair", Decimal(52000), None, Decimal("0.155"), NOON, "0")
    with runtime.database.unit_of_work() as work:
        for tick in ticks:
            PriceStore(work.connection).record_price(quote, tick=tick, job_id=UUID(int=1))


def schedule_of(runtime: ServiceRuntime, coin_id: int) -> sa.RowMapping | None:
    with runtime.database.unit_of_work() as work:
        wanted = sa.select(schedule_table).where(schedule_table.c.name == f"update-coin-price:{coin_id}")
        return work.connection.execute(wanted).mappings().one_or_none()


@contextmanager
def refused(kind: type[Exception], field: str = "", match: str | None = None) -> Iterator[None]:
    with pytest.raises(kind, match=match) as caught:
        yield
    assert getattr(caught.value, "field", "") == field, str(caught.value)


def test_a_new_coin_is_scheduled_to_be_priced_at_once(client: Client, runtime: ServiceRuntime) -> None:
    before = clock.now()

    coin = client("CreateCoin", **PEPE).coin

    schedule = schedule_of(runtime, coin.id)
    assert schedule is not None
    assert (schedule["job"], schedule["every_ms"], schedule["is_enabled"]) == ("update-coin-price", 300_000, True)
    assert schedule["args"] == {"coin_id": coin.id, "coin_address": PEPE["address"]}
    assert schedule["next_run_at"] <= before + timedelta(seconds=5)
    assert (coin.symbol, coin.address, coin.tracked) == ("PEPE", PEPE["address"], True)
    assert client("GetCoin", id=coin.id).coin == coin


def test_a_known_address_is_refused_by_the_id_that_has_it(client: Client) -> None:
    coin = client("CreateCoin", **PEPE).coin

    with refused(AlreadyExists, match=f"coin {coin.id} "):
        client("CreateCoin", **(PEPE | {"address": PEPE["address"].lower()}))


BAD_FIELDS: dict[str, list[Any]] = {
    "symbol": ["", "S" * 33, "A\x00B", " A"],
    "name": ["", "N" * 121, "two\nlines"],
    "chain": ["", "Ethereum", "c" * 5000],
    "address": ["", "0x123", "0x" + "g" * 40, "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"],
    "price_interval_seconds": [-1, 86_401],
}


def test_a_bad_field_of_a_new_coin_is_named(client: Client) -> None:
    for field, value in ((field, value) for field, values in BAD_FIELDS.items() for value in values):
        with refused(InvalidArgument, field=field):
            client("CreateCoin", **(PEPE | {field: value}))

    assert not client("ListCoins").coins


def test_an_unknown_chain_is_refused_with_those_that_are_known(client: Client) -> None:
    with pytest.raises(InvalidArgument) as caught:
        client("CreateCoin", **(PEPE | {"chain": "dogechain"}))

    assert caught.value.allowed == tuple(CHAINS)


def test_a_change_of_interval_or_tracking_reaches_the_schedule(client: Client, runtime: ServiceRuntime) -> None:
    coin = client.added()

    client("UpdateCoin", id=coin.id, price_interval_seconds=10)
    changed = schedule_of(runtime, coin.id)
    after = client("UpdateCoin", id=coin.id, tracked=False, symbol="PEPE2", name="Pepe Two").coin
    stopped = schedule_of(runtime, coin.id)

    assert changed is not None
    assert stopped is not None
    assert (changed["every_ms"], changed["is_enabled"]) == (10_000, True)
    assert (stopped["every_ms"], stopped["is_enabled"]) == (10_000, False)
    assert (after.symbol, after.name, after.tracked, after.price_interval_seconds) == ("PEPE2", "Pepe Two", False, 10)


def test_an_update_without_fields_changes_nothing(client: Client) -> None:
    coin = client.added()

    assert client("UpdateCoin", id=coin.id).coin == coin


def test_a_bad_field_of_a_change_is_named(client: Client) -> None:
    coin = client.added()

    for field, value in (("symbol", ""), ("name", "N" * 121), ("price_interval_seconds", 0), ("id", 0), ("id", -5)):
        with refused(InvalidArgument, field=field):
            client("UpdateCoin", **({"id": coin.id, field: value}))

    assert client("GetCoin", id=coin.id).coin == coin


def test_a_deleted_coin_takes_its_schedule_and_prices_along(client: Client, runtime: ServiceRuntime) -> None:
    coin = client.added()
    priced(runtime, coin.id, NOON)

    client("DeleteCoin", id=coin.id)

    assert schedule_of(runtime, coin.id) is None
    for method, field in (("GetCoin", "id"), ("DeleteCoin", "id"), ("ListPrices", "coin_id")):
        with refused(NotFound, match=str(coin.id)):
            client(method, **{field: coin.id})


METHODS_OF_ONE_COIN = {
    "GetCoin": "id",
    "UpdateCoin": "id",
    "DeleteCoin": "id",
    "GetLatestPrice": "coin_id",
    "ListPrices": "coin_id",
    "TriggerPriceUpdate": "coin_id",
}


def test_ids_are_positive_and_unknown_ones_are_not_found(client: Client) -> None:
    for method, field in METHODS_OF_ONE_COIN.items():
        with refused(InvalidArgument, field=field):
            client(method, **{field: 0})
        with refused(NotFound, match="9223372036854775807"):
            client(method, **{field: 2**63 - 1})


def test_a_price_is_exact_decimal_text(client: Client, runtime: ServiceRuntime) -> None:
    coin = client.added()
    with refused(NotReady, match=f"coin {coin.id} "):
        client("GetLatestPrice", coin_id=coin.id)
    priced(runtime, coin.id, NOON, price="0.000000000000000018")

    price = client("GetLatestPrice", coin_id=coin.id).price

    assert price.price_usd == "0.000000000000000018"
    assert (price.liquidity_usd, price.volume_24h_usd, price.change_24h_fraction) == ("52000", "", "0.155")
    assert price.tick.ToDatetime(tzinfo=UTC) == NOON
    assert client("GetCoin", id=coin.id).latest_price == price


def test_coins_are_listed_by_pages_with_their_newest_price(client: Client, runtime: ServiceRuntime) -> None:
    made = [client.added(number) for number in range(1, 6)]
    priced(runtime, made[0].id, NOON, NOON + timedelta(minutes=5))

    first = client("ListCoins", page_size=2)
    second = client("ListCoins", page_size=2, page_token=first.next_page_token)
    third = client("ListCoins", page_size=2, page_token=second.next_page_token)

    assert [each.coin for page in (first, second, third) for each in page.coins] == made
    assert third.next_page_token == ""
    assert first.coins[0].latest_price.tick.ToDatetime(tzinfo=UTC) == NOON + timedelta(minutes=5)
    assert not first.coins[1].HasField("latest_price")
    assert len(client("ListCoins").coins) == 5


def test_prices_are_listed_newest_first_between_two_instants(client: Client, runtime: ServiceRuntime) -> None:
    coin = client.added()
    ticks = [NOON + timedelta(minutes=minute) for minute in range(6)]
    priced(runtime, coin.id, *ticks)
    span = {"coin_id": coin.id, "from": ticks[1], "to": ticks[5], "page_size": 3}

    first = client("ListPrices", **span)
    second = client("ListPrices", **span, page_token=first.next_page_token)

    found = [price.tick.ToDatetime(tzinfo=UTC) for page in (first, second) for price in page.prices]
    assert found == [ticks[4], ticks[3], ticks[2], ticks[1]]
    assert second.next_page_token == ""


def test_a_page_holds_at_most_500(client: Client) -> None:
    for size in (-1, 501):
        with refused(InvalidArgument, field="page_size"):
            client("ListCoins", page_size=size)
        with refused(InvalidArgument, field="page_size"):
            client("ListPrices", coin_id=1, page_size=size)


def token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


FORGED = [
    *("no json", "[]", "{}", '{"other": 1}', '{"after_id": "1"}', '{"after_id": true}', '{"after_id": 0}'),
    *('{"after_id": 9223372036854775808}', '{"before": 1}', '{"before": "yesterday"}'),
    '{"before": "2026-03-01T12:00:00"}',
]
BAD_TOKENS = ["!", "ä", "A" * 201, *(token(text) for text in FORGED)]


def test_a_page_token_that_was_not_handed_out_is_refused(client: Client) -> None:
    coin = client.added()

    for page_token in BAD_TOKENS:
        for method, fields in (("ListCoins", {}), ("ListPrices", {"coin_id": coin.id})):
            with refused(InvalidArgument, field="page_token"):
                client(method, **fields, page_token=page_token)


def test_a_span_that_ends_before_it_starts_is_refused(client: Client) -> None:
    coin = client.added()

    for end in (NOON, NOON - timedelta(seconds=1)):
        with refused(InvalidArgument, field="from"):
            client("ListPrices", **{"coin_id": coin.id, "from": NOON, "to": end})


def test_an_instant_outside_the_calendar_is_refused(client: Client) -> None:
    for field in ("from", "to"):
        for timestamp in ({"seconds": 2**62}, {"seconds": -(2**62)}, {"nanos": 2_000_000_000}):
            with refused(InvalidArgument, field=field):
                client("ListPrices", **{"coin_id": 1, field: timestamp})


def test_a_price_update_can_be_asked_for(client: Client, runtime: ServiceRuntime) -> None:
    coin = client.added()

    answer = client("TriggerPriceUpdate", coin_id=coin.id)

    assert (answer.queue, answer.name, answer.state) == ("price-updates", "update-coin-price", "queued")
    with runtime.database.unit_of_work() as work:
        found = sa.select(job_table.c.args).where(job_table.c.id == answer.job_id)
        args = work.connection.execute(found).scalar_one()
    assert (args["coin_id"], args["coin_address"]) == (coin.id, coin.address)


def test_a_coin_that_is_not_tracked_is_not_updated_on_request(client: Client) -> None:
    coin = client.added()
    client("UpdateCoin", id=coin.id, tracked=False)

    with refused(NotReady, match="not tracked"):
        client("TriggerPriceUpdate", coin_id=coin.id)
