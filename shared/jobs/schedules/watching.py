"""Owns the alarm for ticks that nobody fires. It must never fire one, so that it speaks when firing hangs."""

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.jobs.schedules.declaration import ALARM_AFTER
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
INTERVAL_SECONDS = 10.0
#: Each schedule is told of once; of very many at once the rest in the next turns.
BATCH = 100
#: Above this the gauge does not count on.
COUNTED = 10_000

_OVERDUE = "is_enabled AND stopped_at IS NULL AND next_run_at <= now() - CAST(:late AS interval)"
_RAISE = sa.text(f"""
UPDATE schedule SET missed_at = clock_timestamp() WHERE name = ANY(ARRAY(
  SELECT name FROM schedule WHERE {_OVERDUE} AND missed_at IS NULL
  ORDER BY next_run_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
RETURNING name, job, next_run_at
""")  # noqa: S608  # constants of this module
_COUNT = sa.text(f"""
SELECT count(*) FROM (SELECT 1 FROM schedule WHERE {_OVERDUE} LIMIT {COUNTED}) AS overdue
""")  # noqa: S608  # constants of this module


def watch_once(jobs: Jobs) -> bool:
    """Raise the alarm for every tick that is overdue: log event, metric, and the schedule's row."""
    late = {"late": ALARM_AFTER}
    with jobs.database.unit_of_work() as work:
        raised = work.connection.execute(_RAISE, late).all()
        overdue = int(work.connection.execute(_COUNT, late).scalar_one())
    metrics.SCHEDULES_MISSED.labels(service=jobs.service).set(overdue)
    for row in raised:
        log.error("schedule missed its tick", schedule=row.name, job=row.job, due=row.next_run_at.isoformat())
    return len(raised) == BATCH
