"""Owns laying the live entry over a ledger row, for readers who want to know now.

It must never invent a final state.
"""

import msgspec
from msgspec.structs import replace

from shared.clock import from_epoch_ms
from shared.errors import StoreUnavailable
from shared.jobs.entries import Entry
from shared.jobs.index_reads import encoded_outcomes, entries_of
from shared.jobs.ledger import queries
from shared.jobs.ledger.records import Job, OutcomeRecord
from shared.jobs.results import told
from shared.jobs.states import FINAL, State
from shared.jobs.submission import Jobs

_outcome = msgspec.json.Decoder(OutcomeRecord)


def get_job(jobs: Jobs, job_id: str) -> Job | None:
    """One job as it is now: the row, and over it the entry of the same generation while the row is live.

    Without Redis the row alone is answered: it may lag two seconds.
    """
    with jobs.database.unit_of_work() as work:
        job = queries.get(work, job_id)
    if job is None or job.state in FINAL:
        return None if job is None else told(job)
    try:
        [entry] = entries_of(jobs.scripts, [job_id])
        [outcome] = encoded_outcomes(jobs.scripts, [job_id])
    except StoreUnavailable:
        return job
    if entry is None or entry.generation != job.generation or entry.is_tomb:
        return _again(jobs, job)
    return _with_outcome(job, _outcome.decode(outcome)) if outcome else _overlay(job, entry)


def _again(jobs: Jobs, job: Job) -> Job:
    """No entry: the job may have ended between the two reads, so the row has the last word."""
    with jobs.database.unit_of_work() as work:
        return told(queries.get(work, job.id) or job)


def _overlay(job: Job, entry: Entry) -> Job:
    state = State(entry.state)
    is_waiting = state in (State.SCHEDULED, State.RETRYING)
    return replace(
        job,
        state=state,
        attempts_made=entry.attempts,
        crashes=entry.crashes,
        scheduled_for=from_epoch_ms(entry.due) if entry.due and is_waiting else job.scheduled_for,
        started_at=from_epoch_ms(entry.started) if entry.started else job.started_at,
        wait_reason=entry.wait_reason if state is State.SCHEDULED or entry.parked else "",
        progress=msgspec.json.decode(entry.progress) if entry.progress else job.progress,
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
