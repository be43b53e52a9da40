"""Owns change: another priority, time or queue for a job that waits; the row first, then its entry (rule 14).

It must never move a job that runs.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog

from shared import clock
from shared.errors import InvalidArgument
from shared.jobs.admission import check_move
from shared.jobs.control.subjects import overtaken, queues_of, subject
from shared.jobs.control_scripts import ControlScripts, Move, control_of
from shared.jobs.ledger import commands, ledger
from shared.jobs.ledger.commands import ChangedRow, PendingChange
from shared.jobs.ledger.records import Job
from shared.jobs.live import get_job
from shared.jobs.messages import push_of
from shared.jobs.states import State, Verb
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 100
_ABSENT, _RUNS = 0, -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What shall be different; None leaves a thing as it is. `is_now` makes a waiting job due at once."""

    priority: int | None = None
    queue: str | None = None
    scheduled_for: datetime | None = None
    is_now: bool = False


def change(jobs: Jobs, job_id: str, wanted: Change) -> Job:
    """Change a waiting job; answered once the index has it.

    Raises:
        NotFound, WrongState: there is no such job, or it runs, has ended or waits for parents.
        InvalidArgument, UnknownQueue: nothing was written.
        StoreUnavailable: a store did not answer; what was committed is taken by the index when Redis is back.
    """
    _check(jobs, wanted)
    seen = subject(jobs, job_id, Verb.CHANGE)
    pending, state = _pending(seen, wanted)
    now_ms = jobs.scripts.time_ms()  # first, so that nothing is written that the index could not take now
    with jobs.database.unit_of_work() as work:
        changed = commands.change(work, seen, pending, state=state, now_ms=now_ms)
    if changed is None:
        return overtaken(jobs, job_id, Verb.CHANGE)
    _apply(jobs, job_id)
    return get_job(jobs, job_id) or changed


def apply_changes(jobs: Jobs) -> bool:
    """Let the index take changes whose caller died between commit and copy; True when there may be more."""
    return _apply(jobs, None) == BATCH


def _check(jobs: Jobs, wanted: Change) -> None:
    if wanted == Change():
        raise InvalidArgument(
            "nothing is asked for; give at least one of these", field="change",
            allowed=["priority", "queue", "scheduled_for", "run_now"],
        )  # fmt: skip
    if wanted.is_now and wanted.scheduled_for is not None:
        raise InvalidArgument("run_now and scheduled_for exclude each other", field="scheduled_for")
    check_move(jobs.catalogue, queue=wanted.queue, priority=wanted.priority, scheduled_for=wanted.scheduled_for)


def _pending(seen: Job, wanted: Change) -> tuple[PendingChange, State]:
    """The change as its row keeps it, and the state that follows from it."""
    due_ms, state = -1, seen.state
    if wanted.is_now or (wanted.scheduled_for is not None and wanted.scheduled_for <= clock.now()):
        due_ms, state = 0, State.QUEUED
    elif wanted.scheduled_for is not None:
        due_ms = clock.epoch_ms(wanted.scheduled_for)
        state = State.SCHEDULED if state is State.QUEUED else state
    return PendingChange(priority=wanted.priority or 0, queue=wanted.queue or "", due_ms=due_ms), state


def _apply(jobs: Jobs, job_id: str | None) -> int:
    """Copy committed changes into the index under their rows' locks; how many rows were looked at."""
    control = control_of(jobs.scripts)
    with jobs.database.unit_of_work() as work:
        rows = commands.lock_changed(work, limit=BATCH, job_id=job_id)
        for row in rows:
            status = _copy(jobs, control, row)
            if status == _RUNS:
                # It started in between: priority and queue hold from its next wait on, its time has come already.
                left = msgspec.structs.replace(row.change, due_ms=-1)
                commands.keep_change(work, row.job.id, None if left == PendingChange() else left)
            elif status == _ABSENT:
                ready = jobs.scripts.enqueue([push_of(row.job, must_check=True)], deadline_ms=0)[0] >= 0
                if ready:
                    ledger.stamp_pushed(work, [row.job.id])
                    commands.keep_change(work, row.job.id, None)
            else:
                commands.keep_change(work, row.job.id, None)
    return len(rows)


def _copy(jobs: Jobs, control: ControlScripts, row: ChangedRow) -> int:
    wanted = row.change
    move = Move(priority=wanted.priority, due_ms=wanted.due_ms, queue=wanted.queue)
    return control.change(row.job.id, row.job.generation, move, queues=queues_of(jobs, row.job.queue))
