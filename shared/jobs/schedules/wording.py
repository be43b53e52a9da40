"""Owns a schedule's rhythm in plain English. Pure: it must never read a clock or a store."""

from datetime import UTC, datetime, timedelta

from cronsim.explain import explain

from shared.jobs.cron_expressions import fields_of
from shared.jobs.schedules.declaration import Overlap, Schedule

_UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000), ("millisecond", 1))
_OVERLAPS = {
    Overlap.SKIP: "skips a run while the one before is not over",
    Overlap.BUFFER_ONE: "lets one run wait while the one before is not over",
    Overlap.BUFFER_ALL: "lets runs wait for each other",
    Overlap.CANCEL_OTHER: "cancels the run before",
    Overlap.ALLOW: "lets runs overlap",
}


def describe(schedule: Schedule) -> str:
    """One sentence: "At 02:30 every day, Europe/Berlin time, until …"."""
    parts = [_rhythm(schedule)]
    if schedule.starts_at is not None:
        parts.append(f"from {_instant(schedule.starts_at)}")
    if schedule.ends_at is not None:
        parts.append(f"until {_instant(schedule.ends_at)}")
    if schedule.max_runs is not None:
        parts.append(f"at most {_times(schedule.max_runs)}")
    if schedule.jitter:
        parts.append(f"up to {duration(schedule.jitter)} later each time")
    if schedule.at is None:
        parts.append(_OVERLAPS[schedule.overlap])
    return ", ".join(parts)


def _rhythm(schedule: Schedule) -> str:
    if schedule.at is not None:
        return f"Once at {_instant(schedule.at)}"
    if schedule.every is not None:
        return f"Every {duration(schedule.every, is_rhythm=True)}"
    return f"{explain(' '.join(fields_of(schedule.cron or '')))}, {schedule.timezone} time"


def duration(value: timedelta, *, is_rhythm: bool = False) -> str:
    """1 day 2 hours; of a rhythm, "minute" and not "1 minute"."""
    rest, parts = value // timedelta(milliseconds=1), []
    for word, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {word}{'' if count == 1 else 's'}")
    if is_rhythm and len(parts) == 1:
        return parts[0].removeprefix("1 ")
    return " ".join(parts) or "0 seconds"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
