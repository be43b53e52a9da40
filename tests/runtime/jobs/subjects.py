"""Owns jobs that have come into a given state, for the tests of what people may ask of them.

It must never hold a promise of its own.
"""

from datetime import timedelta

from shared import clock
from shared.jobs import JobContext, Unrecoverable
from shared.jobs.control.cancellations import cancel
from shared.jobs.live import get_job
from tests.runtime.jobs.sample import Bench, Play


def fail(_ctx: JobContext, _args: Play) -> None:
    raise RuntimeError("no luck")


def give_up(_ctx: JobContext, _args: Play) -> None:
    raise Unrecoverable("never")


def job_in(bench: Bench, state: str) -> str:
    """A job that has come into this state on the usual way, where there is one."""
    later = clock.now() + timedelta(minutes=5)
    job_id = bench.submit(1, scheduled_for=later if state == "scheduled" else None).id
    if state in ("retrying", "completed", "dead"):
        bench.stage.act = {"retrying": fail, "dead": give_up}.get(state, bench.stage.act)
        bench.run()
        bench.settle()
    elif state == "running":
        bench.claim()
    elif state == "cancelled":
        cancel(bench.jobs, job_id)
    elif state in ("blocked", "expired"):
        bench.scripts.drop(job_id, "work", generation=1)
        ended = ", finished_at = now()" if state == "expired" else ""
        bench.sql(f"UPDATE job SET state = :state{ended} WHERE id = :id", state=state, id=job_id)
    found = get_job(bench.jobs, job_id)
    assert found is not None
    assert found.state == state
    return job_id
