"""Owns what a schedule says, and what it may not say. Pure: it must never read a clock or a store."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.errors import InvalidArgument
from shared.jobs.cron_expressions import check_cron
from shared.jobs.schedules.clockwork import zone_of
from shared.jobs.schedules.rhythms import MS, Rhythm

MIN_INTERVAL = timedelta(seconds=1)
MAX_INTERVAL = timedelta(days=366)
MAX_JITTER = timedelta(days=1)
MAX_NAME_CHARACTERS = 200
MAX_RUNS = 1_000_000_000
#: A tick that is due longer than this raises the alarm, which is then there within a minute.
ALARM_AFTER = timedelta(seconds=45)
#: What is fired later than this was missed.
GRACE = timedelta(seconds=60)
MISFIRE_WINDOW = timedelta(hours=1)
MISFIRE_MAX = 100
_YEARS = (1970, 2200)


class Misfire(StrEnum):
    """What becomes of ticks that nobody fired in time."""

    #: They are passed over.
    SKIP = "skip"
    #: One job stands for all of them, at the newest, if that is not longer ago than the window.
    FIRE_ONCE = "fire_once"
    #: The newest of them, up to a number, each get their job.
    BACKFILL = "backfill"


class Overlap(StrEnum):
    """What becomes of a tick while a job of the same schedule is live."""

    SKIP = "skip"
    #: One waits for the job's end; later ones are skipped.
    BUFFER_ONE = "buffer_one"
    #: They wait, up to 1,000, and run one after the other.
    BUFFER_ALL = "buffer_all"
    #: The live one is cancelled.
    CANCEL_OTHER = "cancel_other"
    #: They run beside each other.
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What submits a job by the clock: a cron expression in a zone, an interval, or one instant."""

    name: str
    job: str
    args: dict[str, Any] = field(default_factory=dict)
    cron: str | None = None
    every: timedelta | None = None
    at: datetime | None = None
    timezone: str = "UTC"
    #: No tick lies before the one, none at or after the other.
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    #: Jobs the clock may submit in all; None for any number.
    max_runs: int | None = None
    #: Each tick is fired up to so much later: by how much follows from the schedule's name and the tick.
    jitter: timedelta = timedelta(0)
    #: A new schedule fires at once, beside its rhythm.
    run_on_init: bool = False
    misfire: Misfire = Misfire.FIRE_ONCE
    #: None: an hour; for one instant, for ever.
    misfire_window: timedelta | None = None
    misfire_max: int = 10
    overlap: Overlap = Overlap.SKIP
    #: After so many of its jobs in a row are dead it stops itself; None for never.
    pause_after: int | None = None
    is_enabled: bool = True
    #: True for schedules that code declares; boot refreshes them unless an operator has changed them.
    is_declared: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME_CHARACTERS or not self.name.isprintable():
            message = f"a schedule's name must have 1 to {MAX_NAME_CHARACTERS} printable characters"
            raise InvalidArgument(message, field="name")
        _check_rhythm(self)
        _check_dates(self)
        _check_numbers(self)

    @property
    def rhythm(self) -> Rhythm:
        """Its ticks."""
        return Rhythm(
            cron=self.cron, every=self.every, at=self.at, timezone=self.timezone,
            starts_at=self.starts_at, ends_at=self.ends_at,
        )  # fmt: skip

    @property
    def window(self) -> timedelta:
        """How long ago the newest missed tick may have been for its job to be run."""
        if self.misfire is Misfire.SKIP:
            return GRACE
        if self.misfire_window is not None:
            return self.misfire_window
        return MISFIRE_WINDOW if self.at is None else timedelta.max


def _check_rhythm(schedule: Schedule) -> None:
    given = [name for name in ("cron", "every", "at") if getattr(schedule, name) is not None]
    if len(given) != 1:
        message = f"schedule {schedule.name[:60]} needs either cron or every or at, got {' and '.join(given) or 'none'}"
        raise InvalidArgument(message, field="cron", allowed=("cron", "every", "at"))
    if schedule.every is not None and not MIN_INTERVAL <= schedule.every <= MAX_INTERVAL:
        raise InvalidArgument(f"every must be from 1 s to 366 days, got {schedule.every}", field="every")
    if schedule.every is not None and schedule.every % MS:
        raise InvalidArgument(f"every must be whole milliseconds, got {schedule.every}", field="every")
    zone_of(schedule.timezone)
    if schedule.cron is not None:
        check_cron(schedule.cron)


def _check_dates(schedule: Schedule) -> None:
    for name in ("at", "starts_at", "ends_at"):
        value: datetime | None = getattr(schedule, name)
        if value is None:
            continue
        if value.tzinfo is None:
            raise InvalidArgument(f"{name} must carry a time zone", field=name)
        if not _YEARS[0] <= value.year <= _YEARS[1]:
            raise InvalidArgument(f"{name} must lie in the years {_YEARS[0]} to {_YEARS[1]}", field=name)
        if value.microsecond % 1000:
            raise InvalidArgument(f"{name} must be a whole millisecond", field=name)
    start, end = schedule.starts_at, schedule.ends_at
    if start is not None and end is not None and end <= start:
        message = f"ends_at must be after starts_at, got {end.isoformat()} and {start.isoformat()}"
        raise InvalidArgument(message, field="ends_at")
    if schedule.at is not None and (start is not None or end is not None):
        raise InvalidArgument("a schedule of one instant has no start and no end", field="at")


def _check_numbers(schedule: Schedule) -> None:
    if not timedelta(0) <= schedule.jitter <= MAX_JITTER:
        raise InvalidArgument(f"jitter must be from 0 to 1 day, got {schedule.jitter}", field="jitter")
    if schedule.every is not None and schedule.jitter >= schedule.every:
        raise InvalidArgument(f"jitter must be shorter than every, got {schedule.jitter}", field="jitter")
    window = schedule.misfire_window
    if window is not None and not MIN_INTERVAL <= window <= MAX_INTERVAL:
        raise InvalidArgument(f"misfire_window must be from 1 s to 366 days, got {window}", field="misfire_window")
    for name, most in (("max_runs", MAX_RUNS), ("misfire_max", MISFIRE_MAX), ("pause_after", 1_000)):
        value: int | None = getattr(schedule, name)
        if value is not None and not 1 <= value <= most:
            raise InvalidArgument(f"{name} must be from 1 to {most:,}, got {value}", field=name)


def next_run(*, cron: str | None, every: timedelta | None, timezone: str, after: datetime) -> datetime | None:
    """The first tick after `after`; None when a cron expression has no further one."""
    return Rhythm(cron=cron, every=every, timezone=timezone).after(after)


def every_of(milliseconds: int | None) -> timedelta | None:
    """An interval as the table keeps it."""
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)
