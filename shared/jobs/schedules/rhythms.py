"""Owns the ticks of a schedule: an expression, an interval or one instant, within its dates.

Pure: it must never read a clock or a store.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.clock import from_epoch_ms
from shared.jobs.schedules.clockwork import SECOND, next_instant, zone_of

MS = timedelta(milliseconds=1)
#: Of an expression, more ticks than this are not counted.
COUNTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Exactly one of `cron`, `every` and `at`; ticks lie from `starts_at` on and before `ends_at`.

    An interval counts from `starts_at`, else from 1970, so that a restart keeps the rhythm.
    """

    cron: str | None = None
    every: timedelta | None = None
    at: datetime | None = None
    timezone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def after(self, instant: datetime) -> datetime | None:
        """The first tick after `instant`, UTC; None when there is none."""
        if self.starts_at is not None and instant < self.starts_at:
            instant = self.starts_at - MS
        tick = self._unbounded(instant)
        if tick is None or (self.ends_at is not None and tick >= self.ends_at):
            return None
        return tick

    def ticks(self, after: datetime, *, until: datetime) -> Iterator[datetime]:
        """Every tick after `after` and before `until`, in order."""
        tick = self.after(after)
        while tick is not None and tick < until:
            yield tick
            tick = self.after(tick)

    def newest(self, first: datetime, *, until: datetime) -> datetime:
        """The newest tick up to `until`; `first`, itself due, when no later one is."""
        if self.ends_at is not None:
            until = min(until, self.ends_at - MS)
        if self.every is not None:
            return max(first, self._at_most(self.after(until - self.every), until) or first)
        newest, high = first, until
        while high - newest > SECOND:  # ticks of expressions are whole seconds
            middle = newest + (high - newest) // 2
            tick = self._at_most(self.after(middle), until)
            if tick is None:
                high = middle
            else:
                newest = tick
        return self._at_most(self.after(newest), until) or newest

    def count(self, first: datetime, *, until: datetime) -> int:
        """How many ticks there are from `first`, itself one, up to `until`; of an expression at most COUNTED."""
        if self.every is not None:
            newest = self.newest(first, until=until)
            return 1 + -(-(newest - first) // self.every)
        counted, tick = 0, first
        while counted < COUNTED and tick <= until:
            counted += 1
            following = self.after(tick)
            if following is None:
                break
            tick = following
        return counted

    @staticmethod
    def _at_most(tick: datetime | None, until: datetime) -> datetime | None:
        return tick if tick is not None and tick <= until else None

    def _unbounded(self, instant: datetime) -> datetime | None:
        if self.at is not None:
            return self.at if self.at > instant else None
        if self.every is not None:
            anchor = from_epoch_ms(0) if self.starts_at is None else self.starts_at
            return (anchor + ((instant - anchor) // self.every + 1) * self.every).astimezone(UTC)
        return next_instant(self.cron or "", zone_of(self.timezone), instant)
