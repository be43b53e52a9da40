"""Owns cancel: the row first, then the entry, then word to whoever runs it (rule 15).

It must never take a live lease away.
"""

from collections.abc import Sequence

import structlog

from shared.db import UnitOfWork
from shared.errors import StoreUnavailable
from shared.jobs.control.subjects import checked_reason, overtaken, queues_of, subject
from shared.jobs.control_scripts import CANCEL_BATCH, Gone, control_of
from shared.jobs.ledger import commands
from shared.jobs.ledger.records import Job
from shared.jobs.pushing import batches
from shared.jobs.states import State, Verb
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)


def cancel(jobs: Jobs, job_id: str, *, reason: str = "") -> Job:
    """End a live job as cancelled, for good; a running one is interrupted within a second. Safe to repeat.

    Raises NotFound, WrongState for a job that has ended otherwise.
    """
    reason = checked_reason(reason)
    job = subject(jobs, job_id, Verb.CANCEL)
    if job.state is State.CANCELLED:
        return job
    with jobs.database.unit_of_work() as work:
        cancelled = cancel_rows(jobs, work, [job_id], reason=reason or "cancelled by a person")
    if not cancelled:
        return overtaken(jobs, job_id, Verb.CANCEL)
    withdraw(jobs, cancelled)
    return cancelled[0]


def cancel_rows(jobs: Jobs, work: UnitOfWork, ids: Sequence[str], *, reason: str) -> list[Job]:
    """Make live rows cancelled, with what follows for those that wait for them; returns those that were live.

    Once the transaction is committed their entries are to be withdrawn.
    """
    cancelled = commands.cancel(work, ids, reason=reason)
    jobs.ended(work, [(job.id, job.state) for job in cancelled if job.is_awaited])
    return cancelled


def withdraw(jobs: Jobs, cancelled: Sequence[Job]) -> None:
    """Take entries of cancelled rows out of the index; what is missed now, the reconciler finds."""
    control = control_of(jobs.scripts)
    try:
        for batch in batches(cancelled, CANCEL_BATCH):
            queues = queues_of(jobs, *(job.queue for job in batch))
            control.cancel([Gone(job.id, job.generation, job.queue, job.name) for job in batch], queues=queues)
    except StoreUnavailable as error:
        log.warning("entries of cancelled jobs left to the reconciler", jobs=len(cancelled), error=str(error))
