"""One transaction: commit, rollback, what happens after the commit, and what a lost PostgreSQL looks like."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from shared.db import Database, UnitOfWork
from shared.errors import StoreUnavailable
from tools.stores import temporary_postgres

SCHEMA = "market_data"


def add(work: UnitOfWork, value: int) -> None:
    work.connection.execute(sa.text("INSERT INTO number VALUES (:value)"), {"value": value})


def numbers(database: Database) -> list[int]:
    with database.unit_of_work() as work:
        return [row[0] for row in work.connection.execute(sa.text("SELECT value FROM number ORDER BY 1"))]


def test_what_was_written_is_committed_on_exit(database: Database) -> None:
    with database.unit_of_work() as work:
        add(work, 1)
        seen_by_others = numbers(database)

    assert seen_by_others == []
    assert numbers(database) == [1]


def test_an_error_rolls_everything_back(database: Database) -> None:
    with suppress(ZeroDivisionError), database.unit_of_work() as work:
        add(work, 1)
        raise ZeroDivisionError

    assert numbers(database) == []


def test_even_an_interrupt_rolls_everything_back(database: Database) -> None:
    with suppress(KeyboardInterrupt), database.unit_of_work() as work:
        add(work, 1)
        raise KeyboardInterrupt

    assert numbers(database) == []


def test_a_broken_constraint_is_told_as_such_and_the_connection_is_good_again(database: Database) -> None:
    def write_twice() -> None:
        with database.unit_of_work() as work:
            add(work, 1)
            add(work, 1)

    with pytest.raises(IntegrityError):
        write_twice()

    assert numbers(database) == []


def test_hooks_run_in_order_after_the_commit_and_only_then(database: Database) -> None:
    seen: list[tuple[str, list[int]]] = []

    with database.unit_of_work() as work:
        work.after_commit(lambda: seen.append(("first", numbers(database))))
        work.after_commit(lambda: seen.append(("second", numbers(database))))
        add(work, 1)
        assert seen == []

    assert seen == [("first", [1]), ("second", [1])]


def test_hooks_do_not_run_after_a_rollback(database: Database) -> None:
    seen: list[int] = []

    with suppress(ZeroDivisionError), database.unit_of_work() as work:
        work.after_commit(lambda: seen.append(1))
        raise ZeroDivisionError

    assert seen == []


def test_a_hook_that_fails_undoes_nothing_and_stops_no_other_hook(database: Database) -> None:
    seen: list[int] = []

    def fail() -> None:
        raise StoreUnavailable("Redis is away")

    with database.unit_of_work() as work:
        work.after_commit(fail)
        work.after_commit(lambda: seen.append(1))
        add(work, 1)

    assert seen == [1]
    assert numbers(database) == [1]


def test_ending_twice_is_harmless(database: Database) -> None:
    work = database.begin()
    add(work, 1)
    work.commit()
    work.commit()
    work.rollback()

    assert numbers(database) == [1]


def test_a_connection_lives_in_the_service_s_schema_in_utc_with_limits(database: Database) -> None:
    with database.unit_of_work() as work:
        found = {
            name: work.connection.execute(sa.text(f"SHOW {name}")).scalar()
            for name in ("search_path", "timezone", "statement_timeout", "idle_in_transaction_session_timeout")
        }

    assert found == {
        "search_path": SCHEMA,
        "timezone": "UTC",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "1min",
    }


def test_a_full_pool_is_told_as_unavailable_after_its_wait(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.db.engine.CONNECT_TIMEOUT_SECONDS", 0.05)
    database = Database(url, SCHEMA, pool_size=1)

    with database.unit_of_work(), pytest.raises(StoreUnavailable), database.unit_of_work():
        pass

    assert database.ping() is None
    database.close()


def test_many_threads_share_a_small_pool(database: Database) -> None:
    def write(value: int) -> None:
        with database.unit_of_work() as work:
            add(work, value)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(200)))

    assert numbers(database) == list(range(200))


def drop_connections(url: str) -> None:
    """What PostgreSQL does to idle connections when it restarts."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_after_a_restart_of_postgresql_a_pooled_connection_fails_as_unavailable_at_worst(url: str) -> None:
    database = Database(url, SCHEMA)
    assert database.ping() is None
    drop_connections(url)

    try:
        with database.unit_of_work() as work:
            work.connection.execute(sa.text("SELECT 1"))
    except StoreUnavailable:
        pass  # callers know what to do about it

    with database.unit_of_work() as work:
        assert work.connection.execute(sa.text("SELECT 1")).scalar() == 1
    database.close()


def lose_the_connection(database: Database, url: str, *, then: str = "") -> None:
    """A unit of work that PostgreSQL hangs up on, and which may want something more."""
    with database.unit_of_work() as work:
        work.connection.execute(sa.text("SELECT 1"))
        drop_connections(url)
        if then:
            work.connection.execute(sa.text(then))


def test_a_connection_dropped_in_the_middle_is_told_as_unavailable(url: str) -> None:
    database = Database(url, SCHEMA)

    with pytest.raises(StoreUnavailable):
        lose_the_connection(database, url, then="SELECT 1")

    database.close()


def test_a_connection_dropped_before_the_commit_is_told_as_unavailable(url: str) -> None:
    database = Database(url, SCHEMA)

    with pytest.raises(StoreUnavailable):
        lose_the_connection(database, url)

    database.close()


def test_without_postgresql_every_door_says_unavailable() -> None:
    with temporary_postgres() as server:
        database = Database(server.url(database="postgres"), "public")
        before = database.ping()
        server.stop()

        with pytest.raises(StoreUnavailable, match="PostgreSQL"), database.unit_of_work() as work:
            work.connection.execute(sa.text("SELECT 1"))
        with pytest.raises(StoreUnavailable, match="PostgreSQL"), database.unit_of_work():
            pass
        with pytest.raises(StoreUnavailable, match="PostgreSQL"):
            database.listen()
        after = database.ping()
        database.close()

    assert before is None
    assert after is not None


def test_a_notice_reaches_a_listener_of_its_schema(database: Database) -> None:
    with database.listen() as listener:
        listener.execute(f"LISTEN millrace_test_{SCHEMA}")
        database.notify("millrace_test")

        notice = next(listener.notifies(timeout=5, stop_after=1))

    assert (notice.channel, notice.payload) == (f"millrace_test_{SCHEMA}", SCHEMA)
