"""Owns telling goals what people look at. What it remembers saves statements; forgetting it costs one."""

import threading
from collections import OrderedDict
from datetime import timedelta

import structlog

from shared import clock
from shared.errors import StoreUnavailable
from shared.jobs.freshness.moves import checked_entity, touched
from shared.jobs.freshness_goals import Goal
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
REMEMBERED = 10_000
#: An entity is noted again after this part of the time that a look keeps it hot.
PART = 4
LONGEST = timedelta(minutes=1)


class Touches:
    """What one process has told; shared by its threads."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def touch(self, goal: Goal, entity: str) -> bool:
        """Note that somebody looks at it; True when that was written. A look never fails for want of a store."""
        checked_entity(entity)
        key, now = (goal.name, entity), clock.monotonic()
        rest = min(goal.hot_for / PART, LONGEST) / timedelta(seconds=1)
        with self._lock:
            if now - self._told.get(key, float("-inf")) < rest:
                return False
            self._told[key] = now
            self._told.move_to_end(key)
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        try:
            with self._jobs.database.unit_of_work() as work:
                return touched(work, goal.name, [entity]) == 1
        except StoreUnavailable as error:
            log.warning("look not noted", goal=goal.name, error=str(error))
            return False
