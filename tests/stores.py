"""Owns the stores of the test run: one PostgreSQL cluster and one Valkey a run, a database a test from a template.

A pytest plugin (see pyproject.toml), so that tests beside the services have the same fixtures. It must never let
one test see what another left.
"""

import itertools
import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from shared.bootstrap import Service, ServiceRuntime
from shared.bootstrap.assembly import assemble_with
from shared.bootstrap.scheduler import declare
from shared.db import Database, migrations
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.settings import load
from tools.stores import PostgresServer, ValkeyServer, temporary_postgres, temporary_valkey

_numbers = itertools.count(1)
FULL = "MILLRACE_TEST_FULL"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests marked `full` to `tools/test --full`, which CI runs: they need minutes or other people's programs."""
    if os.environ.get(FULL):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


VALKEY_DATABASES = 16


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The run's one cluster."""
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """The run's one Valkey."""
    with temporary_valkey() as server:
        yield server


def service_url(server: PostgresServer, database: str, service: str) -> str:
    """The URL of a service's own role."""
    scheme, _, rest = server.url(database=database).partition("://")
    return f"{scheme}://millrace_{service}:test-password@{rest.rpartition('@')[2]}"


@pytest.fixture(scope="session")
def template_for(postgres: PostgresServer) -> Callable[[str], str]:
    """The name of a database in which a service's migrations have run; made once a run."""
    made: dict[str, str] = {}

    def template(service: str) -> str:
        if service not in made:
            name = f"template_{service}"
            with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
                admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            url = service_url(postgres, name, service)
            migrations.prepare(postgres.url(database=name), url, service)
            migrations.upgrade(url, service)
            made[service] = name
        return made[service]

    return template


@pytest.fixture
def url_for(postgres: PostgresServer, template_for: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """A fresh migrated database of a service, as the URL of its role; dropped after the test."""
    names: list[str] = []

    def fresh(service: str) -> str:
        name = f"test_{next(_numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
            admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template_for(service))))
        names.append(name)
        return service_url(postgres, name, service)

    yield fresh
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        for name in names:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_for(url_for: Callable[[str], str]) -> Iterator[Callable[[str], Database]]:
    """A service's Database on a fresh migrated schema."""
    opened: list[Database] = []

    def database(service: str) -> Database:
        opened.append(Database(url_for(service), service, pool_size=8))
        return opened[-1]

    yield database
    for each in opened:
        each.close()


@pytest.fixture
def redis_url(valkey: ValkeyServer) -> str:
    """An empty database of the run's Valkey."""
    url = f"{valkey.url().rpartition('/')[0]}/{next(_numbers) % VALKEY_DATABASES}"
    flush(url)
    return url


def flush(url: str) -> None:
    """Empty one database; jobs' tests use the runtime's own client otherwise."""
    with Redis.from_url(url) as client:
        client.flushdb()


@pytest.fixture
def runtime_for(url_for: Callable[[str], str], redis_url: str) -> Iterator[Callable[..., ServiceRuntime]]:
    """A service assembled on fresh stores, declared and reconciled, so that claims are open. Settings by keyword."""
    made: list[ServiceRuntime] = []

    def runtime(service: Service, **environ: str) -> ServiceRuntime:
        stores = {"DATABASE_URL": url_for(service.name), "REDIS_URL": redis_url}
        settings = load(service.settings, service=service.name, environ={**stores, **environ})
        assembled = assemble_with(service, settings, process="test", pool_size=8)
        declare(assembled)
        reconcile_once(assembled.jobs)
        made.append(assembled)
        return assembled

    yield runtime
    for each in made:
        each.database.close()
        each.jobs.scripts.client.close()
