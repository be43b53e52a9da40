"""Owns a migrated database with a table of numbers, one for each module that asks. It must never outlive it."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from shared.db import Database
from tests.stores import service_url
from tools.stores import PostgresServer

SCHEMA = "market_data"


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest, postgres: PostgresServer, template_for: Callable[[str], str]) -> Iterator[str]:
    """One migrated database for this module, with a table of numbers."""
    name = f"numbers_{request.module.__name__.rpartition('.')[2]}"
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template_for(SCHEMA))))
        location = service_url(postgres, name, SCHEMA)
        with psycopg.connect(location, autocommit=True) as owner:
            owner.execute(f"CREATE TABLE {SCHEMA}.number (value integer PRIMARY KEY)")
        yield location
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The schema with no number in it."""
    opened = Database(url, SCHEMA, pool_size=8)
    with opened.unit_of_work() as work:
        work.connection.execute(sa.text("DELETE FROM number"))
    yield opened
    opened.close()
