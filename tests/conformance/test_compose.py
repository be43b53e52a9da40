"""Proves that docker-compose.yml runs every service in every role, each with its own database role, and its stores."""

import re
from typing import Any

import pytest

from shared.settings import parse_services
from tests.conformance.services import COMPOSE, GATEWAY, NAMES, WITH_JOBS, display

ROLES = ("api", "worker", "scheduler")
BLOCKS: dict[str, Any] = COMPOSE["services"]
SERVICE_OF = {f"{display(name)}-{role}": display(name) for name in WITH_JOBS for role in ROLES} | {GATEWAY: GATEWAY}
PROCESSES = list(SERVICE_OF)


@pytest.mark.parametrize("name", WITH_JOBS)
@pytest.mark.parametrize("role", ROLES)
def test_a_service_has_a_block_for_each_role(name: str, role: str) -> None:
    assert BLOCKS[f"{display(name)}-{role}"]["command"] == [role, name]


def test_the_gateway_has_one_block_published_on_loopback() -> None:
    assert BLOCKS[GATEWAY]["command"] == [GATEWAY, GATEWAY]
    assert all(port.startswith("127.0.0.1:") for port in BLOCKS[GATEWAY]["ports"])


def test_nothing_but_the_gateway_is_published() -> None:
    assert [name for name, block in BLOCKS.items() if "ports" in block] == [GATEWAY]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_brings_its_stores_and_its_schema_along(process: str) -> None:
    waits_for = {name: wait["condition"] for name, wait in BLOCKS[process]["depends_on"].items()}

    assert waits_for == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        f"{SERVICE_OF[process]}-migrate": "service_completed_successfully",
    }


@pytest.mark.parametrize("process", [*PROCESSES, "postgres", "redis"])
def test_a_process_says_when_it_is_healthy(process: str) -> None:
    assert BLOCKS[process]["healthcheck"]["test"]


@pytest.mark.parametrize("name", NAMES)
def test_a_service_reaches_the_database_as_itself_and_knows_no_other_password(name: str) -> None:
    blocks = [process for process in PROCESSES if process == name or process.startswith(f"{display(name)}-")]
    for process in blocks:
        environment = BLOCKS[process]["environment"]
        urls = {key: value for key, value in environment.items() if key.endswith("DATABASE_URL")}

        assert list(urls) == [f"{name.upper()}_DATABASE_URL"]
        assert urls[f"{name.upper()}_DATABASE_URL"].startswith(f"postgresql://millrace_{name}:")
        assert "POSTGRES_PASSWORD" not in str(environment)


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_migrated_by_a_block_of_its_own_that_alone_knows_the_administrator(name: str) -> None:
    block = BLOCKS[f"{display(name)}-migrate"]
    urls = {key for key in block["environment"] if key.endswith("DATABASE_URL")}

    assert block["command"] == ["migrate", name]
    assert urls == {f"{name.upper()}_DATABASE_URL"}
    assert "POSTGRES_PASSWORD" in block["environment"]["DATABASE_ADMIN_URL"]
    assert block["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_the_gateway_knows_every_service_at_its_port() -> None:
    addresses, problems = parse_services(BLOCKS[GATEWAY]["environment"]["MILLRACE_SERVICES"])
    ports = {name: BLOCKS[f"{display(name)}-api"]["environment"]["GRPC_PORT"] for name in WITH_JOBS}

    assert problems == []
    assert addresses == {display(name): f"{display(name)}-api:{port}" for name, port in ports.items()}


def test_redis_keeps_what_it_was_given() -> None:
    command = " ".join(BLOCKS["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_no_secret_has_a_default() -> None:
    references = re.findall(r"\$\{[A-Z_]*(?:PASSWORD|TOKEN|BOOTSTRAP_API_KEY)[^}]*\}", str(COMPOSE))

    assert references
    assert [reference for reference in references if ":?" not in reference] == []
