"""The store against real PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.market_data.domain.quotes import Quote
from services.market_data.store import Coin, CoinStore, NewCoin, PriceStore
from services.market_data.tables import quote
from shared import clock
from shared.db import Database
from shared.errors import AlreadyExists, NotFound

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAX_AGE = timedelta(seconds=60)
JOB_ID = UUID(int=7)


@pytest.fixture
def database(database_for: Callable[[str], Database]) -> Database:
    return database_for("market_data")


@contextmanager
def coins_of(database: Database) -> Iterator[CoinStore]:
    with database.unit_of_work() as work:
        yield CoinStore(work.connection)


@contextmanager
def prices_of(database: Database) -> Iterator[PriceStore]:
    with database.unit_of_work() as work:
        yield PriceStore(work.connection)


def added(database: Database, number: int = 1, chain: str = "ethereum", interval: int = 300) -> Coin:
    address = f"0x{number:040x}" if chain != "solana" else f"{number:032d}".replace("0", "A")
    with coins_of(database) as coins:
        return coins.add(
            NewCoin(symbol=f"C{number}", name="Coin", chain=chain, address=address, price_interval_seconds=interval)
        )


def quoted(coin: Coin, price: str = "1.5", fetched_at: datetime = NOON) -> Quote:
    return Quote(coin.id, Decimal(price), "dexscreener", "0xpair", Decimal(52000), None, None, fetched_at, "0" * 64)


def recorded(database: Database, *quotes: Quote, at: datetime = NOON) -> None:
    with prices_of(database) as prices:
        prices.record_quotes(quotes, asked=[each.coin_id for each in quotes], asked_at=at)


def due(database: Database, coin: Coin, limit: int = 30) -> list[int]:
    with coins_of(database) as coins:
        return [each.id for each in coins.due_for_quote(coin, max_age=MAX_AGE, limit=limit)]


def test_a_coin_reads_as_it_was_added(database: Database) -> None:
    with clock.frozen(NOON):
        coin = added(database)

    with coins_of(database) as coins:
        assert coins.get(coin.id) == coin
    assert (coin.symbol, coin.chain, coin.tracked, coin.created_at) == ("C1", "ethereum", True, NOON)


@pytest.mark.parametrize(
    ("chain", "first", "second"), [("ethereum", "0x" + "ab" * 20, "0x" + "AB" * 20), ("solana", "A" * 32, "A" * 32)]
)
def test_one_address_is_one_coin_and_the_refusal_names_it(
    database: Database, chain: str, first: str, second: str
) -> None:
    def add(address: str) -> Coin:
        with coins_of(database) as coins:
            return coins.add(NewCoin(symbol="A", name="A", chain=chain, address=address, price_interval_seconds=300))

    coin = add(first)

    with pytest.raises(AlreadyExists, match=f"coin {coin.id} "):
        add(second)


def test_solana_addresses_that_differ_in_case_are_two_coins(database: Database) -> None:
    with coins_of(database) as coins:
        made = [
            coins.add(NewCoin(symbol="A", name="A", chain="solana", address=address, price_interval_seconds=300))
            for address in ("A" * 32, "a" * 32)
        ]

    assert made[0].id != made[1].id


def test_an_unknown_coin_is_not_found_whatever_is_asked_of_it(database: Database) -> None:
    with coins_of(database) as coins:
        assert coins.find(99) is None
        assert not coins.hold(99)
        for ask in (coins.get, coins.delete, lambda coin_id: coins.update(coin_id, {"tracked": False})):
            with pytest.raises(NotFound, match="99"):
                ask(99)


def test_deleting_a_coin_takes_its_quote_and_prices_along(database: Database) -> None:
    coin = added(database)
    recorded(database, quoted(coin))
    with prices_of(database) as prices:
        prices.record_price(quoted(coin), tick=NOON, job_id=JOB_ID)

    with coins_of(database) as coins:
        coins.delete(coin.id)

    with prices_of(database) as prices:
        assert prices.latest(coin.id) is None
        assert prices.quote(coin.id, since=NOON) is None


def test_a_page_of_coins_costs_one_query_and_holds_each_newest_price(database: Database) -> None:
    made = [added(database, number) for number in range(1, 6)]
    with prices_of(database) as prices:
        for minute in range(3):
            tick = NOON + timedelta(minutes=minute)
            prices.record_price(quoted(made[1], price=f"{minute + 1}"), tick=tick, job_id=JOB_ID)
    statements: list[str] = []

    with database.unit_of_work() as work:
        sa.event.listen(work.connection, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        page = CoinStore(work.connection).page(made[0].id, 3)

    assert len(statements) == 1
    assert [coin for coin, _ in page] == made[1:4]
    assert [price and price.price_usd for _, price in page] == [Decimal(3), None, None]


def test_a_fetch_covers_the_coin_itself_then_those_unasked_longest(database: Database) -> None:
    own, never, old, older, fresh = (added(database, number) for number in range(1, 6))
    added(database, 6, chain="base")
    untracked = added(database, 7)
    with coins_of(database) as coins:
        coins.update(untracked.id, {"tracked": False})
    for coin, age in ((old, 100), (older, 200), (fresh, 30)):
        recorded(database, quoted(coin), at=NOON - timedelta(seconds=age))

    with clock.frozen(NOON):
        assert due(database, own) == [own.id, never.id, older.id, old.id]
        assert due(database, own, limit=3) == [own.id, never.id, older.id]


def test_a_coin_of_a_short_interval_is_due_after_half_of_it(database: Database) -> None:
    own, hasty = added(database, 1), added(database, 2, interval=10)
    recorded(database, quoted(hasty))

    with clock.frozen(NOON + timedelta(seconds=4)):
        assert due(database, own) == [own.id]
    with clock.frozen(NOON + timedelta(seconds=5)):
        assert due(database, own) == [own.id, hasty.id]
    assert hasty.quote_age(MAX_AGE) == timedelta(seconds=5)


def test_coins_that_no_provider_knows_do_not_fill_every_call(database: Database) -> None:
    own, dead, waiting = (added(database, number) for number in range(1, 4))
    with prices_of(database) as prices:
        prices.record_quotes([], asked=[dead.id], asked_at=NOON)

    with clock.frozen(NOON + timedelta(seconds=1)):
        assert due(database, own) == [own.id, waiting.id]


def test_a_newer_quote_is_never_replaced_by_an_older_one(database: Database) -> None:
    coin = added(database)
    recorded(database, quoted(coin, price="2"))

    recorded(database, quoted(coin, price="1", fetched_at=NOON - timedelta(seconds=1)), at=NOON - timedelta(seconds=1))
    with prices_of(database) as prices:
        assert prices.quote(coin.id, since=NOON) == quoted(coin, price="2")
        assert prices.quote(coin.id, since=NOON + timedelta(microseconds=1)) is None

    recorded(database, quoted(coin, price="3", fetched_at=NOON + timedelta(seconds=1)))
    with prices_of(database) as prices:
        assert prices.quote(coin.id, since=NOON) == quoted(coin, price="3", fetched_at=NOON + timedelta(seconds=1))


def test_quotes_of_coins_deleted_meanwhile_are_skipped(database: Database) -> None:
    kept, gone = added(database, 1), added(database, 2)
    with coins_of(database) as coins:
        coins.delete(gone.id)

    recorded(database, quoted(gone), quoted(kept))

    with database.unit_of_work() as work:
        assert list(work.connection.execute(sa.select(quote.c.coin_id)).scalars()) == [kept.id]


def test_a_call_waits_for_its_first_coin_without_holding_a_later_one(database: Database) -> None:
    """Locks are taken in the order of ids wherever the rows lie; else two overlapping calls could deadlock."""
    first, second = added(database, 1), added(database, 2)
    with coins_of(database) as coins:
        coins.update(first.id, {"name": "Moved behind the second on disk"})
    call = threading.Thread(target=recorded, args=(database, quoted(second), quoted(first)))

    with database.unit_of_work() as work:
        CoinStore(work.connection).update(first.id, {"name": "Held"})
        call.start()
        until_blocked(work.connection)
        work.connection.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
        CoinStore(work.connection).update(second.id, {"name": "Free"})
    call.join(10)

    with prices_of(database) as prices:
        assert prices.quote(second.id, since=NOON) == quoted(second)


def until_blocked(connection: sa.Connection) -> None:
    """Return once another session waits for this one's lock."""
    # Not pg_stat_activity: a transaction sees that as it was when it first looked.
    waiting = sa.text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    deadline = clock.monotonic() + 10
    while connection.execute(waiting).scalar_one() == 0:
        assert clock.monotonic() < deadline, "nobody waits"


