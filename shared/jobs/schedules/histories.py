"""Owns the reads of schedules: lists, and what came of each tick. It must never write, and never scan."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.schedules.rows import COLUMNS, ScheduleRow, shown

_PAGE = sa.text(f"""
SELECT {COLUMNS} FROM schedule
WHERE name > :after AND (:job = '' OR job = :job) ORDER BY name LIMIT :limit
""")  # noqa: S608  # constants of this package
_TICKS = sa.text("""
SELECT t.tick, t.fired_at, t.outcome, t.cause, t.stands_for, t.reason, t.job_id::text AS job_id, job.state,
       job.started_at, job.finished_at
FROM schedule_tick AS t LEFT JOIN job ON job.id = t.job_id
WHERE t.schedule = :name AND (CAST(:before AS timestamptz) IS NULL OR t.tick < :before)
ORDER BY t.tick DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class PastTick:
    """What was expected, and what came of it; the job's own state is None once it has been swept."""

    tick: datetime
    fired_at: datetime
    outcome: str
    cause: str
    stands_for: int
    reason: str
    job_id: str | None
    state: str | None
    started_at: datetime | None
    finished_at: datetime | None


def page(work: UnitOfWork, *, after: str, job: str, limit: int) -> list[ScheduleRow]:
    """Schedules by name."""
    rows = work.connection.execute(_PAGE, {"after": after, "job": job, "limit": limit})
    return [shown(row) for row in rows]


def history(work: UnitOfWork, name: str, *, before: datetime | None, limit: int) -> list[PastTick]:
    """Ticks, newest first."""
    rows = work.connection.execute(_TICKS, {"name": name, "before": before, "limit": limit})
    return [PastTick(*row) for row in rows]
