"""Proves that the Redis of docker-compose.yml, started with its own command, passes what production demands of it."""

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import AuthenticationError, NoPermissionError

from shared.errors import StoreUnavailable
from shared.jobs.connection import connect, store_errors
from shared.jobs.demands import flush_advice, refuse_unsafe
from tests.conformance.services import COMPOSE
from tests.runtime.jobs.waiting import eventually
from tools.stores import binaries, ports
from tools.stores.clusters import plain_environment
from tools.stores.spawning import Launch, spawn

REQUIRED = "${REDIS_PASSWORD:?set it in .env}"
PASSWORD = secrets.token_hex(8)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a server started as the container is, on loopback and a folder of its own."""
    folder: Path = tmp_path_factory.mktemp("redis")
    port = ports.free_port()
    _program, *arguments = (word.replace(REQUIRED, PASSWORD) for word in COMPOSE["services"]["redis"]["command"])
    place = ["--bind", ports.HOST, "--port", str(port), "--dir", str(folder)]
    command = [str(binaries.valkey_program().path), *arguments, *place]
    launch = Launch(command=command, cwd=folder, log=folder / "log", environment=plain_environment())
    server = spawn(launch)
    eventually(lambda: is_listening(port))
    yield f"{ports.HOST}:{port}"
    server.terminate()
    server.wait(10)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((ports.HOST, port)) == 0


@pytest.fixture
def client(address: str) -> Iterator[Any]:
    """A client that logs in as the services of the compose file do."""
    url = COMPOSE["services"]["market-data-worker"]["environment"]["REDIS_URL"]
    made = connect(url.replace(REQUIRED, PASSWORD).replace("redis:6379", address), name="test")
    yield made
    made.close()


def test_every_process_of_the_compose_file_is_in_production_mode() -> None:
    processes = {name: block for name, block in COMPOSE["services"].items() if name not in ("postgres", "redis")}

    assert {block["environment"].get("MILLRACE_ENV") for block in processes.values()} == {"production"}


def test_it_passes_the_check_of_production_mode(client: Any) -> None:
    refuse_unsafe(client, in_production=True)

    assert flush_advice(client) is None


@pytest.mark.parametrize(
    "command", [("FLUSHALL",), ("FLUSHDB",), ("CONFIG", "GET", "*"), ("KEYS", "*"), ("GET", "plain")]
)
def test_its_user_has_no_command_and_no_key_beyond_the_services_own(client: Any, command: tuple[str, ...]) -> None:
    with pytest.raises(NoPermissionError):
        client.execute_command(*command)


def test_nobody_gets_in_without_the_password(address: str) -> None:
    stranger = connect(f"redis://{address}/0", name="stranger")

    with pytest.raises((AuthenticationError, StoreUnavailable)), store_errors():
        stranger.get("{market-data}:jobs")
    stranger.close()
