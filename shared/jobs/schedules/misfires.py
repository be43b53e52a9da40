"""Owns which ticks of a due schedule are run: the one that is due, or some of those that were missed.

Pure: it must never read a clock or a store.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.jobs.schedules.declaration import Misfire, Schedule
from shared.jobs.schedules.rhythms import MS
from shared.jobs.schedules.rows import jitter_of

_PENDING = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of every tick up to now."""

    #: To be run, in order.
    ticks: tuple[datetime, ...]
    #: Of all that are due.
    newest: datetime
    #: How many are passed over; of an expression at least so many.
    passed: int
    #: The next one, which is not due yet.
    following: datetime | None


def plan(schedule: Schedule, first: datetime, *, now: datetime, runs_left: int | None) -> Plan:
    """Decide on the ticks from `first`, which is due, up to `now`."""
    newest = _newest(schedule, first, now)
    count = schedule.rhythm.count(first, until=newest)
    if schedule.misfire is Misfire.BACKFILL:
        ticks = tuple(reversed(list(_back(schedule, first, newest))))
    else:
        is_late = now - newest - jitter_of(schedule, newest) > schedule.window
        ticks = () if is_late else (newest,)
    if runs_left is not None:
        ticks = ticks[:runs_left]
    is_over = runs_left is not None and len(ticks) >= runs_left
    following = None if is_over else schedule.rhythm.after(newest)
    return Plan(ticks, newest, max(0, count - len(ticks)), following)


def _newest(schedule: Schedule, first: datetime, now: datetime) -> datetime:
    newest = schedule.rhythm.newest(first, until=now)
    for _ in range(_PENDING):  # jitter may hold the last ones back
        if newest <= first or newest + jitter_of(schedule, newest) <= now:
            break
        newest = schedule.rhythm.newest(first, until=newest - MS)
    return newest


def _back(schedule: Schedule, first: datetime, newest: datetime) -> Iterator[datetime]:
    """The newest ticks, backwards."""
    tick = newest
    for _ in range(schedule.misfire_max):
        yield tick
        if tick <= first:
            return
        tick = schedule.rhythm.newest(first, until=tick - MS)
