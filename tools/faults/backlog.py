"""Owns knowing how much waits, so that producers keep to what the machine can do between two losses of everything.

It must never stop a run: what cannot be counted counts as before.
"""

import threading

import sqlalchemy as sa

from shared import clock
from shared.bootstrap import ServiceRuntime
from shared.errors import StoreUnavailable

#: Unfinished jobs, the far ones apart, above which producers wait: a rebuild of so many takes a second or two.
FULL = 1_500
LOOK_SECONDS = 2.0
_COUNT = sa.text(
    "SELECT count(*) FROM (SELECT FROM job WHERE finished_at IS NULL "
    "AND (scheduled_for IS NULL OR scheduled_for < clock_timestamp() + interval '5 minutes') LIMIT :full) AS waiting"
)


class Backlog:
    """Looks by itself every two seconds, in the thread of whoever asks."""

    def __init__(self, runtime: ServiceRuntime) -> None:
        self._database = runtime.jobs.database
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._is_full = False

    def is_full(self) -> bool:
        """True while so much waits that more would only wait longer."""
        if clock.monotonic() - self._looked_at > LOOK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._looked_at = clock.monotonic()
                with self._database.unit_of_work() as work:
                    self._is_full = work.connection.execute(_COUNT, {"full": FULL}).scalar_one() >= FULL
            except StoreUnavailable:
                pass
            finally:
                self._lock.release()
        return self._is_full
