"""Proves that every service's migrations go up, down and up again, and end where its tables are declared to be."""

import importlib
import importlib.util
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from shared.db import migrations
from shared.jobs.ledger import models as ledger
from tests.conformance.catalogue import describe
from tests.conformance.services import NAMES
from tools.stores.temporary import temporary_postgres

DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of one service, in a database of its own."""

    service: str
    admin_url: str
    url: str

    def lines(self) -> set[str]:
        """What the migrations made."""
        with engine_of(self.admin_url, self.service).connect() as connection:
            return describe(connection, self.service)

    def declared_lines(self) -> set[str]:
        """What the service's tables and the ledger's are declared to be."""
        with engine_of(self.admin_url, DECLARED).begin() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {DECLARED}"))
            for metadata in (ledger.metadata, *own_metadata(self.service)):
                metadata.create_all(connection)
            return describe(connection, DECLARED)


def engine_of(url: str, schema: str) -> sa.Engine:
    dialect_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    options = {"options": f"-c search_path={schema}"}
    return sa.create_engine(dialect_url, poolclass=sa.pool.NullPool, connect_args=options)


def own_metadata(name: str) -> list[sa.MetaData]:
    if importlib.util.find_spec(f"services.{name}.tables") is None:
        return []
    return [importlib.import_module(f"services.{name}.tables").metadata]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with temporary_postgres() as server:
        yield server.url()


@pytest.fixture(params=NAMES)
def schema(request: pytest.FixtureRequest, server_url: str) -> Schema:
    name: str = request.param
    database = f"conformance_{secrets.token_hex(4)}"
    with engine_of(server_url, "public").execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {database}"))
    admin_url = f"{server_url.rpartition('/')[0]}/{database}"
    service_url = f"postgresql://millrace_{name}:{secrets.token_hex(8)}@{admin_url.rpartition('@')[2]}"
    migrations.prepare(admin_url, service_url, name)
    return Schema(name, admin_url, service_url)


def test_migrations_end_where_the_tables_are_declared_to_be(schema: Schema) -> None:
    migrations.upgrade(schema.url, schema.service)

    migrated, declared = schema.lines(), schema.declared_lines()

    assert sorted(migrated - declared) == []
    assert sorted(declared - migrated) == []


def test_migrations_go_down_to_nothing_and_up_again(schema: Schema) -> None:
    migrations.upgrade(schema.url, schema.service)
    before = schema.lines()

    migrations.downgrade(schema.url, schema.service)
    between = schema.lines()
    migrations.upgrade(schema.url, schema.service)

    assert before
    assert between == set()
    assert schema.lines() == before


def test_a_second_upgrade_changes_nothing(schema: Schema) -> None:
    migrations.upgrade(schema.url, schema.service)
    before = schema.lines()

    migrations.upgrade(schema.url, schema.service)

    assert schema.lines() == before
