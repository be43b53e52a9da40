"""Statements that are a transaction of their own: committed when answered, over few connections, and never half."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from shared.db import Database, engine
from shared.errors import StoreUnavailable

SCHEMA = "market_data"
ADD = "INSERT INTO number VALUES ($1) RETURNING value, NULL, 'é' || $2"


def numbers(database: Database) -> list[int]:
    with database.unit_of_work() as work:
        return [row[0] for row in work.connection.execute(sa.text("SELECT value FROM number ORDER BY 1"))]


def test_a_lone_statement_is_committed_when_its_rows_are_there(database: Database) -> None:
    rows = [database.run_alone(ADD, [str(value), "x"]) for value in range(3)]

    assert rows == [[("0", None, "éx")], [("1", None, "éx")], [("2", None, "éx")]]
    assert numbers(database) == [0, 1, 2]
    assert database.run_alone(ADD, ["3", None]) == [("3", None, None)]


def test_a_lone_statement_that_is_wrong_stays_what_it_is_and_hurts_nobody(database: Database) -> None:
    database.run_alone(ADD, ["1", ""])

    with pytest.raises(psycopg.errors.UniqueViolation):
        database.run_alone(ADD, ["1", ""])
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        database.run_alone(ADD, ["one", ""])
    with pytest.raises(psycopg.errors.SyntaxError):
        database.run_alone("INSERT", [])

    assert database.run_alone(ADD, ["2", ""]) == [("2", None, "é")]
    assert numbers(database) == [1, 2]


def test_lone_statements_of_many_threads_share_a_few_connections(database: Database) -> None:
    with ThreadPoolExecutor(20) as pool:
        pids = set(pool.map(lambda _: database.run_alone("SELECT pg_backend_pid()", [])[0][0], range(200)))

    assert 1 <= len(pids) <= 4


def test_a_lone_statement_nobody_has_a_connection_for_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CONNECT_TIMEOUT_SECONDS", 0.05)
    small = Database(url, SCHEMA, pool_size=1)

    with small.unit_of_work() as work, ThreadPoolExecutor(1) as pool:
        work.connection.execute(sa.text("LOCK TABLE number"))
        waits = pool.submit(small.run_alone, ADD, ["1", ""])
        while not work.connection.execute(sa.text("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1")).all():
            pass
        with pytest.raises(StoreUnavailable, match="busy"):
            small.run_alone(ADD, ["2", ""])
        work.rollback()
        assert waits.result(10) == [("1", None, "é")]
    small.close()


def test_a_lone_statement_without_postgresql_is_refused() -> None:
    with pytest.raises(StoreUnavailable):
        Database("postgresql://nobody:none@127.0.0.1:1/none", SCHEMA).run_alone(ADD, ["1", ""])
