"""Named locks, and keys of submissions, over REST and the command line."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from protos.jobs.v1 import jobs_pb2_grpc, locks_pb2_grpc
from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from services.gateway.tests.test_actions import catalogue
from shared.db import Database
from shared.jobs import Jobs, queue_settings
from shared.jobs.connection import connect
from shared.jobs.lock_servicer import LOCK_SERVICE, LockServicer
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.rpc import RpcServer, Servicer, StreamSlots
from shared.security.tokens import generate_api_key
from tools.stores import PostgresServer, ValkeyServer

SERVICE = "lockyard"


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway before one service that has locks and runs nothing."""

    client: httpx.Client
    ledger: Database
    scripts: Scripts
    key: str

    def take(self, name: str) -> None:
        assert self.scripts.lock("take", name, token="t" * 32, ttl_ms=60_000, owner="job 7")


@pytest.fixture(scope="module")
def shared_place(postgres: PostgresServer, valkey: ValkeyServer, database: Database) -> Iterator[Place]:
    with ExitStack() as stack:
        ledger = Database(migrated(postgres, "locks_of_lockyard"), "gateway")
        stack.callback(ledger.close)
        jobs = Jobs(catalogue(SERVICE), ledger, Scripts(connect(valkey.url(), name=SERVICE), "locksmith"))
        with ledger.unit_of_work() as work:
            queue_settings.declare(work, tuple(jobs.catalogue.queues.values()))
        servicers = [
            Servicer(
                jobs_pb2_grpc.add_JobServiceServicer_to_server,
                JobServicer(jobs, StreamSlots(8)),
                "millrace.jobs.v1.JobService",
            ),
            Servicer(locks_pb2_grpc.add_LockServiceServicer_to_server, LockServicer(jobs), LOCK_SERVICE),
        ]
        server = RpcServer(servicers, host="127.0.0.1", port=0, token=TOKEN, name=SERVICE)
        addresses = {SERVICE: f"127.0.0.1:{server.start()}"}
        stack.callback(server.stop, grace=0)
        key = generate_api_key()
        settings = settings_for(addresses, key)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        client = httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False)
        yield Place(stack.enter_context(client), ledger, jobs.scripts, key.reveal())


@pytest.fixture
def place(shared_place: Place) -> Place:
    """The place with no job in it."""
    with shared_place.ledger.unit_of_work() as work:
        work.connection.execute(sa.text("DELETE FROM job"))
    return shared_place


def test_locks_are_listed_released_and_audited(place: Place) -> None:
    place.take("lock:wallet:0xabc:sync")

    [shown] = place.client.get("/api/v1/locks", params={"service": SERVICE}).json()["items"]
    body = {"service": SERVICE, "name": "lock:wallet:0xabc:sync", "reason": "stuck"}
    released = place.client.post("/api/v1/locks/release", json=body)
    again = place.client.post("/api/v1/locks/release", json=body)

    assert (shown["name"], shown["owner"], shown["service"]) == ("lock:wallet:0xabc:sync", "job 7", SERVICE)
    assert (released.status_code, again.status_code) == (204, 404)
    assert place.client.get("/api/v1/locks").json()["items"] == []
    [row] = place.client.get("/api/v1/audit").json()["items"][:1]
    assert (row["action"], row["target"], row["reason"], row["before"]["owner"]) == (
        "ReleaseLock", "lock:wallet:0xabc:sync", "stuck", "job 7"
    )  # fmt: skip


def test_the_command_line_lists_and_releases(place: Place, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(place.client.base_url))
    monkeypatch.setenv("MILLRACE_API_KEY", place.key)
    place.take("a lock")

    assert cli.main(["locks"]) == 0
    assert "a lock" in capsys.readouterr().out
    assert cli.main(["unlock", "a lock", "--service", SERVICE, "--reason", "stuck"]) == 0
    assert cli.main(["unlock", "a lock", "--service", SERVICE]) == cli.EXIT_REFUSED
    assert cli.main(["submit", "work-in-lockyard", "--unique-key", "k", "--sequence", "s", "--group", "g"]) == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a"}, "service"),
        ({"service": SERVICE}, "name"),
        ({"service": "nobody", "name": "a"}, "service"),
        ({"service": SERVICE, "name": "x" * 201}, "name"),
    ],
)
def test_a_release_that_names_no_lock_is_refused(place: Place, body: dict[str, str], field: str) -> None:
    answer = place.client.post("/api/v1/locks/release", json=body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_unique_submission_is_answered_with_the_job_that_is_there(place: Place) -> None:
    body = {
        "name": "work-in-lockyard",
        "unique_key": "k",
        "unique": {"mode": "until_start"},
        "sequence": "s",
        "group": "g",
    }

    first, again = (place.client.post("/api/v1/jobs", json=body) for _ in range(2))

    assert (first.status_code, first.json()["already_existed"]) == (202, False)
    assert (again.json()["id"], again.json()["already_existed"]) == (first.json()["id"], True)


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"unique": {"mode": "often"}}, "unique.mode"),
        ({"unique": {"mode": "for"}}, "unique.ttl_ms"),
        ({"unique": {"mode": "for", "ttl_ms": 0}}, "unique.ttl_ms"),
        ({"unique": {"mode": "debounce", "wait_ms": 9, "max_wait_ms": 8}}, "unique.max_wait_ms"),
        ({"unique_key": ""}, "unique_key"),
        ({"sequence": "x" * 201}, "sequence"),
        ({"unique": {"mode": "keep_latest"}, "sequence": "s"}, "sequence"),
    ],
)
def test_keys_that_cannot_be_had_are_refused_by_field(place: Place, keys: dict[str, object], field: str) -> None:
    answer = place.client.post("/api/v1/jobs", json={"name": "work-in-lockyard", **keys})

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert place.client.get("/api/v1/jobs").json()["items"] == []
