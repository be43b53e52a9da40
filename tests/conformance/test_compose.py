"""Proves that docker-compose.yml runs every service in every role, each with its own database role, and its stores."""

import re
from typing import Any

import pytest

from tests.conformance.services import COMPOSE, GATEWAY, NAMES, WITH_JOBS, display

ROLES = ("api", "worker", "scheduler")
BLOCKS: dict[str, Any] = COMPOSE["services"]
PROCESSES = [f"{display(name)}-{role}" for name in WITH_JOBS for role in ROLES] + [GATEWAY]


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
        "migrate": "service_completed_successfully",
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


def test_migrate_covers_every_service() -> None:
    environment = BLOCKS["migrate"]["environment"]

    assert BLOCKS["migrate"]["command"] == ["migrate", "all"]
    assert {f"{name.upper()}_DATABASE_URL" for name in NAMES} <= set(environment)


def test_the_gateway_knows_every_service_at_its_port() -> None:
    addresses = dict(entry.split("=") for entry in BLOCKS[GATEWAY]["environment"]["MILLRACE_SERVICES"].split(","))
    expected = {}
    for name in WITH_JOBS:
        block = f"{display(name)}-api"
        expected[display(name)] = f"{block}:{BLOCKS[block]['environment'][f'{name.upper()}_GRPC_PORT']}"

    assert addresses == expected


def test_redis_keeps_what_it_was_given() -> None:
    command = " ".join(BLOCKS["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_no_secret_has_a_default() -> None:
    references = re.findall(r"\$\{[A-Z_]*(?:PASSWORD|TOKEN|BOOTSTRAP_API_KEY)[^}]*\}", str(COMPOSE))

    assert references
    assert [reference for reference in references if ":?" not in reference] == []
