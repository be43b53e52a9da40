"""Owns schedules that code declares, and whether all schedules together fit their queues' rates."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from shared.db import UnitOfWork
from shared.jobs.definitions import Catalogue
from shared.jobs.schedules.declaration import Schedule, next_run
from shared.jobs.schedules.rows import put_schedule, remove_schedule

log = structlog.get_logger(__name__)
_HORIZON_RUNS = 60

_OBSOLETE = sa.text("""
SELECT name, is_edited OR stopped_at IS NOT NULL FROM schedule
WHERE is_declared AND name <> ALL(CAST(:names AS text[])) ORDER BY name FOR UPDATE
""")
_HAND_OVER = sa.text("UPDATE schedule SET is_declared = FALSE WHERE name = :name")


def declare_schedules(work: UnitOfWork, catalogue: Catalogue) -> None:
    """Upsert the schedule of every job that states one; an operator's change is never overwritten.

    One that code declares no more is deleted; if a person has changed or stopped it, it is that person's from now on.
    """
    found = [declared_schedule(catalogue, name) for name in sorted(catalogue.jobs)]
    declared = [schedule for schedule in found if schedule is not None]
    for schedule in declared:
        put_schedule(work, schedule)
    for name, is_taken_over in work.connection.execute(_OBSOLETE, {"names": [one.name for one in declared]}).all():
        if is_taken_over:
            work.connection.execute(_HAND_OVER, {"name": name})
        else:
            remove_schedule(work, name)
        log.warning("schedule is declared no more", schedule=name, is_deleted=not is_taken_over)


def declared_schedule(catalogue: Catalogue, name: str) -> Schedule | None:
    """What code declares of the schedule of this name; it has the name of its job."""
    definition = catalogue.jobs.get(name)
    if definition is None or definition.schedule is None:
        return None
    return Schedule(name=definition.name, job=definition.name, cron=definition.schedule, is_declared=True)


def overbooked(work: UnitOfWork, catalogue: Catalogue) -> list[str]:
    """One sentence for every queue whose schedules ask for more starts than its rate allows."""
    rows = work.connection.execute(
        sa.text(
            "SELECT job, cron, every_ms, timezone, count(*) FROM schedule "
            "WHERE is_enabled AND stopped_at IS NULL AND run_at IS NULL GROUP BY 1, 2, 3, 4"
        )
    ).all()
    now: datetime = work.connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    per_second: dict[str, float] = {}
    for job, cron, every_ms, timezone, count in rows:
        definition = catalogue.jobs.get(job)
        if definition is not None:
            runs = 1000 / every_ms if every_ms else _runs_per_second(cron, timezone, now)
            per_second[definition.queue.name] = per_second.get(definition.queue.name, 0.0) + runs * count
    sentences = []
    for name, asked in sorted(per_second.items()):
        rate = catalogue.queues[name].rate
        if rate is not None and asked > rate.starts / rate.per.total_seconds() * 1.001:
            allowed = rate.starts / rate.per.total_seconds() * 60
            sentences.append(
                f"{name}: schedules ask for {asked * 60:.1f} starts a minute, its rate allows {allowed:.1f}"
            )
    return sentences


def _runs_per_second(cron: str, timezone: str, now: datetime) -> float:
    """Mean rate of a cron expression over its next runs."""
    at, count = now, 0
    while count < _HORIZON_RUNS:
        following = next_run(cron=cron, every=None, timezone=timezone, after=at)
        if following is None:
            break
        at, count = following, count + 1
    return count / max((at - now) / timedelta(seconds=1), 1.0)
