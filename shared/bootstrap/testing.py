"""Owns the pytest fixtures of service authors: a service assembled on stores of its own, a database a test.

Import it by one line, `pytest_plugins = ["shared.bootstrap.testing"]`; it stands here because only bootstrap may
assemble. It must never touch a database that it did not make.
"""

import itertools
import secrets
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from shared.bootstrap.assembly import assemble_with
from shared.bootstrap.scheduler import declare
from shared.bootstrap.service import Service, ServiceRuntime
from shared.db import Database, migrations
from shared.db.engine import psycopg_url
from shared.errors import ConfigurationInvalid
from shared.jobs.connection import connect, store_errors
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.settings import StoresForTests, load

POOL_SIZE = 8
_PASSWORD = "test-password"  # noqa: S105  # of roles that exist on servers for tests only
_numbers = itertools.count(1)
_RUN = secrets.token_hex(4)


def url_of_role(url: str, service: str) -> str:
    """A URL of the same server and database, of the test role of a service."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"millrace_test_{service}:{_PASSWORD}@{where}").geturl()


def _url_of_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def admin_url(request: pytest.FixtureRequest) -> str:
    """Where databases are made: the fixture postgres_url if there is one, else TEST_DATABASE_URL."""
    return _given(request, "postgres_url") or psycopg_url(load(StoresForTests).database_url)


@pytest.fixture
def index_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty Redis: the fixture redis_url if there is one, else TEST_REDIS_URL, which is empty again afterwards."""
    given = _given(request, "redis_url")
    if given is not None:
        yield given
        return
    url = load(StoresForTests).redis_url
    client = connect(url, name="tests")
    with store_errors():
        if client.dbsize():
            raise ConfigurationInvalid(["TEST_REDIS_URL must name an empty database: tests flush it"])
        yield url
        client.flushdb()
    client.close()


def _given(request: pytest.FixtureRequest, name: str) -> str | None:
    try:
        return str(request.getfixturevalue(name))
    except pytest.FixtureLookupError as error:
        if error.argname != name:  # it is there, and lacks something itself
            raise
        return None


@pytest.fixture(scope="session")
def template_for(admin_url: str) -> Iterator[Callable[[str], str]]:
    """The name of a database in which a service's migrations have run; made once a run, dropped after it."""
    made: dict[str, str] = {}

    def template(service: str) -> str:
        if service not in made:
            name = f"millrace_test_{_RUN}_{service}"
            _execute(admin_url, "CREATE DATABASE {}", name)
            made[service] = name
            url = url_of_role(_url_of_database(admin_url, name), service)
            migrations.prepare(_url_of_database(admin_url, name), url, service)
            migrations.upgrade(url, service)
        return made[service]

    yield template
    for name in made.values():
        _execute(admin_url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def url_for(admin_url: str, template_for: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """A fresh migrated database of a service, as the URL of its role; dropped after the test."""
    names: list[str] = []

    def fresh(service: str) -> str:
        name = f"millrace_test_{_RUN}_{next(_numbers)}"
        _execute(admin_url, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template_for(service))
        names.append(name)
        return url_of_role(_url_of_database(admin_url, name), service)

    yield fresh
    for name in names:
        _execute(admin_url, "DROP DATABASE {} WITH (FORCE)", name)


def _execute(admin_url: str, statement: str, *names: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


@pytest.fixture
def database_for(url_for: Callable[[str], str]) -> Iterator[Callable[[str], Database]]:
    """A service's Database on a fresh migrated schema."""
    opened: list[Database] = []

    def database(service: str) -> Database:
        opened.append(Database(url_for(service), service, pool_size=POOL_SIZE))
        return opened[-1]

    yield database
    for each in opened:
        each.close()


@pytest.fixture
def runtime_for(url_for: Callable[[str], str], index_url: str) -> Iterator[Callable[..., ServiceRuntime]]:
    """A service assembled on fresh stores, declared and reconciled, so that claims are open. Settings by keyword."""
    made: list[ServiceRuntime] = []

    def runtime(service: Service, **environ: str) -> ServiceRuntime:
        stores = {"DATABASE_URL": url_for(service.name), "REDIS_URL": index_url}
        settings = load(service.settings, service=service.name, environ={**stores, **environ})
        assembled = assemble_with(service, settings, process="test", pool_size=POOL_SIZE)
        declare(assembled)
        reconcile_once(assembled.jobs)
        made.append(assembled)
        return assembled

    yield runtime
    for each in made:
        each.database.close()
        each.jobs.scripts.client.close()
