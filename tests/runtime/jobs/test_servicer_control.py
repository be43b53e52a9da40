"""JobService's verbs over a real wire: what is asked arrives whole, and a refusal tells the state."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import jobs_pb2 as pb
from shared.errors import InvalidArgument, NotFound, WrongState
from tests.runtime.jobs.site import Site, refusal


def test_a_job_is_changed_cancelled_requeued_and_deleted(site: Site) -> None:
    job_id = site.submit().job.id
    when = Timestamp()
    when.GetCurrentTime()
    when.seconds += 600

    later = site.stub.UpdateJob(pb.UpdateJobRequest(id=job_id, priority=1, queue="side", scheduled_for=when)).job
    soon = site.stub.UpdateJob(pb.UpdateJobRequest(id=job_id, run_now=True)).job
    cancelled = site.stub.CancelJob(pb.CancelJobRequest(id=job_id, reason="no")).job
    again = site.stub.RequeueJob(pb.RequeueJobRequest(id=job_id)).job
    site.stub.CancelJob(pb.CancelJobRequest(id=job_id))
    site.stub.DeleteJob(pb.DeleteJobRequest(id=job_id))

    assert (later.state, later.priority, later.queue) == (pb.JOB_STATE_SCHEDULED, 1, "side")
    assert soon.state == pb.JOB_STATE_QUEUED
    assert (cancelled.state, cancelled.error.message) == (pb.JOB_STATE_CANCELLED, "no")
    assert (again.state, again.generation) == (pb.JOB_STATE_QUEUED, 2)
    assert type(refusal(lambda: site.get(job_id))) is NotFound


def test_a_refusal_tells_the_state_and_what_would_do(site: Site) -> None:
    job_id = site.submit().job.id
    site.bench.run()
    site.bench.settle()

    error = refusal(lambda: site.stub.CancelJob(pb.CancelJobRequest(id=job_id)))

    assert type(error) is WrongState
    assert error.state == "completed"
    assert set(error.allowed) == {"scheduled", "blocked", "queued", "running", "retrying", "cancelled"}


def test_a_queue_is_paused_resumed_limited_drained_and_cleaned(site: Site) -> None:
    site.submit()

    paused = site.stub.PauseQueue(pb.PauseQueueRequest(queue="work")).queue
    resumed = site.stub.ResumeQueue(pb.ResumeQueueRequest(queue="work")).queue
    limited = site.stub.UpdateQueue(pb.UpdateQueueRequest(queue="work", max_running=3, rate_limit=10)).queue
    preview = site.stub.DrainQueue(pb.DrainQueueRequest(queue="work", dry_run=True))
    drained = site.stub.DrainQueue(pb.DrainQueueRequest(queue="work", reason="flood"))
    cleaned = site.stub.CleanQueue(pb.CleanQueueRequest(queue="work", state="JOB_STATE_CANCELLED"))

    assert (paused.paused, resumed.paused, resumed.slots) == (True, False, 4)
    assert (limited.max_running, limited.rate_limit, limited.rate_window_ms) == (3, 10, 60_000)
    assert (preview.jobs, drained.jobs, cleaned.jobs) == (1, 1, 1)


@pytest.mark.parametrize(
    ("method", "request_of", "field"),
    [
        ("CancelJob", pb.CancelJobRequest(id="7"), "id"),
        ("UpdateJob", pb.UpdateJobRequest(id="5b1f7a52-8e4e-4f3b-9c57-2a9d0f1c7d11"), "change"),
        ("PauseQueue", pb.PauseQueueRequest(), "queue"),
        ("UpdateQueue", pb.UpdateQueueRequest(queue="work"), "settings"),
        ("DrainQueue", pb.DrainQueueRequest(queue="work"), "reason"),
        ("DrainQueue", pb.DrainQueueRequest(queue="work", reason="r", limit=-1), "limit"),
        ("CleanQueue", pb.CleanQueueRequest(queue="work"), "state"),
        (
            "CleanQueue",
            pb.CleanQueueRequest(queue="work", state="JOB_STATE_DEAD", older_than_ms=2**62),
            "older_than_ms",
        ),
    ],
)
def test_a_bad_request_names_its_field(site: Site, method: str, request_of: Any, field: str) -> None:
    error = refusal(lambda: getattr(site.stub, method)(request_of))

    assert isinstance(error, InvalidArgument)
    assert error.field == field
