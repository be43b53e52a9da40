"""Owns when schedulers look: at what is due, and how long they then sleep. It must never look at all schedules."""

import sqlalchemy as sa

from shared import clock
from shared.jobs.schedules.firing import fire_once
from shared.jobs.schedules.following import follow_once
from shared.jobs.submission import Jobs

#: Ticks that come one by one wait so long for company: a turn costs more than a tick.
COMPANY_SECONDS = 0.2
_WAITS = sa.text("""
SELECT
  (SELECT extract(epoch FROM min(next_run_at) - clock_timestamp())::float8 FROM schedule
   WHERE is_enabled AND stopped_at IS NULL),
  (SELECT extract(epoch FROM min(check_at) - clock_timestamp())::float8 FROM schedule
   WHERE is_enabled AND stopped_at IS NULL AND check_at IS NOT NULL)
""")


class Turns:
    """The turns of one scheduler. What it remembers saves statements; forgetting it costs one."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._follow_at = 0.0

    def run_once(self) -> bool:
        """Fire what is due, and look at jobs where that is due; True when there may be more."""
        has_more = fire_once(self._jobs)
        if clock.monotonic() >= self._follow_at:
            has_more = follow_once(self._jobs) or has_more
        return has_more

    def pause(self, *, at_most: float) -> float:
        """Seconds until the next turn, by PostgreSQL's clock."""
        tick, check = _waits(self._jobs)
        self._follow_at = clock.monotonic() + (at_most if check is None else check)
        waits = [at_most, *(wait for wait in (tick, check) if wait is not None)]
        return max(COMPANY_SECONDS, min(waits))


def seconds_to_next(jobs: Jobs, *, at_most: float) -> float:
    """How long until some schedule is due or its jobs must be looked at, by PostgreSQL's clock."""
    waits = [wait for wait in _waits(jobs) if wait is not None]
    return max(0.0, min([at_most, *waits]))


def _waits(jobs: Jobs) -> tuple[float | None, float | None]:
    with jobs.database.unit_of_work() as work:
        tick, check = work.connection.execute(_WAITS).one()
    return tick, check
