"""Owns the end of jobs whose time is over while they wait. It must never end one that runs: its worker does."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
import structlog

from shared.db import UnitOfWork
from shared.errors import StoreUnavailable
from shared.jobs.control.subjects import queues_of
from shared.jobs.control_scripts import Gone, control_of
from shared.jobs.index_reads import entries_of
from shared.jobs.states import State
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 200
#: How soon one that runs past its deadline is looked at again: its worker may have died.
AGAIN_SECONDS = 5.0
LONGEST_PAUSE = 5.0

#: Due limits with their rows, both locked; those that somebody else is at are his.
_DUE = sa.text("""
SELECT l.job_id::text AS id, job.generation, job.queue, job.name, job.state, job.attempts_made,
       coalesce(job.finished_at IS NULL AND job.id IS NOT NULL, FALSE) AS is_live,
       l.expires_at <= clock_timestamp() AS is_late, l.deadline_at <= clock_timestamp() AS is_over, l.queue_ttl_ms,
       clock_timestamp() AS at
FROM job_limit AS l LEFT JOIN job ON job.id = l.job_id
WHERE l.look_at <= clock_timestamp() ORDER BY l.look_at LIMIT :limit FOR UPDATE OF l SKIP LOCKED
""")
_END = sa.text("""
UPDATE job SET state = :state, finished_at = clock_timestamp(), wait_reason = '', pending_change = NULL,
               error = CAST(:error AS jsonb)
WHERE id = CAST(:id AS uuid) AND generation = :generation AND finished_at IS NULL
RETURNING is_awaited
""")
_LATER = sa.text("""
UPDATE job_limit SET expires_at = CASE WHEN :has_begun THEN NULL ELSE coalesce(:expires_at, expires_at) END,
  look_at = CASE WHEN :has_begun AND deadline_at > clock_timestamp() THEN deadline_at
                 ELSE greatest(least(coalesce(:expires_at, expires_at), deadline_at),
                               clock_timestamp() + make_interval(secs => :seconds)) END
WHERE job_id = CAST(:id AS uuid)
""").bindparams(sa.bindparam("expires_at", type_=sa.DateTime(timezone=True)))
_NEXT = sa.text("SELECT extract(epoch FROM min(look_at) - clock_timestamp()) FROM job_limit")


@dataclass(frozen=True, slots=True)
class _Ended:
    """A job that was ended, and how its entry shall go."""

    id: str
    generation: int
    queue: str
    name: str
    state: State
    is_awaited: bool


def expire_once(jobs: Jobs) -> bool:
    """End a batch of jobs that waited too long; True when there may be more."""
    with jobs.database.unit_of_work() as work:
        rows = work.connection.execute(_DUE, {"limit": BATCH}).all()
        if not rows:
            return False
        entries = _entries(jobs, [row.id for row in rows])
        ended = [one for row in rows if (one := _see_to(work, row, entries.get(row.id))) is not None]
        jobs.ended(work, [(one.id, one.state) for one in ended if one.is_awaited])
    _withdraw(jobs, ended)
    return len(rows) >= BATCH


def seconds_to_next(jobs: Jobs) -> float:
    """How long until the next job's time is over, at most five seconds: one that is due sooner may be submitted."""
    with jobs.database.unit_of_work() as work:
        left = work.connection.execute(_NEXT).scalar()
    return LONGEST_PAUSE / 5 if left is None else min(max(float(left), 0.05), LONGEST_PAUSE / 5)


def _entries(jobs: Jobs, ids: list[str]) -> dict[str, tuple[str, int, int]]:
    """id -> (state, attempts, due) of what the index has of them."""
    entries = zip(ids, entries_of(jobs.scripts, ids), strict=True)
    return {
        job_id: (one.state, one.attempts, one.due) for job_id, one in entries if one is not None and not one.is_tomb
    }


def _see_to(work: UnitOfWork, row: sa.Row[tuple[object, ...]], entry: tuple[str, int, int] | None) -> _Ended | None:
    """End one job, or say when to look at it again."""
    if not row.is_live:
        work.connection.execute(sa.text("DELETE FROM job_limit WHERE job_id = CAST(:id AS uuid)"), {"id": row.id})
        return None
    state, attempts, due_ms = entry or (row.state, row.attempts_made, 0)
    has_begun = attempts > 0 or state == State.RUNNING
    if state == State.RUNNING:
        _later(work, row, has_begun=True, seconds=AGAIN_SECONDS)
        return None
    if row.is_over:
        return _end(work, row, State.DEAD if has_begun else State.EXPIRED, "deadline", "its deadline passed")
    if has_begun or not row.is_late:
        _later(work, row, has_begun=has_begun)
        return None
    now_ms = row.at.timestamp() * 1000
    if (state == State.SCHEDULED and due_ms > now_ms) or state == State.BLOCKED:
        starts_ms = max(due_ms, now_ms) + row.queue_ttl_ms
        _later(work, row, expires_at=datetime.fromtimestamp(starts_ms / 1000, row.at.tzinfo))
        return None
    return _end(work, row, State.EXPIRED, "queue_ttl", f"it did not begin within {row.queue_ttl_ms / 1000:g} s")


def _later(
    work: UnitOfWork,
    row: sa.Row[tuple[object, ...]],
    *,
    has_begun: bool = False,
    expires_at: datetime | None = None,
    seconds: float = 0.0,
) -> None:
    values = {"id": row.id, "has_begun": has_begun, "expires_at": expires_at, "seconds": seconds}
    work.connection.execute(_LATER, values)


def _end(work: UnitOfWork, row: sa.Row[tuple[object, ...]], state: State, reason: str, message: str) -> _Ended:
    error = {"type": "JobExpired", "message": message, "traceback": "", "reason": reason}
    values = {"id": row.id, "generation": row.generation, "state": str(state)}
    is_awaited = work.connection.execute(_END, {**values, "error": msgspec.json.encode(error).decode()}).scalar()
    work.connection.execute(sa.text("DELETE FROM job_limit WHERE job_id = CAST(:id AS uuid)"), {"id": row.id})
    log.warning("job expired", job_id=row.id, queue=row.queue, state=str(state), reason=reason)
    return _Ended(row.id, row.generation, row.queue, row.name, state, bool(is_awaited))


def _withdraw(jobs: Jobs, ended: list[_Ended]) -> None:
    """Take their entries out of the index; what is missed now, the reconciler finds."""
    control = control_of(jobs.scripts)
    try:
        for state in (State.EXPIRED, State.DEAD):
            of_state = [one for one in ended if one.state is state]
            if of_state:
                queues = queues_of(jobs, *(one.queue for one in of_state))
                gone = [Gone(one.id, one.generation, one.queue, one.name) for one in of_state]
                control.cancel(gone, queues=queues, kind=str(state))
    except StoreUnavailable as error:
        log.warning("entries of expired jobs left to the reconciler", jobs=len(ended), error=str(error))
