"""Owns what people do to schedules: make, change, start, stop, delete. Each is one transaction; it must never fire."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shared.errors import AlreadyExists, InvalidArgument, NotFound, WrongState
from shared.jobs.control.subjects import checked_reason
from shared.jobs.schedules.declaration import Schedule
from shared.jobs.schedules.declared import declared_schedule
from shared.jobs.schedules.rows import (
    COLUMNS,
    ScheduleRow,
    add,
    checked_name,
    due,
    held,
    instant_now,
    remove_schedule,
    rewrite,
    shown,
    tell,
    unbuffer,
)
from shared.jobs.schedules.ticking import submission_of
from shared.jobs.submission import Jobs

_START = sa.text("""
UPDATE schedule SET stopped_at = NULL, stop_reason = '', is_enabled = TRUE, failures = 0, missed_at = NULL,
  is_edited = is_edited OR NOT is_enabled, next_run_at = :next_run_at, next_jitter_ms = :next_jitter_ms,
  updated_at = :now
WHERE name = :name
""")
_STOP = sa.text("""
UPDATE schedule SET stopped_at = :now, stop_reason = :reason, buffered = 0, check_at = NULL, missed_at = NULL,
                    updated_at = :now
WHERE name = :name
""")


def create(jobs: Jobs, schedule: Schedule) -> ScheduleRow:
    """Make a schedule. Raises AlreadyExists, UnknownJob, InvalidArgument naming the field; then nothing is written."""
    checked_name(schedule.name)
    check_job(jobs, schedule)
    with jobs.database.unit_of_work() as work:
        now = instant_now(work)
        _check_future(schedule, now)
        if not add(work, schedule, now=now):
            raise AlreadyExists(f"there is a schedule {schedule.name!r} already")
        tell(work)
        return held(work, schedule.name)


def get(jobs: Jobs, name: str) -> ScheduleRow:
    """One schedule. Raises NotFound."""
    statement = sa.text(f"SELECT {COLUMNS} FROM schedule WHERE name = :name")  # noqa: S608  # constant columns
    with jobs.database.unit_of_work() as work:
        found = work.connection.execute(statement, {"name": name}).one_or_none()
    if found is None:
        raise NotFound(f"there is no schedule {name[:80]!r}")
    return shown(found)


def update(jobs: Jobs, name: str, changes: Mapping[str, Any], *, resets: bool = False) -> ScheduleRow:
    """Give a schedule other values of some fields; boot does not overwrite them any more.

    With `resets` a declared one goes back to what code says. A changed rhythm starts anew from now.
    """
    if bool(changes) == resets:
        message = "give fields that shall be different, or reset alone"
        raise InvalidArgument(message, field="reset" if resets else "schedule")
    with jobs.database.unit_of_work() as work:
        known, now = held(work, name), instant_now(work)
        wanted = declared_schedule(jobs.catalogue, name) if resets else changed(known.schedule, changes)
        if wanted is None:
            raise InvalidArgument(f"no code declares schedule {name!r}", field="reset")
        check_job(jobs, wanted)
        if (wanted.at, wanted.ends_at) != (known.schedule.at, known.schedule.ends_at):
            _check_future(wanted, now)
        rewrite(work, known, wanted, now=now, is_edited=not resets)
        tell(work)
        return held(work, name)


def changed(schedule: Schedule, changes: Mapping[str, Any]) -> Schedule:
    """A schedule with other values; a new rhythm of another kind takes the place of the old one."""
    kinds = [name for name in ("cron", "every", "at") if changes.get(name) is not None]
    others: dict[str, Any] = dict.fromkeys(("cron", "every", "at")) if kinds else {}
    return replace(schedule, **{**others, **changes})


def start(jobs: Jobs, name: str) -> ScheduleRow:
    """Let a schedule fire from now on; what came meanwhile is not made up for. Safe to repeat."""
    with jobs.database.unit_of_work() as work:
        known, now = held(work, name), instant_now(work)
        if not known.fires:
            is_over = known.schedule.max_runs is not None and known.runs_made >= known.schedule.max_runs
            first = None if is_over else known.schedule.rhythm.after(now)
            work.connection.execute(_START, {"name": name, "now": now, **due(known.schedule, first)})
            tell(work)
        return held(work, name)


def stop(jobs: Jobs, name: str, *, reason: str = "") -> ScheduleRow:
    """Let a schedule fire no more until it is started; what waits for a job's end is dropped. Safe to repeat."""
    reason = checked_reason(reason)
    with jobs.database.unit_of_work() as work:
        known = held(work, name)
        if known.stopped_at is None:
            unbuffer(work, name)
            now = instant_now(work)
            work.connection.execute(_STOP, {"name": name, "reason": reason or "stopped by a person", "now": now})
        return held(work, name)


def delete(jobs: Jobs, name: str) -> None:
    """Delete a schedule. Raises NotFound; WrongState for one that code declares, which boot would make again."""
    with jobs.database.unit_of_work() as work:
        known = held(work, name)
        if known.schedule.is_declared and declared_schedule(jobs.catalogue, name) is not None:
            raise WrongState(f"schedule {name} is declared in code; stop it instead", state="declared")
        remove_schedule(work, name)


def check_job(jobs: Jobs, schedule: Schedule) -> None:
    """What it submits must be acceptable now."""
    try:
        submission_of(jobs, schedule, tick=None)
    except InvalidArgument as error:
        if error.field == "name":
            error.field = "job"
        raise


def _check_future(schedule: Schedule, now: datetime) -> None:
    """A schedule that never fires is a mistake."""
    if schedule.at is not None and schedule.at <= now:
        raise InvalidArgument(f"at must be in the future, got {schedule.at.isoformat()}", field="at")
    if schedule.ends_at is not None and schedule.ends_at <= now:
        raise InvalidArgument(f"ends_at must be in the future, got {schedule.ends_at.isoformat()}", field="ends_at")
    if schedule.rhythm.after(now) is None:
        raise InvalidArgument("no tick comes before ends_at", field="ends_at")
