"""Owns the deletion of finished jobs on request: one, or those of a queue that ended long ago.

It must never delete a live one.
"""

from dataclasses import dataclass
from datetime import timedelta

from shared import clock
from shared.errors import InvalidArgument
from shared.jobs.control.subjects import known_queue, overtaken, subject
from shared.jobs.ledger import commands
from shared.jobs.states import ASKABLE, State, Verb
from shared.jobs.submission import Jobs

CLEAN_MAX = 10_000
CLEAN_BATCH = 1_000
#: A call ends about here, with `has_more`, so that its caller does not give up on it.
CLEAN_SECONDS = 2.0
AGE_MAX = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many were (or would be) deleted, and whether there are more."""

    jobs: int
    has_more: bool


def remove(jobs: Jobs, job_id: str) -> None:
    """Delete a finished job with its history. Raises NotFound, WrongState for a live one: cancel it first."""
    subject(jobs, job_id, Verb.REMOVE)
    with jobs.database.unit_of_work() as work:
        is_gone = commands.remove(work, job_id)
    if not is_gone:
        overtaken(jobs, job_id, Verb.REMOVE)


def clean(
    jobs: Jobs, queue: str, state: State, *, older_than: timedelta, limit: int = 1_000, is_dry: bool = False
) -> Cleaned:
    """Delete, or only count, up to `limit` finished jobs of a queue, batch by batch, each a transaction."""
    known_queue(jobs, queue)
    if state not in ASKABLE[Verb.CLEAN]:
        allowed = [str(known) for known in State if known in ASKABLE[Verb.CLEAN]]
        raise InvalidArgument(f"state must be a final one, got {state}", field="state", allowed=allowed)
    if not timedelta(0) <= older_than <= AGE_MAX:
        raise InvalidArgument("older_than must be from 0 to 10 years", field="older_than_ms")
    if not 1 <= limit <= CLEAN_MAX:
        raise InvalidArgument(f"limit must be from 1 to {CLEAN_MAX:,}, got {limit}", field="limit")
    if is_dry:
        with jobs.database.unit_of_work() as work:
            found = commands.count_final(work, queue, state, older_than=older_than, limit=limit + 1)
        return Cleaned(min(found, limit), found > limit)
    deleted, give_up_at = 0, clock.monotonic() + CLEAN_SECONDS
    while deleted < limit and clock.monotonic() < give_up_at:
        size = min(CLEAN_BATCH, limit - deleted)
        with jobs.database.unit_of_work() as work:
            gone = commands.clean(work, queue, state, older_than=older_than, limit=size)
        deleted += gone
        if gone < size:
            return Cleaned(deleted, has_more=False)
    return Cleaned(deleted, has_more=True)
