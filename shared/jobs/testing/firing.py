"""Owns letting a schedule's time come in a test. It must never go around what keeps it from firing."""

import sqlalchemy as sa

from shared.errors import NotFound
from shared.jobs.schedules.firing import fire_once
from shared.jobs.testing.drain import Runtime

_DUE = sa.text("""
UPDATE schedule SET next_run_at = date_trunc('milliseconds', clock_timestamp()), next_jitter_ms = 0 WHERE name = :name
""")


def fire(runtime: Runtime, schedule: str) -> None:
    """Make a schedule due now, and fire what is due as the scheduler role does: overlap, stops and ends hold.

    Its next run is the next of its rhythm. Schedules go by PostgreSQL's clock, which `freeze` does not hold. Raises
    NotFound.
    """
    with runtime.jobs.database.unit_of_work() as work:
        if work.connection.execute(_DUE, {"name": schedule}).rowcount == 0:
            raise NotFound(f"there is no schedule {schedule[:80]!r}")
    while fire_once(runtime.jobs):
        continue
