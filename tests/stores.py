"""Owns the stores of the test run: one PostgreSQL cluster and one Valkey a run; what is in them a test makes itself.

A pytest plugin (see pyproject.toml), so that tests beside the services have the same fixtures. It must never let
one test see what another left.
"""

import itertools
import os
from collections.abc import Iterator

import pytest
from redis import Redis

from tools.stores import PostgresServer, ValkeyServer, temporary_postgres, temporary_valkey

#: The fixtures of service authors; they find the stores by the names postgres_url and redis_url.
pytest_plugins = ("shared.bootstrap.testing",)
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
    """The URL of a service's own role, as shared.bootstrap.testing names it (importing a plugin here is too early)."""
    scheme, _, rest = server.url(database=database).partition("://")
    return f"{scheme}://millrace_test_{service}:test-password@{rest.rpartition('@')[2]}"


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    """The administrator's URL of the run's cluster; shared.bootstrap.testing makes a database a test there."""
    return postgres.url(database="postgres")


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
