"""What people do to jobs and queues over REST and the command line, and what is kept of it."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from protos.jobs.v1 import jobs_pb2_grpc
from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.domain import instants
from services.gateway.domain.roles import Role
from services.gateway.store import AuditStore, KeyStore
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared import clock
from shared.db import Database
from shared.errors import StoreUnavailable
from shared.jobs import Arguments, Catalogue, JobContext, Jobs, Queue, job, queue_settings, seconds
from shared.jobs.connection import connect
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.rpc import RpcServer, Servicer, StreamSlots
from shared.security.tokens import generate_api_key, hash_secret
from tools.stores import PostgresServer, ValkeyServer

SERVICES = ("forge", "loom")


class Nothing(Arguments, frozen=True):
    pass


def catalogue(service: str) -> Catalogue:
    """A queue of the service's own and one that every service has."""
    own, common = Queue(f"{service}-work", slots=2), Queue("common", slots=1)

    @job(queue=own, name=f"work-in-{service}", timeout=seconds(5), attempts=2)
    def work(ctx: JobContext, args: Nothing) -> None:
        """Never run here: these tests have no worker."""

    return Catalogue(service, (work,), (own, common))


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway before two services that keep jobs and run none."""

    client: httpx.Client
    database: Database

    def submit(self, **fields: object) -> str:
        answer = self.client.post("/api/v1/jobs", json={"name": "work-in-forge", **fields})
        return str(answer.json()["id"])

    def as_role(self, role: Role) -> dict[str, str]:
        key = generate_api_key()
        KeyStore(self.database).add(key.id, hash_secret(key.secret), name=role.word, role=role, expires_at=None)
        return {"X-API-Key": key.reveal()}

    def audit(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.client.get("/api/v1/audit").json()["items"]
        return items


@pytest.fixture(scope="module")
def shared_place(postgres: PostgresServer, valkey: ValkeyServer, database: Database) -> Iterator[Place]:
    with ExitStack() as stack:
        addresses = {}
        for service in SERVICES:
            ledger = Database(migrated(postgres, service), "gateway")
            jobs = Jobs(catalogue(service), ledger, Scripts(connect(valkey.url(), name=service), service))
            with ledger.unit_of_work() as work:
                queue_settings.declare(work, tuple(jobs.catalogue.queues.values()))
            add = jobs_pb2_grpc.add_JobServiceServicer_to_server
            servicer = Servicer(add, JobServicer(jobs, StreamSlots(8)), "millrace.jobs.v1.JobService")
            server = RpcServer([servicer], host="127.0.0.1", port=0, token=TOKEN, name=service)
            stack.callback(ledger.close)
            addresses[service] = f"127.0.0.1:{server.start()}"
            stack.callback(server.stop, grace=0)
        key = generate_api_key()
        settings = settings_for(addresses, key)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        client = httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False)
        yield Place(stack.enter_context(client), database)


@pytest.fixture
def place(shared_place: Place) -> Place:
    """The place with nothing in its audit log."""
    with shared_place.database.unit_of_work() as work:
        work.connection.execute(sa.text("DELETE FROM audit"))
    return shared_place


def test_a_job_is_changed_cancelled_retried_and_removed_and_each_is_kept(place: Place) -> None:
    job_id = place.submit()
    path = f"/api/v1/jobs/{job_id}"

    changed = place.client.patch(path, json={"priority": 1, "queue": "common", "reason": "urgent"})
    cancelled = place.client.post(f"{path}/cancel", json={"reason": "not wanted"})
    retried = place.client.post(f"{path}/retry")
    place.client.post(f"{path}/cancel")
    removed = place.client.delete(path)

    assert (changed.json()["priority"], changed.json()["queue"]) == (1, "common")
    assert (cancelled.json()["state"], cancelled.json()["error"]["message"]) == ("cancelled", "not wanted")
    assert (retried.json()["state"], removed.status_code, place.client.get(path).status_code) == ("queued", 204, 404)
    rows = place.audit()
    assert [row["action"] for row in rows] == ["DeleteJob", "CancelJob", "RequeueJob", "CancelJob", "UpdateJob"]
    assert {(row["outcome"], row["target"], row["service"], row["key_name"]) for row in rows} == {
        ("done", job_id, "forge", "bootstrap")
    }
    assert (rows[-1]["before"]["priority"], rows[-1]["after"]["priority"], rows[-1]["reason"]) == (3, 1, "urgent")
    assert (rows[-1]["request_id"], rows[-1]["role"]) == (changed.headers["x-request-id"], "admin")


def test_a_refused_action_tells_the_state_and_is_kept(place: Place) -> None:
    job_id = place.submit()

    answer = place.client.post(f"/api/v1/jobs/{job_id}/retry")

    problem = answer.json()
    assert (answer.status_code, problem["type"].rpartition("/")[2]) == (409, "wrong-state")
    assert (problem["state"], set(problem["allowed"])) == ("queued", {"completed", "dead", "cancelled", "expired"})
    [row] = place.audit()
    assert (row["outcome"], row["after"], row["detail"]) == ("refused", None, problem["detail"])


def test_nothing_is_done_that_cannot_be_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = place.submit()

    def broken(*_: object) -> int:
        raise StoreUnavailable("PostgreSQL does not answer")

    monkeypatch.setattr(AuditStore, "begin", broken)
    answer = place.client.post(f"/api/v1/jobs/{job_id}/cancel")

    assert answer.status_code == 503
    assert place.client.get(f"/api/v1/jobs/{job_id}").json()["state"] == "queued"


def test_what_was_done_is_answered_although_its_end_could_not_be_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = place.submit()

    def broken(*_: object, **__: object) -> None:
        raise StoreUnavailable("PostgreSQL does not answer")

    monkeypatch.setattr(AuditStore, "finish", broken)
    answer = place.client.post(f"/api/v1/jobs/{job_id}/cancel")

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert [row["outcome"] for row in place.audit()] == ["started"]


def test_a_pause_may_have_an_end(place: Place) -> None:
    until = instants.render(clock.now() + timedelta(hours=2))

    paused = place.client.post("/api/v1/queues/forge-work/pause", json={"until": until}).json()
    resumed = place.client.post("/api/v1/queues/forge-work/resume").json()

    assert (paused["paused"], paused["paused_until"]) == (True, until)
    assert (resumed["paused"], resumed["paused_until"]) == (False, None)


def test_a_queue_is_paused_limited_and_resumed(place: Place) -> None:
    paused = place.client.post("/api/v1/queues/forge-work/pause", json={"reason": "deploy"}).json()
    limited = place.client.patch("/api/v1/queues/forge-work", json={"max_running": 3, "rate_limit": 7}).json()
    shown = {queue["name"]: queue for queue in place.client.get("/api/v1/queues").json()["items"]}["forge-work"]
    unlimited = place.client.patch("/api/v1/queues/forge-work", json={"max_running": None, "rate_limit": 0}).json()
    resumed = place.client.post("/api/v1/queues/forge-work/resume").json()
    aged = place.client.patch("/api/v1/queues/forge-work", json={"group_max_running": 2, "age_ms": 5000}).json()
    reset = place.client.patch("/api/v1/queues/forge-work", json={"reset": True}).json()

    assert [(one["group_max_running"], one["age_ms"]) for one in (aged, reset)] == [(2, 5000), (None, 60_000)]
    assert (paused["paused"], limited["max_running"], limited["rate_window_ms"]) == (True, 3, 60_000)
    assert (shown["paused"], shown["rate_limit"]) == (True, 7)
    assert (unlimited["max_running"], unlimited["rate_limit"], resumed["paused"]) == (None, None, False)
    assert (reset["slots"], len(place.audit())) == (2, 6)


def test_a_queue_that_several_services_have_needs_its_service(place: Place) -> None:
    unclear = place.client.post("/api/v1/queues/common/pause")
    clear = place.client.post("/api/v1/queues/common/pause", json={"service": "loom"})
    place.client.post("/api/v1/queues/common/resume", json={"service": "loom"})

    assert (unclear.status_code, unclear.json()["field"], unclear.json()["allowed"]) == (422, "service", list(SERVICES))
    assert (clear.json()["service"], clear.json()["paused"]) == ("loom", True)


def test_a_queue_is_counted_drained_and_cleaned(place: Place) -> None:
    for _ in range(3):
        place.submit()
    queue = "/api/v1/queues/forge-work"
    waiting = {"states": ["queued", "scheduled", "retrying"]}

    preview = place.client.post(f"{queue}/drain", json={"dry_run": True, **waiting}).json()
    part = place.client.post(f"{queue}/drain", json={"reason": "flood", "limit": 1, **waiting}).json()
    drained = place.client.post(f"{queue}/drain", json={"reason": "flood", **waiting}).json()
    cleaned = place.client.post(f"{queue}/clean", json={"state": "cancelled", "older_than_seconds": 0}).json()

    assert preview["jobs"] >= 3
    assert (part["jobs"], part["has_more"], drained["jobs"]) == (1, True, preview["jobs"] - 1)
    assert cleaned["jobs"] >= preview["jobs"]
    assert [row["action"] for row in place.audit()] == ["CleanQueue", "DrainQueue", "DrainQueue"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/api/v1/jobs/7/cancel", {}, "id"),
        ("PATCH", f"/api/v1/jobs/{uuid.uuid4()}", {"priority": 6}, "priority"),
        ("PATCH", f"/api/v1/jobs/{uuid.uuid4()}", {"colour": 6}, "colour"),
        ("POST", "/api/v1/queues/nope/pause", {}, "queue"),
        ("POST", "/api/v1/queues/forge-work/pause", {"until": "tomorrow"}, "until"),
        ("POST", "/api/v1/queues/forge-work/pause", {"until": "2020-01-01T00:00:00Z"}, "until"),
        ("PATCH", "/api/v1/queues/forge-work", {}, "settings"),
        ("PATCH", "/api/v1/queues/forge-work", {"slots": 0}, "slots"),
        ("PATCH", "/api/v1/queues/forge-work", {"age_ms": None}, "age_ms"),
        ("POST", "/api/v1/queues/forge-work/drain", {}, "reason"),
        ("POST", "/api/v1/queues/forge-work/drain", {"states": ["running"], "reason": "r"}, "states[0]"),
        ("POST", "/api/v1/queues/forge-work/clean", {"state": "queued", "older_than_seconds": 1}, "state"),
        ("GET", "/api/v1/audit?cursor=x", None, "cursor"),
    ],
)
def test_a_bad_request_names_its_field(place: Place, method: str, path: str, body: Any, field: str) -> None:
    answer = place.client.request(method, path, json=body)

    assert (answer.status_code, answer.json().get("field")) == (422, field)


@pytest.mark.parametrize(
    ("role", "steers", "administers"),
    [(Role.VIEWER, False, False), (Role.OPERATOR, True, False), (Role.ADMIN, True, True)],
)
def test_a_role_may_do_what_it_says(place: Place, role: Role, steers: bool, administers: bool) -> None:
    who = place.as_role(role)
    path = f"/api/v1/jobs/{place.submit()}"

    def is_had(method: str, path: str, body: Any = None) -> bool:
        return place.client.request(method, path, headers=who, json=body).status_code != 403

    queue = "/api/v1/queues/forge-work"
    for method, action in (("POST", f"{path}/cancel"), ("POST", f"{path}/retry"), ("POST", f"{queue}/resume")):
        assert is_had(method, action) is steers
    assert is_had("PATCH", path, {"priority": 2}) is steers
    for method, action in (("DELETE", path), ("PATCH", queue), ("POST", f"{queue}/drain"), ("POST", f"{queue}/clean")):
        assert is_had(method, action, None if method == "DELETE" else {}) is administers
    assert is_had("GET", "/api/v1/audit") is administers


def test_the_audit_log_is_paged_newest_first(place: Place) -> None:
    for _ in range(5):
        place.client.post("/api/v1/queues/forge-work/resume")

    pages: list[list[int]] = []
    cursor: str | None = ""
    for _ in range(3):
        page = place.client.get("/api/v1/audit", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        pages.append([item["id"] for item in page["items"]])
        cursor = page["next_cursor"]

    ids = [entry_id for page in pages for entry_id in page]
    assert (ids, [len(page) for page in pages], cursor) == (sorted(ids, reverse=True), [2, 2, 1], None)


def test_the_command_line_has_every_verb(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILLRACE_URL", str(place.client.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", place.client.headers["x-api-key"])
    job_id = place.submit()

    def run(*words: str) -> Any:
        assert cli.main(words) == 0, capsys.readouterr().err
        out = capsys.readouterr().out
        return json.loads(out) if out else None

    assert run("change", job_id, "--priority", "1", "--run-now")["priority"] == 1
    assert run("cancel", job_id, "--reason", "no")["error"]["message"] == "no"
    assert run("retry", job_id)["state"] == "queued"
    assert run("pause", "forge-work", "--service", "forge")["paused"] is True
    assert run("resume", "forge-work")["paused"] is False
    assert run("limit", "forge-work", "--max-running", "0", "--slots", "4")["slots"] == 4
    assert run("limit", "forge-work", "--reset")["slots"] == 2
    assert run("drain", "forge-work", "--dry-run", "--states", "queued", "retrying")["jobs"] >= 1
    assert run("drain", "forge-work", "--reason", "flood")["jobs"] >= 1
    assert run("remove", job_id) is None
    assert run("clean", "forge-work", "--state", "cancelled", "--older-than-seconds", "0")["dry_run"] is False
    assert cli.main(["retry", job_id]) == 1
