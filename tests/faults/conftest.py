"""Owns the fixtures of the crash points: a bench whose stores another process can reach by their URLs."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from shared.db import Database
from tests.faults.labours import perform
from tests.runtime.jobs.emptying import emptied
from tests.runtime.jobs.sample import NAME, Bench, jobs_of, open_bench
from tests.stores import service_url
from tools.stores import PostgresServer

DEATHS_DATABASE = "deaths"


@pytest.fixture(scope="session")
def deaths_url(postgres: PostgresServer, template_for: Callable[[str], str]) -> str:
    """One migrated database for every death."""
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(statement.format(sql.Identifier(DEATHS_DATABASE), sql.Identifier(template_for(NAME))))
    return service_url(postgres, DEATHS_DATABASE, NAME)


@pytest.fixture
def urls(deaths_url: str, redis_url: str) -> tuple[str, str]:
    """Where the empty stores of this test are."""
    return emptied(deaths_url), redis_url


@pytest.fixture
def mortal(urls: tuple[str, str]) -> Iterator[Bench]:
    """The sample service on them, declared and reconciled; its jobs do what the labours say."""
    jobs = jobs_of(Database(urls[0], NAME, pool_size=8), urls[1])
    bench = open_bench(jobs)
    bench.stage.act = perform
    yield bench
    jobs.scripts.client.close()
    jobs.database.close()
