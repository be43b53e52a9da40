"""Owns a slow second opinion on when a cron expression runs: it steps through every second or minute of UTC.

It must never use what it judges: fields are read here once more, and local times come from the zone alone.
"""

import calendar
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@dataclass(frozen=True, slots=True)
class Expression:
    """Numeric fields, lists, ranges and steps; seconds first."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    needs_both_days: bool
    keeps_wall_time: bool

    def has_day(self, day: datetime) -> bool:
        """True when the expression runs on this date."""
        of_month = day.day in self.days
        of_week = day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((of_month and of_week) if self.needs_both_days else (of_month or of_week))

    def fits(self, local: datetime) -> bool:
        """True when a wall clock that shows this shows a time of the expression."""
        is_time = local.second in self.seconds and local.minute in self.minutes and local.hour in self.hours
        return is_time and self.has_day(local)


@functools.cache
def read(text: str) -> Expression:
    """An expression of five or six fields."""
    parts = text.split()
    parts = ["0", *parts] if len(parts) == 5 else parts
    second, minute, hour, day, month, weekday = [
        _values(part, *bounds) for part, bounds in zip(parts, _BOUNDS, strict=True)
    ]
    return Expression(
        second,
        minute,
        hour,
        day,
        month,
        frozenset(value % 7 for value in weekday),
        needs_both_days=parts[3].startswith("*") or parts[5].startswith("*"),
        keeps_wall_time=not parts[1].startswith("*") and not parts[2].startswith("*"),
    )


def _values(part: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for term in part.split(","):
        span, _, step = term.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else int(first)
        end = int(last) if last else high if first == "*" or step else start
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def next_runs(text: str, zone: ZoneInfo, after: datetime, *, until: datetime) -> Iterator[datetime]:
    """Every run after `after` and before `until`."""
    expression = read(text)
    step = MINUTE if expression.seconds == {0} else SECOND
    for moment in moments(zone, after.replace(microsecond=0, second=0), until, step):
        if moment.instant > after and _runs(expression, moment):
            yield moment.instant


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, what the wall clock shows then, and what it would have shown had it not been put forward to that."""

    instant: datetime
    shown: datetime
    is_repeated: bool
    passed_over: tuple[datetime, ...]


@functools.lru_cache(maxsize=48)
def moments(zone: ZoneInfo, start: datetime, until: datetime, step: timedelta) -> tuple[Moment, ...]:
    """Every step of a clock from `start` until then; kept, since two hundred expressions are asked of each."""
    found = []
    instant, before = start, _shown((start - step).astimezone(zone))
    while instant < until:
        local = instant.astimezone(zone)
        shown = _shown(local)
        found.append(Moment(instant, shown, local.fold == 1, tuple(_between(before, shown, step))))
        instant, before = instant + step, shown
    return tuple(found)


def _shown(local: datetime) -> datetime:
    return local.replace(tzinfo=None, fold=0)


def _between(before: datetime, shown: datetime, step: timedelta) -> Iterator[datetime]:
    while (before := before + step) < shown:
        yield before


def _runs(expression: Expression, moment: Moment) -> bool:
    if not expression.keeps_wall_time:
        return expression.fits(moment.shown)
    if not moment.is_repeated and expression.fits(moment.shown):
        return True
    # What the clock passed over runs where it went on.
    return any(expression.fits(shown) for shown in moment.passed_over)


def changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The hours before which the zone's offset changed."""
    instant = start
    while instant < end:
        following = instant + timedelta(hours=1)
        if instant.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            yield following
        instant = following


def a_day(year: int, month: int, day: int) -> datetime:
    """Midnight UTC of a date, or of the month's last."""
    return datetime(year, month, min(day, calendar.monthrange(year, month)[1]), tzinfo=UTC)