def test_the_price_of_a_tick_is_written_once(database: Database) -> None:
    coin = added(database)
    with prices_of(database) as prices:
        first, first_is_new = prices.record_price(quoted(coin, price="2"), tick=NOON, job_id=JOB_ID)

    with prices_of(database) as prices:
        second, second_is_new = prices.record_price(quoted(coin, price="9"), tick=NOON, job_id=UUID(int=8))

    assert (first_is_new, second_is_new) == (True, False)
    assert first == second
    assert first.price_usd == Decimal(2)


@pytest.mark.parametrize("price", ["0", "-1", "NaN"])
def test_the_database_itself_refuses_a_price_that_is_none(database: Database, price: str) -> None:
    coin = added(database)

    with pytest.raises(sa.exc.IntegrityError), prices_of(database) as prices:
        prices.record_price(quoted(coin, price=price), tick=NOON, job_id=JOB_ID)


def test_prices_come_newest_first_from_start_inclusive_to_end_exclusive(database: Database) -> None:
    coin, other = added(database, 1), added(database, 2)
    ticks = [NOON + timedelta(minutes=minute) for minute in range(5)]
    with prices_of(database) as prices:
        for tick in ticks:
            prices.record_price(quoted(coin), tick=tick, job_id=JOB_ID)
            prices.record_price(quoted(other), tick=tick, job_id=JOB_ID)

        found = prices.newest_first(coin.id, start=ticks[1], end=ticks[4], limit=2)
        everything = prices.newest_first(coin.id, start=None, end=NOON + timedelta(days=1), limit=500)

    assert [price.tick for price in found] == [ticks[3], ticks[2]]
    assert [price.tick for price in everything] == ticks[::-1]
