"""Owns laying the live entry over a ledger row, for readers who want to know now.

It must never invent a final state.
"""

from dataclasses import replace

import msgspec

from shared.clock import from_epoch_ms
from shared.errors import StoreUnavailable
from shared.jobs.connection import store_errors
from shared.jobs.ledger import queries
from shared.jobs.ledger.records import Job, OutcomeRecord
from shared.jobs.states import FINAL, State
from shared.jobs.submission import Jobs

_unpack = msgspec.msgpack.Decoder().decode
_outcome = msgspec.json.Decoder(OutcomeRecord)


def get_job(jobs: Jobs, job_id: str) -> Job | None:
    """One job as it is now: the row, and over it the entry of the same generation while the row is live.

    Without Redis the row alone is answered: it may lag two seconds.
    """
    with jobs.database.unit_of_work() as work:
        job = queries.get(work, job_id)
    if job is None or job.state in FINAL:
        return job
    try:
        with store_errors():
            packed = jobs.scripts.client.hget(jobs.scripts.keys.of("jobs"), job_id)
            outcome = jobs.scripts.client.hget(jobs.scripts.keys.of("outcomes"), job_id)
    except StoreUnavailable:
        return job
    record = _unpack(packed) if packed else None
    if record is None or record[0] != job.generation or record[1] == "tomb":
        return _again(jobs, job)
    return _with_outcome(job, _outcome.decode(outcome)) if outcome else _overlay(job, record)


def _again(jobs: Jobs, job: Job) -> Job:
    """No entry: the job may have ended between the two reads, so the row has the last word."""
    with jobs.database.unit_of_work() as work:
        return queries.get(work, job.id) or job


def _overlay(job: Job, record: list[object]) -> Job:
    state = State(str(record[1]))
    due, started, progress = int(float(str(record[10]))), int(float(str(record[11]))), str(record[16])
    return replace(
        job,
        state=state,
        attempts_made=int(str(record[6])),
        crashes=int(str(record[8])),
        scheduled_for=from_epoch_ms(due) if due and state in (State.SCHEDULED, State.RETRYING) else job.scheduled_for,
        started_at=from_epoch_ms(started) if started else job.started_at,
        wait_reason=str(record[17]) if state is State.SCHEDULED else "",
        progress=msgspec.json.decode(progress) if progress else job.progress,
    )


def _with_outcome(job: Job, outcome: OutcomeRecord) -> Job:
    return replace(
        job,
        state=State(outcome.state),
        attempts_made=outcome.attempts,
        crashes=outcome.crashes,
        result=msgspec.json.decode(outcome.result) if outcome.state == State.COMPLETED else None,
        error=outcome.error,
        started_at=from_epoch_ms(outcome.started) if outcome.started else job.started_at,
        finished_at=from_epoch_ms(outcome.finished),
        wait_reason="",
    )
