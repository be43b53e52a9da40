"""What a job logged and what happened to it, over REST and the command line, from a real worker to a real gateway."""

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest
import structlog

from protos.jobs.v1 import history_pb2_grpc, jobs_pb2_grpc
from services.gateway import cli
from services.gateway.app import assemble
from services.gateway.clients.fleet import Fleet
from services.gateway.commands import job_history
from services.gateway.tests.conftest import migrated, serving, settings_for
from services.gateway.tests.stand_ins import TOKEN
from shared import logs
from shared.bootstrap.api import HISTORY_SERVICE, JOB_SERVICE
from shared.db import Database
from shared.jobs import Arguments, Catalogue, JobContext, Jobs, Queue, job, queue_settings, seconds
from shared.jobs import log_writer as log_writer_module
from shared.jobs.broker import MillraceBroker
from shared.jobs.captured import LogSink, install
from shared.jobs.connection import connect
from shared.jobs.history_servicer import HistoryServicer
from shared.jobs.log_writer import LogWriter
from shared.jobs.maintenance.ledger_writer import LedgerWriter
from shared.jobs.maintenance.loop import Loop
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.scripts import Scripts
from shared.jobs.servicer import JobServicer
from shared.jobs.steering import steering_servicers
from shared.jobs.worker import ServiceWorker
from shared.rpc import RpcServer, Servicer, StreamSlots
from shared.security.tokens import generate_api_key
from tests.runtime.jobs.waiting import eventually
from tools.stores import PostgresServer, ValkeyServer

NOBODY = "00000000-0000-4000-8000-000000000000"
WORK = Queue("kiln-work", slots=2)


class Fire(Arguments, frozen=True):
    lines: int = 3


@job(queue=WORK, name="fire", timeout=seconds(5), attempts=1)
def fire(ctx: JobContext, args: Fire) -> None:
    """Logs so many lines, then an error."""
    for number in range(args.lines):
        ctx.log.info("brick <b>fired</b>", number=number, api_key="hunter2")
    ctx.log.error("out of wood")
    raise ValueError("no wood")


