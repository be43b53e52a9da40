"""Owns what happens between ticks: buffered ticks get their turn, and failures stop a schedule.

It must never advance a schedule: firing does.
"""

from datetime import datetime

import sqlalchemy as sa
import structlog

from shared.db import UnitOfWork
from shared.jobs.crash_points import crash_point
from shared.jobs.ledger import ledger
from shared.jobs.ledger.records import Job
from shared.jobs.schedules.overlaps import Outcome, Standing, standing
from shared.jobs.schedules.rows import COLUMNS, ScheduleRow, readable
from shared.jobs.schedules.ticking import Tick, check_again, encode, made, meet, opened, states_of
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 200

_TO_CHECK = sa.text(f"""
SELECT {COLUMNS}, date_trunc('milliseconds', clock_timestamp()) AS now
FROM schedule WHERE is_enabled AND stopped_at IS NULL AND check_at IS NOT NULL AND check_at <= now()
ORDER BY check_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
""")  # noqa: S608  # constants of this package
_OLDEST_BUFFERED = sa.text("""
SELECT tick FROM schedule_tick WHERE schedule = :name AND outcome = 'buffered' ORDER BY tick LIMIT 1
""")
_TAKE = sa.text("""
UPDATE schedule_tick SET outcome = :outcome, job_id = CAST(:job_id AS uuid), reason = :reason,
                         fired_at = clock_timestamp()
WHERE schedule = :name AND tick = :tick AND outcome = 'buffered'
""")
_NOTE = sa.text("""
UPDATE schedule SET failures = s.failures, open_jobs = s.open_jobs, buffered = s.buffered, check_at = s.check_at,
  last_run_at = greatest(s.tick, schedule.last_run_at), last_fired_at = coalesce(s.fired_at, schedule.last_fired_at),
  last_job_id = coalesce(s.job_id, schedule.last_job_id), stopped_at = s.stopped_at, stop_reason = s.stop_reason
FROM json_to_recordset(CAST(:batch AS json))
  AS s (name text, failures integer, open_jobs uuid[], buffered integer, check_at timestamptz, tick timestamptz,
        fired_at timestamptz, job_id uuid, stopped_at timestamptz, stop_reason text)
WHERE schedule.name = s.name
""")


def follow_once(jobs: Jobs) -> bool:
    """Look at one batch of schedules whose jobs matter to them; True when there may be more."""
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        found = work.connection.execute(_TO_CHECK).all()
        if not found:
            return False
        now: datetime = found[0].now
        rows = [row for raw in found if (row := readable(work, raw)) is not None]
        states = states_of(work, rows)
        begun: list[Job] = []
        batch = [_followed(jobs, work, row, standing(row, states), now, begun) for row in rows]
        work.connection.execute(_NOTE, {"batch": encode(batch)})
        crash_point("follow.opened")
        if begun:
            work.after_commit(lambda: jobs.push(begun, deadline_ms=deadline_ms))
    return len(found) == BATCH


def _followed(
    jobs: Jobs, work: UnitOfWork, row: ScheduleRow, stands: Standing, now: datetime, begun: list[Job]
) -> dict[str, object]:
    """Where a schedule stands after a look at its jobs; what it may begin now is added to `begun`."""
    schedule, fired, buffered, failures = row.schedule, None, row.buffered, stands.failures
    is_failing = stands.is_failing(schedule.pause_after)
    if buffered and not stands.live and not is_failing:
        tick = _next_buffered(jobs, work, row)
        buffered = 0 if tick is None else buffered - 1
        if tick is not None and tick.submission is not None:
            fired = tick
            if not tick.submission.is_keyed:
                begun += ledger.open_jobs(work, [tick.submission])
        elif tick is not None and tick.outcome is Outcome.REFUSED:
            failures += 1
    open_jobs = opened(stands.live, [fired] if fired else [])
    is_watched = bool(buffered) or (schedule.pause_after is not None and bool(open_jobs))
    if is_failing:
        log.error("schedule stopped after failures", schedule=schedule.name, failures=failures)
    return {
        "name": schedule.name,
        "failures": failures,
        "open_jobs": open_jobs,
        "buffered": buffered,
        "check_at": check_again(now, since=now if fired else row.last_fired_at) if is_watched else None,
        "tick": fired.at if fired else None,
        "fired_at": now if fired else None,
        "job_id": fired.submission.id if fired and fired.submission else None,
        "stopped_at": now if is_failing else None,
        "stop_reason": f"{failures} of its jobs in a row failed" if is_failing else "",
    }


def _next_buffered(jobs: Jobs, work: UnitOfWork, row: ScheduleRow) -> Tick | None:
    """The oldest tick that waits, with the job it gets now; None when none is left."""
    name = row.schedule.name
    oldest = work.connection.execute(_OLDEST_BUFFERED, {"name": name}).one_or_none()
    if oldest is None:
        return None
    tick = made(jobs, row, oldest.tick)
    job_id = tick.submission.id if tick.submission else None
    if tick.submission is not None and tick.submission.is_keyed:
        ((tick, job),) = meet(jobs, work, [tick], deadline_ms=jobs.push_deadline())
        job_id = job.id
    values = {"outcome": tick.outcome.value, "job_id": job_id, "reason": tick.reason}
    work.connection.execute(_TAKE, {"name": name, "tick": oldest.tick, **values})
    if tick.outcome is Outcome.REFUSED:
        log.error("schedule cannot be submitted", schedule=name, error=tick.reason)
    return tick
