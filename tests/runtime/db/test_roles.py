"""Schemas, roles and revisions: a service has its own schema and no other, and migrating is safe to repeat."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from shared.db import migrations
from shared.errors import ConfigurationInvalid
from tests.stores import service_url
from tools.stores import PostgresServer

DATABASE = "roles"
SERVICES = ("market_data", "gateway")


@pytest.fixture(scope="module")
def migrated(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """One database that two services share, each with its schema and role."""
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    for service in SERVICES:
        migrate(postgres, service)
    yield postgres
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


def migrate(server: PostgresServer, service: str) -> None:
    url = service_url(server, DATABASE, service)
    migrations.prepare(server.url(database=DATABASE), url, service)
    migrations.upgrade(url, service)


def tables(server: PostgresServer, service: str) -> set[str]:
    with psycopg.connect(service_url(server, DATABASE, service)) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [service])
        return {row[0] for row in rows}


def test_every_service_has_its_own_ledger_and_its_own_tables(migrated: PostgresServer) -> None:
    market_data, gateway = tables(migrated, "market_data"), tables(migrated, "gateway")

    assert {"job", "attempt", "schedule", "coin"} <= market_data
    assert "coin" not in gateway


def test_migrating_again_changes_nothing(migrated: PostgresServer) -> None:
    before = tables(migrated, "market_data")

    migrate(migrated, "market_data")

    assert tables(migrated, "market_data") == before


def test_three_migrations_at_once_leave_what_one_would(migrated: PostgresServer) -> None:
    before = tables(migrated, "market_data")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: migrate(migrated, "market_data"), range(3)))

    assert tables(migrated, "market_data") == before


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM gateway.job",
        "INSERT INTO gateway.job DEFAULT VALUES",
        "DROP TABLE gateway.job",
        "CREATE TABLE gateway.mine (value integer)",
        "CREATE TABLE public.mine (value integer)",
        "CREATE ROLE another",
        "CREATE DATABASE another",
        "SET ROLE millrace_test_gateway",
        "COPY gateway.job TO STDOUT",
    ],
)
def test_a_service_s_role_can_do_nothing_outside_its_schema(migrated: PostgresServer, statement: str) -> None:
    with (
        psycopg.connect(service_url(migrated, DATABASE, "market_data"), autocommit=True) as connection,
        pytest.raises(InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_url_without_a_role_is_refused(migrated: PostgresServer) -> None:
    with pytest.raises(ConfigurationInvalid, match="DATABASE_URL"):
        migrations.prepare(migrated.url(database=DATABASE), "postgresql://127.0.0.1/roles", "market_data")
