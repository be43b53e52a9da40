"""Owns the schedule rows. It must never submit a job."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.schedules.declaration import MS, Schedule, next_run

_PUT = sa.text("""
INSERT INTO schedule (name, job, args, cron, every_ms, timezone, is_enabled, is_declared, next_run_at)
VALUES (:name, :job, CAST(:args AS jsonb), :cron, :every_ms, :timezone, :is_enabled, :is_declared, :next_run_at)
ON CONFLICT (name) DO UPDATE
SET job = excluded.job, args = excluded.args, cron = excluded.cron, every_ms = excluded.every_ms,
    timezone = excluded.timezone, is_enabled = excluded.is_enabled, is_declared = excluded.is_declared,
    next_run_at = CASE
      WHEN excluded.is_enabled AND NOT schedule.is_enabled THEN excluded.next_run_at
      WHEN (schedule.cron, schedule.every_ms, schedule.timezone)
           IS NOT DISTINCT FROM (excluded.cron, excluded.every_ms, excluded.timezone)
      THEN coalesce(schedule.next_run_at, excluded.next_run_at)
      ELSE excluded.next_run_at END
WHERE NOT (excluded.is_declared AND schedule.is_edited)
""")


def put_schedule(work: UnitOfWork, schedule: Schedule, *, run_now: bool = False) -> None:
    """Make or change a schedule by name, in the caller's transaction; schedulers learn of it at its commit.

    `run_now` makes its first tick due at once; else it is the next of the grid. An unchanged rhythm keeps its next run.
    """
    # Milliseconds, as everything else that carries a tick: rows, entries and jobs must name the same instant.
    now: datetime = work.connection.execute(
        sa.text("SELECT date_trunc('milliseconds', clock_timestamp())")
    ).scalar_one()
    first = now if run_now else next_run(
        cron=schedule.cron, every=schedule.every, timezone=schedule.timezone, after=now
    )  # fmt: skip
    work.connection.execute(
        _PUT,
        {
            "name": schedule.name,
            "job": schedule.job,
            "args": msgspec.json.encode(schedule.args).decode(),
            "cron": schedule.cron,
            "every_ms": None if schedule.every is None else schedule.every // MS,
            "timezone": schedule.timezone,
            "is_enabled": schedule.is_enabled,
            "is_declared": schedule.is_declared,
            "next_run_at": first,
        },
    )
    _tell(work)


def remove_schedule(work: UnitOfWork, name: str) -> bool:
    """Delete a schedule; its past ticks stay for history. False when there was none."""
    return work.connection.execute(sa.text("DELETE FROM schedule WHERE name = :name"), {"name": name}).rowcount > 0


def _tell(work: UnitOfWork) -> None:
    work.connection.execute(
        sa.text("SELECT pg_notify(:channel, '')"), {"channel": f"millrace_schedules_{work.database.schema}"}
    )
