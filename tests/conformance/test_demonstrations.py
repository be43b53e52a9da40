"""Proves that what a service's demo.toml sets is something the service reads, and that the user's own word wins."""

from collections.abc import Mapping

import pytest

from shared.bootstrap.assembly import find_service
from shared.settings import QueueOverrides, load
from tests.conformance.services import NAMES
from tools.supervisor import demonstrations
from tools.supervisor.demonstrations import Demonstration
from tools.supervisor.state import StateFolder

BASE = {"DATABASE_URL": "postgresql://r@127.0.0.1/d", "MILLRACE_SERVICE_TOKEN": "a-service-token-of-enough-characters"}
DEMONSTRATIONS = demonstrations.load(StateFolder(), NAMES)


def read(service: str, environ: Mapping[str, str]) -> list[object]:
    """Everything the service and its queues read of an environment."""
    declared = find_service(service)
    queues = [load(QueueOverrides, service=queue.name.replace("-", "_"), environ=environ) for queue in declared.queues]
    return [load(declared.settings, service=service, environ=environ), *queues]


@pytest.mark.parametrize("shown", DEMONSTRATIONS, ids=[each.service for each in DEMONSTRATIONS])
def test_every_name_is_one_that_the_service_reads(shown: Demonstration) -> None:
    addresses = {f"{shown.service.upper()}_{name}": f"http://127.0.0.1{path}" for name, path in shown.sandbox.items()}

    ignored = [
        name
        for name, value in {**shown.settings, **addresses}.items()
        if read(shown.service, {**BASE, name: value}) == read(shown.service, BASE)
    ]

    assert ignored == []
    assert bool(shown.pace) == bool(shown.settings), "what is set is told"


@pytest.mark.parametrize("shown", DEMONSTRATIONS, ids=[each.service for each in DEMONSTRATIONS])
def test_a_pace_that_the_user_has_set_is_not_told_as_ours(shown: Demonstration) -> None:
    assert shown.is_ours({})
    assert not any(shown.is_ours({name: "7"}) for name in shown.settings)
