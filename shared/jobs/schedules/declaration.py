"""Owns what a schedule says and when it runs next. Pure: it must never read a clock or a store."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from shared.clock import from_epoch_ms
from shared.errors import InvalidArgument

MIN_INTERVAL = timedelta(seconds=1)
MAX_INTERVAL = timedelta(days=366)
MS = timedelta(milliseconds=1)
#: What periodiq's cron() takes beside fields and cronsim does not.
_NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What submits a job by the clock: either a cron expression in a zone, or an interval."""

    name: str
    job: str
    args: dict[str, Any] = field(default_factory=dict)
    cron: str | None = None
    every: timedelta | None = None
    timezone: str = "UTC"
    is_enabled: bool = True
    #: True for schedules that code declares; boot refreshes them unless an operator has changed them.
    is_declared: bool = False

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > 200:
            raise InvalidArgument("a schedule's name must have 1 to 200 characters", field="name")
        if (self.cron is None) == (self.every is None):
            raise InvalidArgument(f"schedule {self.name} needs either cron or every", field="cron")
        if self.every is not None and not MIN_INTERVAL <= self.every <= MAX_INTERVAL:
            raise InvalidArgument(f"every must be from 1 s to 366 days, got {self.every}", field="every")
        zone = _zone(self.timezone)
        if self.cron is not None:
            _iterator(self.cron, datetime(2026, 1, 1, tzinfo=zone))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidArgument(f"unknown time zone {name[:60]!r}", field="timezone") from error


def _iterator(cron: str, after: datetime) -> CronSim:
    try:
        return CronSim(_NICKNAMES.get(cron, cron), after)
    except CronSimError as error:
        raise InvalidArgument(f"bad cron expression {cron[:100]!r}: {error}", field="cron") from error


def next_run(*, cron: str | None, every: timedelta | None, timezone: str, after: datetime) -> datetime | None:
    """The first instant of the schedule's grid after `after`; None when a cron expression has no further one.

    Intervals stand on a grid from 1970 so that a restart keeps the rhythm. Cron follows cronsim: a local time that a
    spring change skips runs at the first instant after the gap, one that an autumn change repeats runs once.
    """
    if every is not None:
        step = every // MS
        return from_epoch_ms((_epoch(after) // step + 1) * step)
    zone = _zone(timezone)
    try:
        found: datetime = next(_iterator(cron or "", after.astimezone(zone)))
    except StopIteration:
        return None
    return found.astimezone(ZoneInfo("UTC"))


def last_run(since: datetime, *, until: datetime, following: Callable[[datetime], datetime | None]) -> datetime:
    """The newest run from `since`, itself a run, up to `until`; looks at 3,600 runs at most."""
    last = since
    for _ in range(3600):
        after = following(last)
        if after is None or after > until:
            break
        last = after
    return last


def _epoch(instant: datetime) -> int:
    return (instant - from_epoch_ms(0)) // MS


def every_of(milliseconds: int | None) -> timedelta | None:
    """An interval as the table keeps it."""
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)
