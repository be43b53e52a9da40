"""Owns turning due schedules into jobs: tick, job and next run are one transaction. It must never fire from memory."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.db import UnitOfWork
from shared.errors import Rejected
from shared.jobs.admission import Request, prepare
from shared.jobs.crash_points import crash_point
from shared.jobs.ledger import ledger
from shared.jobs.ledger.records import Submission
from shared.jobs.schedules.declaration import every_of, last_run, next_run
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 200
#: Of ticks missed within this the newest is run; when it is longer ago, one job stands for all of them, now
#: (misfire policy fire_once, 1 hour).
MISFIRE_WINDOW = timedelta(hours=1)

_DUE = sa.text("""
SELECT name, job, args, cron, every_ms, timezone, next_run_at, date_trunc('milliseconds', clock_timestamp()) AS now
FROM schedule WHERE is_enabled AND next_run_at <= clock_timestamp()
ORDER BY next_run_at LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_TICK = sa.text("""
INSERT INTO schedule_tick (schedule, tick, job_id) VALUES (:schedule, :tick, :job_id) ON CONFLICT DO NOTHING
""")
_ADVANCE = sa.text("""
UPDATE schedule SET next_run_at = :next_run_at, last_run_at = :tick WHERE name = :name
""")


def fire_once(jobs: Jobs) -> bool:
    """Fire one batch of due schedules; N schedulers fire each tick once, by its unique row (rule 15)."""
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        due = work.connection.execute(_DUE, {"limit": BATCH}).all()
        submissions = [made for row in due if (made := _tick(jobs, work, row)) is not None]
        if submissions:
            opened = ledger.open_jobs(work, submissions)
            crash_point("fire.opened")
            work.after_commit(lambda: jobs.push(opened, deadline_ms=deadline_ms))
    crash_point("fire.fired")
    metrics.SCHEDULE_FIRED.labels(service=jobs.service).inc(len(submissions))
    return len(due) == BATCH


def _tick(jobs: Jobs, work: UnitOfWork, row: Any) -> Submission | None:
    every = every_of(row.every_ms)

    def following(after: datetime) -> datetime | None:
        return next_run(cron=row.cron, every=every, timezone=row.timezone, after=after)

    since = row.next_run_at
    is_late = row.now - since > MISFIRE_WINDOW
    tick = row.now if is_late else last_run(since, until=row.now, following=following)
    # However many ticks were missed, one job stands for them: the grid goes on from now.
    work.connection.execute(_ADVANCE, {"name": row.name, "tick": tick, "next_run_at": following(row.now)})
    metrics.SCHEDULE_LAG_SECONDS.labels(service=jobs.service).set((row.now - since).total_seconds())
    if tick != since:
        log.warning("missed ticks; one job stands for them", schedule=row.name, since=str(since), tick=str(tick))
    try:
        submission = prepare(jobs.catalogue, row.job, dict(row.args), request=Request(tick=tick))
    except Rejected as error:
        log.error("schedule cannot be submitted", schedule=row.name, error=str(error))
        return None
    taken = work.connection.execute(_TICK, {"schedule": row.name, "tick": tick, "job_id": submission.id})
    crash_point("fire.ticked")
    return submission if taken.rowcount else None


def seconds_to_next(jobs: Jobs, *, at_most: float) -> float:
    """How long until some schedule is due, by PostgreSQL's clock."""
    with jobs.database.unit_of_work() as work:
        wait = work.connection.execute(
            sa.text(
                "SELECT extract(epoch FROM min(next_run_at) - clock_timestamp())::float8 FROM schedule WHERE is_enabled"
            )
        ).scalar()
    return at_most if wait is None else max(0.005, min(float(wait), at_most))