@dataclass(frozen=True, slots=True)
class Kiln:
    """A gateway before a service with a worker and its loops."""

    client: httpx.Client
    database: Database

    def fired(self, **args: int) -> str:
        """A job that has ended, and all that is told of it is in PostgreSQL."""
        answer = self.client.post("/api/v1/jobs", json={"name": "fire", "args": args})
        job_id = str(answer.json()["id"])
        eventually(lambda: len(self.items(job_id, "events")) == 3)
        eventually(lambda: any(line["level"] == "error" for line in self.items(job_id, "logs?level=error")))
        return job_id

    def items(self, job_id: str, what: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.client.get(f"/api/v1/jobs/{job_id}/{what}").json()["items"]
        return found


@pytest.fixture(scope="module")
def kiln(postgres: PostgresServer, valkey: ValkeyServer, database: Database) -> Iterator[Kiln]:
    with ExitStack() as stack:
        root = logging.getLogger()
        stack.callback(root.handlers.__setitem__, slice(None), list(root.handlers))
        stack.callback(structlog.reset_defaults)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(log_writer_module, "FLUSH_SECONDS", 0.02)
        patch.setattr("shared.jobs.maintenance.ledger_writer.BLOCK_SECONDS", 0.02)
        logs.configure("info", "json", process="worker")
        install()
        ledger = Database(migrated(postgres, "kiln"), "gateway", pool_size=8)
        catalogue = Catalogue("kiln", (fire,), (WORK,))
        jobs = Jobs(catalogue, ledger, Scripts(connect(valkey.url(), name="kiln"), "kiln"))
        with ledger.unit_of_work() as work:
            queue_settings.declare(work, tuple(catalogue.queues.values()))
        queue_settings.copy_settings(jobs)
        reconcile_once(jobs)
        streams = StreamSlots(8)
        servicers = [
            Servicer(jobs_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(jobs, streams), JOB_SERVICE),
            Servicer(
                history_pb2_grpc.add_HistoryServiceServicer_to_server, HistoryServicer(jobs, streams), HISTORY_SERVICE
            ),
            *steering_servicers(jobs),
        ]
        server = RpcServer(servicers, host="127.0.0.1", port=0, token=TOKEN, name="kiln")
        stack.callback(ledger.close)
        key = generate_api_key()
        settings = settings_for({"kiln": f"127.0.0.1:{server.start()}"}, key)
        stack.callback(server.stop, grace=0)
        _run(stack, jobs)
        url = stack.enter_context(serving(assemble(settings, database, Fleet(settings.addresses, TOKEN))))
        patch.setenv("MILLRACE_URL", url)
        patch.setenv("MILLRACE_API_KEY", key.reveal())
        client = httpx.Client(base_url=url, headers={"X-API-Key": key.reveal()}, trust_env=False)
        yield Kiln(stack.enter_context(client), ledger)


def _run(stack: ExitStack, jobs: Jobs) -> None:
    """A worker, and the loops that write what happens."""
    sink = LogWriter(jobs.database, jobs.service)
    worker = ServiceWorker(jobs, MillraceBroker(jobs.catalogue), {LogSink: sink}, name="potter", slots={WORK.name: 2})
    writer = LedgerWriter(jobs, "scribe")
    loops = [
        Loop("history", writer.run_once, interval_seconds=0.02),
        Loop("settler", lambda: settle_once(jobs), interval_seconds=0.02),
    ]
    for loop in loops:
        loop.start()
        stack.callback(loop.join, 3)
        stack.callback(loop.request_stop)
    stack.callback(sink.stop)
    stack.callback(worker.stop, 1)
    worker.start()


def test_what_a_job_logged_is_read_with_level_time_and_fields(kiln: Kiln) -> None:
    job_id = kiln.fired(lines=1)

    first, last = kiln.items(job_id, "logs")

    assert (first["level"], first["message"], first["attempt"]) == ("info", "brick <b>fired</b>", 1)
    assert first["fields"] == {"number": 0, "api_key": "***"}
    assert (last["level"], last["message"], last["generation"]) == ("error", "out of wood", 1)


def test_lines_are_read_in_pages_and_by_attempt_and_level(kiln: Kiln) -> None:
    job_id = kiln.fired(lines=3)
    path = f"/api/v1/jobs/{job_id}/logs"

    first = kiln.client.get(path, params={"limit": 3}).json()
    last = kiln.client.get(path, params={"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [line["fields"].get("number") for line in (*first["items"], *last["items"])] == [0, 1, 2, None]
    assert (last["next_cursor"], last["left_out"], last["complete"]) == (None, 0, False)
    assert kiln.client.get(path, params={"cursor": last["tail_cursor"]}).json()["items"] == []
    assert [line["message"] for line in kiln.items(job_id, "logs?level=warning&attempt=1")] == ["out of wood"]
    assert kiln.items(job_id, "logs?attempt=2") == []


def test_what_happened_to_a_job_is_read_in_order(kiln: Kiln) -> None:
    job_id = kiln.fired()

    events = kiln.items(job_id, "events")
    page = kiln.client.get(f"/api/v1/jobs/{job_id}/events", params={"limit": 2}).json()

    assert [(event["event"], event["worker"]) for event in events] == [
        ("enqueued", None), ("started", "potter"), ("dead", "potter"),
    ]  # fmt: skip
    assert events[2]["reason"] == "ValueError: no wood"
    assert page["next_cursor"] == events[1]["id"]


def test_every_run_of_a_job_is_read_with_what_went_wrong_in_it(kiln: Kiln, capsys: pytest.CaptureFixture[str]) -> None:
    job_id = kiln.fired()
    eventually(lambda: kiln.items(job_id, "attempts"))

    (attempt,) = kiln.items(job_id, "attempts")

    assert (attempt["number"], attempt["generation"], attempt["worker"]) == (1, 1, "potter")
    assert attempt["outcome"] == "dead"
    error = attempt["error"]
    assert isinstance(error, dict)
    assert (error["type"], error["message"], error["reason"]) == ("ValueError", "no wood", "exhausted")
    assert "in fire" in error["traceback"]
    assert kiln.client.get(f"/api/v1/jobs/{job_id}/attempts").json()["crashes"] == 0
    assert cli.main(["job", "attempts", job_id]) == 0
    assert "ValueError: no wood" in capsys.readouterr().out
    read = kiln.client.get(f"/api/v1/jobs/{job_id}").json()
    assert (read["generation"], read["crashes"], read["wait_reason"]) == (1, 0, None)


def test_what_happened_in_a_queue_is_read_by_the_minute(kiln: Kiln, capsys: pytest.CaptureFixture[str]) -> None:
    kiln.fired()

    answer = kiln.client.get("/api/v1/queues/kiln-work/statistics", params={"minutes": 30, "step_minutes": 10}).json()

    total = answer["total"]
    assert (answer["service"], total["minutes"], len(answer["points"])) == ("kiln", 30, 3)
    assert total["started"] == total["failed"] == total["dead"] == total["runs"]["count"] >= 1
    assert total["runs"]["p50_ms"] <= total["runs"]["p99_ms"]
    assert kiln.client.get("/api/v1/queues/nowhere/statistics").json()["field"] == "queue"
    assert cli.main(["statistics", "kiln-work", "--minutes", "30"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 10 + 1


@pytest.mark.parametrize("what", ["logs", "events", "attempts"])
def test_an_unknown_job_is_not_found(kiln: Kiln, what: str) -> None:
    answer = kiln.client.get(f"/api/v1/jobs/{NOBODY}/{what}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("logs?level=loud", "level"),
        ("logs?attempt=0", "attempt"),
        ("logs?attempt=1.5", "attempt"),
        ("logs?limit=501", "limit"),
        ("logs?cursor=x", "cursor"),
        ("logs?follow=true", "follow"),
        ("logs?level=info&level=error", "level"),
        ("events?limit=0", "limit"),
        ("attempts?limit=0", "limit"),
        ("attempts?cursor=x", "cursor"),
        ("attempts?outcome=dead", "outcome"),
        ("../../queues/kiln-work/statistics?minutes=0", "minutes"),
        ("../../queues/kiln-work/statistics?minutes=20161", "minutes"),
        ("../../queues/kiln-work/statistics?minutes=10&step_minutes=11", "step_minutes"),
        ("events?cursor=x", "cursor"),
    ],
)
def test_bad_input_is_refused_by_field(kiln: Kiln, query: str, field: str) -> None:
    answer = kiln.client.get(f"/api/v1/jobs/{NOBODY}/{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_wrong_level_is_told_the_right_ones(kiln: Kiln) -> None:
    answer = kiln.client.get(f"/api/v1/jobs/{NOBODY}/logs?level=loud")

    assert answer.json()["allowed"] == ["debug", "info", "warning", "error", "critical"]


def test_the_command_line_shows_lines_and_events(kiln: Kiln, capsys: pytest.CaptureFixture[str]) -> None:
    job_id = kiln.fired(lines=2)

    assert cli.main(["job", "logs", "--limit", "2", job_id]) == 0
    shown = capsys.readouterr()
    words = [line.split() for line in shown.out.splitlines()]
    assert [each[1:] for each in words] == [
        ["1", "info", "brick", "<b>fired</b>", f"number={number}", 'api_key="***"'] for number in (0, 1)
    ]
    assert "more: --cursor " in shown.err

    assert cli.main(["job", "events", job_id]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [
        "event",
        "enqueued",
        "started",
        "dead",
    ]

    assert cli.main(["--json", "job", "logs", job_id, "--level", "error"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["message"] == "out of wood"


def test_the_command_line_follows_a_job_to_its_end(
    kiln: Kiln, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = kiln.fired(lines=1)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        """Between two questions the job has become old."""
        pauses.append(seconds)
        with kiln.database.unit_of_work() as work:
            work.driver.execute("UPDATE job SET finished_at = now() - interval '10 s' WHERE id = %s", [job_id])

    monkeypatch.setattr(job_history, "sleep", pause)

    assert cli.main(["job", "logs", "--follow", job_id]) == 0
    assert len(pauses) >= 1
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()] == ["info", "error"]


def test_the_command_line_tells_a_refusal(kiln: Kiln, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["job", "logs", "--follow", NOBODY]) == 1
    assert "no job" in capsys.readouterr().err
    assert cli.main(["job", "logs", NOBODY, "--level", "loud"]) == 1
    assert "allowed: debug, info" in capsys.readouterr().err
