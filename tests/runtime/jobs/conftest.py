"""Owns the fixtures bench and site: the sample service on empty stores, and behind a gRPC server."""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from shared.db import Database
from shared.jobs import linger
from tests.runtime.jobs.emptying import emptied
from tests.runtime.jobs.log_keeping import logs_kept
from tests.runtime.jobs.pair import Pair, home_database, open_pair
from tests.runtime.jobs.peer import Peer, open_peer
from tests.runtime.jobs.sample import NAME, Bench, jobs_of, open_bench
from tests.runtime.jobs.site import Site, open_site
from tests.stores import service_url
from tools.stores import PostgresServer, ValkeyServer
from tools.stores.ports import free_port

BENCH_DATABASE = "bench"


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is in a hurry unless a test says so: a push is on its way when submit returns."""
    monkeypatch.setattr(linger, "HURRY_SECONDS", 0)


@pytest.fixture(scope="session")
def bench_url(postgres: PostgresServer, template_for: Callable[[str], str]) -> str:
    """One migrated database for every bench of the run: emptying its tables is ten times faster than a new one."""
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(statement.format(sql.Identifier(BENCH_DATABASE), sql.Identifier(template_for(NAME))))
    return service_url(postgres, BENCH_DATABASE, NAME)


@pytest.fixture
def empty_url(bench_url: str) -> str:
    """The benches' database with no row in it, whoever still holds a connection."""
    return emptied(bench_url)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service, declared and reconciled."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url)
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


@pytest.fixture
def logged(bench: Bench) -> Iterator[Bench]:
    """The bench, keeping what its jobs log."""
    with logs_kept(bench):
        yield bench


@pytest.fixture
def site(bench: Bench) -> Iterator[Site]:
    """The bench behind a gRPC server."""
    with open_site(bench) as opened:
        yield opened


@pytest.fixture
def peer(bench: Bench) -> Iterator[Peer]:
    """The bench as another service, and one that sends to it."""
    with open_peer(bench) as opened:
        yield opened


@pytest.fixture(scope="session")
def home_url(postgres: PostgresServer, template_for: Callable[[str], str]) -> str:
    """A migrated database for a second service."""
    return home_database(postgres, template_for(NAME))


@pytest.fixture
def pair(bench: Bench, home_url: str, redis_url: str) -> Iterator[Pair]:
    """The bench, and a service with stores of its own whose flows have nodes there."""
    with open_pair(bench, emptied(home_url), redis_url) as opened:
        yield opened


@pytest.fixture
def durable_valkey() -> Iterator[ValkeyServer]:
    """A server that writes what it is told, and can be restarted."""
    with tempfile.TemporaryDirectory(prefix="millrace-durable-") as folder:
        server = ValkeyServer(Path(folder) / "data", port=free_port(), password=secrets.token_hex(8), durable=True)
        server.start()
        yield server
        server.stop()
