"""Owns the gateway under test: the real app under its real server, real gRPC, a real PostgreSQL.

It must never let one test see what another left.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from psycopg import sql

from services.gateway.app import assemble
from services.gateway.auth.keys import KeyRing
from services.gateway.clients.fleet import Fleet
from services.gateway.domain.roles import Role
from services.gateway.settings import GatewaySettings
from services.gateway.store import KeyStore
from services.gateway.tables import api_key
from services.gateway.tests.smithy import Smithy, emptied, open_smithy
from services.gateway.tests.stand_ins import TOKEN, StandInJobs, StandInMarketData, served
from shared import logs
from shared.db import Database, migrations
from shared.security.tokens import ApiKey, generate_api_key, hash_secret
from shared.settings import Secret
from tests.stores import service_url
from tools.stores import PostgresServer, ValkeyServer


@pytest.fixture(scope="session", autouse=True)
def logging() -> None:
    logs.configure("info", "json", process="test")


@pytest.fixture(scope="session")
def database(postgres: PostgresServer) -> Iterator[Database]:
    database = Database(migrated(postgres, "gateway_suite"), "gateway")
    yield database
    database.close()


def migrated(postgres: PostgresServer, name: str) -> str:
    """The URL of the gateway's own role in a new database, its migrations run."""
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = service_url(postgres, name, "gateway")
    migrations.prepare(postgres.url(database=name), url, "gateway")
    migrations.upgrade(url, "gateway")
    return url


@pytest.fixture
def store(database: Database) -> KeyStore:
    """An empty store of keys."""
    clear_keys(database)
    return KeyStore(database)


def clear_keys(database: Database) -> None:
    with database.unit_of_work() as work:
        work.connection.execute(sa.delete(api_key))


@dataclass(frozen=True, slots=True)
class Platform:
    """A gateway before two services: market-data with coins, social without. `client` has a key, `stranger` none."""

    app: FastAPI
    client: httpx.Client
    stranger: httpx.Client
    key: ApiKey
    database: Database
    market_data: StandInJobs = field(
        default_factory=lambda: StandInJobs(
            "market-data", {"price-updates": ["update-coin-price"], "maintenance": ["tidy"]}
        )
    )
    social: StandInJobs = field(
        default_factory=lambda: StandInJobs(
            "social", {"social-scraping": ["scrape-social-data"], "maintenance": ["sweep"]}
        )
    )
    coins: StandInMarketData = field(default_factory=StandInMarketData)

    def with_role(self, role: Role) -> dict[str, str]:
        """The header of a new key with this role."""
        key = generate_api_key()
        KeyStore(self.database).add(key.id, hash_secret(key.secret), name=role.word, role=role, expires_at=None)
        return {"X-API-Key": key.reveal(), "Authorization": ""}


@pytest.fixture(scope="session")
def shared_platform(database: Database) -> Iterator[Platform]:
    with started(database) as platform:
        yield platform


@pytest.fixture
def platform(shared_platform: Platform) -> Platform:
    """The platform both of whose services answer, and hold nothing."""
    for service in (shared_platform.market_data, shared_platform.social):
        service.jobs.clear()
        service.requests.clear()
    clear_keys(shared_platform.database)
    KeyRing(KeyStore(shared_platform.database)).keep_bootstrap(Secret(shared_platform.key.reveal()))
    shared_platform.coins.__init__()  # type: ignore[misc]  # as new, behind the server that serves it
    return shared_platform


@pytest.fixture
def start(database: Database) -> Iterator[Callable[..., Platform]]:
    """Start a platform of one's own; `down` names services that are configured and do not answer."""
    with ExitStack() as stack:
        yield lambda *, down=(): stack.enter_context(started(database, down=down))


@contextmanager
def started(database: Database, *, down: tuple[str, ...] = ()) -> Iterator[Platform]:
    key = generate_api_key()
    with ExitStack() as stack:
        stranger = stack.enter_context(httpx.Client(trust_env=False))
        client = stack.enter_context(httpx.Client(headers={"Authorization": f"Bearer {key.reveal()}"}, trust_env=False))
        parts = Platform(FastAPI(), client, stranger, key, database)
        addresses = {}
        for jobs, coins in ((parts.market_data, parts.coins), (parts.social, None)):
            if jobs.service not in down:
                addresses[jobs.service] = f"127.0.0.1:{stack.enter_context(served(jobs, coins))}"
        for name in down:
            closed = stack.enter_context(socket.socket())
            closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port, and it refuses
            addresses[name] = f"127.0.0.1:{closed.getsockname()[1]}"
        settings = settings_for(addresses, key)
        app = assemble(settings, database, Fleet(settings.addresses, TOKEN))
        client.base_url = stranger.base_url = httpx.URL(stack.enter_context(serving(app)))
        yield Platform(app, client, stranger, key, database, parts.market_data, parts.social, parts.coins)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The app under uvicorn, on a socket that listens before the server runs, so that nobody need wait."""
    # With its protocol named, or asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


@pytest.fixture(scope="session")
def shared_smithy(postgres: PostgresServer, valkey: ValkeyServer, database: Database) -> Iterator[Smithy]:
    @contextmanager
    def gateway(addresses: dict[str, str], key: ApiKey) -> Iterator[str]:
        settings = settings_for(addresses, key)
        with serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))) as url:
            yield url

    ledger = Database(migrated(postgres, "smithy"), "gateway")
    with open_smithy(ledger, valkey.url(), database, gateway) as smithy:
        yield smithy
    ledger.close()


@pytest.fixture
def smithy(shared_smithy: Smithy) -> Smithy:
    """A gateway before one real service without workers; nothing is on its way."""
    KeyRing(KeyStore(shared_smithy.database)).keep_bootstrap(Secret(shared_smithy.client.headers["x-api-key"]))
    return emptied(shared_smithy)


def settings_for(addresses: dict[str, str], key: ApiKey) -> GatewaySettings:
    services = ",".join(f"{name}={address}" for name, address in addresses.items())
    bootstrap = Secret(key.reveal())
    return GatewaySettings(
        database_url="postgresql://unused", services=services, service_token=TOKEN, bootstrap_api_key=bootstrap
    )
