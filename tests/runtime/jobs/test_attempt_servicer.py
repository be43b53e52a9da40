"""AttemptService over real gRPC: each run of a job with its worker, times, end and error, by pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from protos.jobs.v1 import attempts_pb2 as pb
from protos.jobs.v1 import attempts_pb2_grpc
from shared.errors import InvalidArgument, NotFound
from shared.jobs import JobContext, Snooze, attempt_servicer, seconds
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.steering import steering_servicers
from shared.rpc import Peers, RpcServer
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.site import TOKEN, refusal

NOBODY = "00000000-0000-4000-8000-000000000000"
Ask = Callable[..., Any]


@contextmanager
def served(bench: Bench) -> Iterator[Ask]:
    server = RpcServer(steering_servicers(bench.jobs), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    peers = Peers({"market-data": f"127.0.0.1:{server.start()}"}, TOKEN)
    stub: Any = peers.stub(attempts_pb2_grpc.AttemptServiceStub, "market-data")
    yield lambda job_id, **fields: stub.ListAttempts(pb.ListAttemptsRequest(id=job_id, **fields))
    peers.close()
    server.stop(0)


@pytest.fixture
def attempts(bench: Bench) -> Iterator[Ask]:
    with served(bench) as ask:
        yield ask


def lived(bench: Bench, *, writes_at_once: bool) -> str:
    """A job that failed, snoozed, lost its process, and is done."""

    def act(ctx: JobContext, args: Play) -> str:
        if len(bench.stage.runs) == 1:
            raise ValueError("no <b>coin</b>")
        if len(bench.stage.runs) == 2:
            raise Snooze(seconds(1))
        return "well"

    def write() -> None:
        bench.make_due()
        if not writes_at_once:
            bench.write_history()

    bench.stage.act = act
    job = bench.submit(7)
    for _ in range(2):
        bench.run()
        write()
    bench.claim()
    write()
    bench.expire_leases()
    reap_once(bench.jobs)
    write()
    bench.run()
    bench.write_history()
    bench.settle()
    return job.id


@pytest.mark.parametrize("writes_at_once", [True, False])
def test_every_run_is_told_with_its_number_end_and_error(bench: Bench, attempts: Ask, writes_at_once: bool) -> None:
    job_id = lived(bench, writes_at_once=writes_at_once)

    answer = attempts(job_id)

    assert [(each.number, each.generation, each.outcome) for each in answer.attempts] == [
        (1, 1, "failed"), (2, 1, "snoozed"), (2, 1, "crashed"), (2, 1, "completed"),
    ]  # fmt: skip
    assert (answer.crashes, answer.next_page_token) == (1, "")
    failed, *others = answer.attempts
    assert (failed.error.type, failed.error.message) == ("ValueError", "no <b>coin</b>")
    assert "in act" in failed.error.traceback
    assert not any(each.HasField("error") for each in others)
    assert {each.worker for each in answer.attempts} == {"by-hand"}
    assert all(each.started_at.ToMilliseconds() <= each.finished_at.ToMilliseconds() for each in answer.attempts)


def test_a_run_that_has_not_ended_has_no_end(bench: Bench, attempts: Ask) -> None:
    job = bench.submit(1)
    bench.claim()
    bench.write_history()

    (running,) = attempts(job.id).attempts

    assert (running.number, running.outcome, running.HasField("finished_at")) == (1, "", False)


def test_attempts_come_in_pages_that_neither_repeat_nor_leave_out(bench: Bench, attempts: Ask) -> None:
    job_id = lived(bench, writes_at_once=True)
    seen: list[str] = []
    token = ""
    for _ in range(4):
        page = attempts(job_id, page_size=1, page_token=token)
        seen.extend(each.outcome for each in page.attempts)
        token = page.next_page_token

    assert seen == ["failed", "snoozed", "crashed", "completed"]
    assert token == ""


def test_a_page_ends_before_its_message_is_too_long(
    bench: Bench, attempts: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_servicer, "PAGE_BYTES", 10)
    job_id = lived(bench, writes_at_once=True)

    page = attempts(job_id)

    assert [each.outcome for each in page.attempts] == ["failed"]
    assert attempts(job_id, page_token=page.next_page_token).attempts[0].outcome == "snoozed"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"page_size": 501}, "page_size"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "x"}, "page_token"),
        ({"page_token": "YXR0ZW1wdDoxOjI6Mw=="}, "page_token"),
        ({"page_token": "bG9nOjE6MjoyMDI2LTAxLTAx"}, "page_token"),
        ({"id": "7"}, "id"),
    ],
)
def test_bad_input_is_refused_by_field(attempts: Ask, fields: dict[str, Any], field: str) -> None:
    error = refusal(
        lambda: attempts(**({"job_id": NOBODY} | {("job_id" if k == "id" else k): v for k, v in fields.items()}))
    )

    assert isinstance(error, InvalidArgument)
    assert error.field == field


def test_an_unknown_job_is_not_found(attempts: Ask) -> None:
    assert isinstance(refusal(lambda: attempts(NOBODY)), NotFound)
