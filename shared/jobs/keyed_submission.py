"""Owns what follows from opening jobs by their keys: answers, pushes, moves. It must never push before the commit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from shared import clock
from shared.db import UnitOfWork
from shared.errors import StoreUnavailable
from shared.jobs.control_scripts import Move, control_of
from shared.jobs.keyed_opening import open_keyed
from shared.jobs.ledger import idempotency
from shared.jobs.ledger.records import Job, Submission
from shared.jobs.messages import pushes_of

if TYPE_CHECKING:
    from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)


def submit_keyed(
    jobs: "Jobs", work: UnitOfWork, submissions: Sequence[Submission], deadline_ms: int | None
) -> list[Job]:
    """Open these in the caller's transaction, or find who their keys mean; after its commit the index is told."""
    opened = open_keyed(work, submissions, jobs)
    if submissions[0].idempotency_key is not None and opened.jobs[0].already_existed:
        idempotency.answer_key(work, submissions[0], opened.jobs[0].id)

    def tell() -> None:
        pushes = [*pushes_of(opened.fresh), *pushes_of(opened.fresh_asking, must_check=True)]
        if pushes:
            jobs.send(pushes, deadline_ms=deadline_ms)
        for job in opened.postponed:
            _postpone(jobs, job)

    work.after_commit(tell)
    return opened.jobs


def _postpone(jobs: "Jobs", job: Job) -> None:
    """Move the entry to its new time; where that fails, its start asks the row and waits for the rest."""
    if job.scheduled_for is None:
        return
    move = Move(due_ms=clock.epoch_ms(job.scheduled_for))
    queues = sorted({*jobs.catalogue.queues, job.queue})
    try:
        control_of(jobs.scripts).change(job.id, job.generation, move, queues=queues)
    except StoreUnavailable as error:
        log.warning("a debounced job keeps its time in the index", job_id=job.id, error=str(error))
