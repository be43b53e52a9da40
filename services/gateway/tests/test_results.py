"""A job's result over REST, waited for, before a real service whose worker runs meanwhile."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest

from protos.jobs.v1 import concurrency_pb2_grpc, jobs_pb2_grpc, results_pb2_grpc
from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared import clock
from shared.bootstrap.scheduler import declare
from shared.bootstrap.service import Service, ServiceRuntime
from shared.db import Database
from shared.jobs import Adaptive, Arguments, Catalogue, JobContext, Jobs, Queue, concurrency_servicer, job, seconds
from shared.jobs.broker import MillraceBroker
from shared.jobs.concurrency_servicer import ConcurrencyServicer
from shared.jobs.connection import connect
from shared.jobs.control.queue_edits import Limits, edit
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.maintenance.steering import steer_once
from shared.jobs.meters import Meter, send_samples
from shared.jobs.outcomes import Again, WaitReason
from shared.jobs.result_servicer import FULL_NAME, ResultServicer
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.jobs.worker import ServiceWorker
from shared.rpc import RpcServer, Servicer, StreamSlots
from shared.security.tokens import generate_api_key
from shared.settings import ServiceSettings
from tests.runtime.jobs.waiting import eventually
from tools.stores import PostgresServer, ValkeyServer

WORK = Queue("forging", slots=1, adaptive=Adaptive(min_slots=1, max_slots=4, latency=seconds(1)))


class Bar(Arguments, frozen=True):
    """How hot."""

    degrees: int


@job(queue=WORK, name="forge-bar", timeout=seconds(5), attempts=1)
def forge_bar(ctx: JobContext, args: Bar) -> dict[str, int]:
    """Takes no time."""
    return {"degrees": args.degrees}


@pytest.fixture(scope="module")
def place(
    postgres: PostgresServer, valkey: ValkeyServer, database: Database
) -> Iterator[tuple[httpx.Client, ServiceWorker]]:
    """A gateway before one service, and its worker, not started yet."""
    with ExitStack() as stack:
        ledger = Database(migrated(postgres, "anvil"), "gateway")
        stack.callback(ledger.close)
        catalogue = Catalogue("anvil", (forge_bar,), (WORK,))
        jobs = Jobs(catalogue, ledger, Scripts(connect(valkey.url(), name="anvil"), "anvil"))
        broker = MillraceBroker(catalogue)
        declare(ServiceRuntime(Service(name="anvil", settings=ServiceSettings), None, ledger, jobs, broker))
        reconcile_once(jobs)
        add, add_results = (
            jobs_pb2_grpc.add_JobServiceServicer_to_server,
            results_pb2_grpc.add_ResultServiceServicer_to_server,
        )
        servicers = [
            Servicer(add, JobServicer(jobs, StreamSlots(8)), "millrace.jobs.v1.JobService"),
            Servicer(add_results, ResultServicer(jobs), FULL_NAME),
            Servicer(
                concurrency_pb2_grpc.add_ConcurrencyServiceServicer_to_server,
                ConcurrencyServicer(jobs),
                concurrency_servicer.FULL_NAME,
            ),
        ]
        server = RpcServer(servicers, host="127.0.0.1", port=0, token=TOKEN, name="anvil")
        stack.callback(server.stop, grace=0)
        key = generate_api_key()
        settings = settings_for({"anvil": f"127.0.0.1:{server.start()}"}, key)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        client = httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False, timeout=30)
        worker = ServiceWorker(jobs, broker, {}, name="smith", slots={"forging": 1})
        stack.callback(worker.stop, 1)
        yield stack.enter_context(client), worker


def test_a_result_is_answered_as_soon_as_it_is_there(place: tuple[httpx.Client, ServiceWorker]) -> None:
    client, worker = place
    submitted = client.post("/api/v1/jobs", json={"name": "forge-bar", "args": {"degrees": 900}}).json()
    path = f"/api/v1/jobs/{submitted['id']}/result"

    early = client.get(path)
    worker.start()
    ended = client.get(path, params={"wait_seconds": 20})

    assert (early.status_code, early.json()["state"], early.json()["result"]) == (202, "queued", None)
    assert (ended.status_code, ended.json()["state"], ended.json()["result"]) == (200, "completed", {"degrees": 900})


def test_a_submission_has_times_of_its_own_and_its_result_is_gone_after_them(
    place: tuple[httpx.Client, ServiceWorker],
) -> None:
    client, worker = place
    body = {"name": "forge-bar", "args": {"degrees": 7}, "times": {"timeout_ms": 900, "result_ttl_ms": 10}}
    submitted = client.post("/api/v1/jobs", json=body).json()
    ended = client.get(f"/api/v1/jobs/{submitted['id']}/result", params={"wait_seconds": 20}).json()
    read = eventually_expired(client, worker, submitted["id"])

    assert ended["state"] == "completed"
    assert (read["times"]["timeout_ms"], read["times"]["deadline_ms"]) == (900, None)
    assert (read["state"], read["result"], read["result_expired"]) == ("completed", None, True)


def eventually_expired(client: httpx.Client, worker: ServiceWorker, job_id: str) -> dict[str, Any]:
    """The job as it is read once its row is final, and its time is over."""
    found: list[dict[str, Any]] = []

    def is_over() -> bool:
        settle_once(worker.jobs)
        found[:] = [client.get(f"/api/v1/jobs/{job_id}").json()]
        return bool(found[0]["result_expired"])

    eventually(is_over)
    return found[0]


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"timeout_ms": 0}, "times.timeout_ms"),
        ({"timeout_ms": 86_400_001}, "times.timeout_ms"),
        ({"queue_ttl_ms": 9}, "times.queue_ttl_ms"),
        ({"deadline_ms": -1}, "times.deadline_ms"),
        ({"stale_after_ms": 1.5}, "times.stale_after_ms"),
        ({"result_ttl_ms": 0}, "times.result_ttl_ms"),
        ({"result_ttl_ms": 2**62}, "times.result_ttl_ms"),
        ({"ttl": 5}, "times.ttl"),
    ],
)
def test_times_that_cannot_be_had_are_refused_by_field(
    place: tuple[httpx.Client, ServiceWorker], times: dict[str, object], field: str
) -> None:
    before = len(place[0].get("/api/v1/jobs").json()["items"])
    answer = place[0].post("/api/v1/jobs", json={"name": "forge-bar", "args": {"degrees": 1}, "times": times})

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert len(place[0].get("/api/v1/jobs").json()["items"]) == before


@pytest.mark.parametrize("wait", ["21", "-1", "1.5", "x"])
def test_a_bad_wait_names_the_field(place: tuple[httpx.Client, ServiceWorker], wait: str) -> None:
    answer = place[0].get("/api/v1/jobs/00000000-0000-4000-8000-000000000000/result", params={"wait_seconds": wait})

    assert answer.status_code // 100 == 4
    assert answer.json()["field"] == "wait_seconds"


def test_a_job_that_nobody_has_is_not_found(place: tuple[httpx.Client, ServiceWorker]) -> None:
    assert place[0].get("/api/v1/jobs/00000000-0000-4000-8000-000000000000/result").status_code == 404


def test_decisions_of_a_queue_that_adapts_are_read_with_what_was_measured(
    place: tuple[httpx.Client, ServiceWorker],
) -> None:
    client, worker = place
    edit(worker.jobs, "forging", Limits(slots=4))
    meter = Meter()
    meter.note(Again(seconds(1), counts=False, wait_reason=WaitReason.RATE_LIMITED), 0.1)
    send_samples(worker.jobs, "another", {"forging": meter})
    steer_once(worker.jobs)

    answer = client.get("/api/v1/queues/forging/concurrency").json()

    assert (answer["adaptive"], answer["slots"], answer["min_slots"], answer["max_slots"]) == (True, 2, 1, 4)
    (taken,) = answer["decisions"]
    assert (taken["slots_before"], taken["slots_after"], taken["limited"]) == (4, 2, 1)
    assert client.get("/api/v1/queues/nowhere/concurrency").status_code // 100 == 4


@pytest.fixture
def reached(place: tuple[httpx.Client, ServiceWorker], monkeypatch: pytest.MonkeyPatch) -> httpx.Client:
    """The gateway that the command line's environment names."""
    monkeypatch.setenv("MILLRACE_URL", str(place[0].base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", place[0].headers["x-api-key"])
    return place[0]


def test_the_command_line_waits_for_a_result_and_its_exit_code_tells_the_end(
    reached: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    well = reached.post("/api/v1/jobs", json={"name": "forge-bar", "args": {"degrees": 700}}).json()["id"]
    later = {"name": "forge-bar", "args": {"degrees": 1}, "scheduled_for": in_an_hour()}
    waits, gone = (reached.post("/api/v1/jobs", json=later).json()["id"] for _ in range(2))
    reached.post(f"/api/v1/jobs/{gone}/cancel", json={})

    assert cli.main(["job", "result", well, "--wait", "20"]) == 0
    assert json.loads(capsys.readouterr().out) == {"degrees": 700}
    assert cli.main(["--json", "job", "result", well]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "completed"
    assert cli.main(["job", "result", waits]) == 4
    assert f"job {waits} is scheduled" in capsys.readouterr().err
    assert cli.main(["job", "result", gone, "--wait", "5"]) == 3
    assert f"job {gone} is cancelled" in capsys.readouterr().err


def test_the_command_line_refuses_a_bad_wait_and_an_unknown_job(
    reached: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    for wait in ("-1", "1.5", "x", "86401"):
        with pytest.raises(SystemExit) as caught:
            cli.main(["job", "result", "any", f"--wait={wait}"])
        assert caught.value.code == 2

    assert cli.main(["job", "result", "00000000-0000-4000-8000-000000000000"]) == 1
    assert cli.main(["job", "result", "../queues"]) == 1
    assert cli.main(["concurrency", "nowhere"]) == 1
    assert "allowed: forging" in capsys.readouterr().err


def test_the_command_line_shows_bounds_and_decisions(reached: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["concurrency", "forging"]) == 0
    shown = capsys.readouterr()
    assert cli.main(["--json", "concurrency", "forging", "--service", "anvil"]) == 0
    answer = json.loads(capsys.readouterr().out)

    assert "slots, from 1 to 4" in shown.err
    assert shown.out.splitlines()[0].split()[:3] == ["at", "slots_before", "slots_after"]
    assert len(shown.out.splitlines()) == 1 + len(answer["decisions"])


def in_an_hour() -> str:
    return (clock.now() + timedelta(hours=1)).isoformat()
