"""Owns the schedule rows: making, reading and rewriting them. It must never submit a job."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from shared import clock
from shared.db import UnitOfWork
from shared.errors import InvalidArgument, NotFound
from shared.jobs.schedules.declaration import Misfire, Overlap, Schedule, every_of
from shared.jobs.schedules.rhythms import MS

log = structlog.get_logger(__name__)
CHANNEL = "millrace_schedules"
_DEFINITION = (
    "job", "args", "cron", "every_ms", "run_at", "timezone", "starts_at", "ends_at", "max_runs", "jitter_ms",
    "run_on_init", "misfire", "misfire_window_ms", "misfire_max", "overlap", "pause_after", "is_enabled",
    "is_declared",
)  # fmt: skip
_STANDING = (
    "is_edited", "next_run_at", "next_jitter_ms", "last_run_at", "last_fired_at", "runs_made", "failures", "buffered",
    "stopped_at", "stop_reason", "missed_at", "last_error", "created_at", "updated_at",
)  # fmt: skip
COLUMNS = ", ".join(
    ("name", *_DEFINITION, *_STANDING, "open_jobs::text[] AS open_jobs", "last_job_id::text AS last_job_id")
)
#: What makes a rhythm another one, so that its next tick is found anew.
_RHYTHM = ("cron", "every", "at", "timezone", "starts_at", "ends_at", "jitter")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}")
_CASTS = {"args": "CAST(:args AS jsonb)"}

_INSERT = sa.text(f"""
INSERT INTO schedule (name, {", ".join(_DEFINITION)}, next_run_at, next_jitter_ms)
VALUES (:name, {", ".join(_CASTS.get(name, f":{name}") for name in _DEFINITION)}, :next_run_at, :next_jitter_ms)
ON CONFLICT (name) DO NOTHING
""")  # noqa: S608  # constants of this module
_REWRITE = sa.text(f"""
UPDATE schedule SET {", ".join(f"{name} = {_CASTS.get(name, f':{name}')}" for name in _DEFINITION)},
  is_edited = :is_edited, next_run_at = :next_run_at, next_jitter_ms = :next_jitter_ms,
  stopped_at = :stopped_at, stop_reason = :stop_reason, failures = :failures, missed_at = NULL, updated_at = :now
WHERE name = :name
""")  # noqa: S608  # constants of this module

_SPOIL = sa.text("UPDATE schedule SET stopped_at = clock_timestamp(), stop_reason = :reason WHERE name = :name")


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule and where it stands."""

    schedule: Schedule
    is_edited: bool
    #: When its next tick is due, and by how much later than the tick itself that is.
    next_run_at: datetime | None
    next_jitter_ms: int
    last_run_at: datetime | None
    last_fired_at: datetime | None
    runs_made: int
    failures: int
    buffered: int
    stopped_at: datetime | None
    stop_reason: str
    missed_at: datetime | None
    last_error: str
    created_at: datetime
    updated_at: datetime
    open_jobs: tuple[str, ...]
    last_job_id: str | None

    @property
    def next_tick(self) -> datetime | None:
        """The tick that is due next."""
        return None if self.next_run_at is None else self.next_run_at - self.next_jitter_ms * MS

    @property
    def fires(self) -> bool:
        """True while neither its declaration nor an operator keeps it from firing."""
        return self.schedule.is_enabled and self.stopped_at is None


def put_schedule(work: UnitOfWork, schedule: Schedule, *, run_now: bool = False) -> None:
    """Make or change a schedule by name, in the caller's transaction; schedulers learn of it at its commit.

    `run_now` makes its first tick due at once; else it is the next of the grid. An unchanged rhythm keeps its next run,
    and what an operator has stopped stays stopped. A declared schedule leaves alone what an operator has changed.
    """
    now = instant_now(work)
    while not add(work, schedule, now=now, run_now=run_now):
        known = locked(work, schedule.name)
        if known is None:  # deleted since
            continue
        if not (schedule.is_declared and known.is_edited):
            rewrite(work, known, schedule, now=now, run_now=run_now, is_edited=False)
        break
    tell(work)


def add(work: UnitOfWork, schedule: Schedule, *, now: datetime, run_now: bool = False) -> bool:
    """Insert a schedule; False when one of this name exists."""
    is_early = schedule.starts_at is not None and now < schedule.starts_at
    first = now if (run_now or schedule.run_on_init) and not is_early else schedule.rhythm.after(now)
    values = {"name": schedule.name, **definition_of(schedule), **due(schedule, first)}
    return work.connection.execute(_INSERT, values).rowcount > 0


def rewrite(
    work: UnitOfWork, known: ScheduleRow, schedule: Schedule, *, now: datetime, run_now: bool = False, is_edited: bool
) -> None:
    """Give a row that the caller has locked another definition."""
    before = known.schedule
    is_same = all(getattr(before, name) == getattr(schedule, name) for name in _RHYTHM)
    is_woken = schedule.is_enabled and not before.is_enabled
    first = schedule.rhythm.after(now)
    if run_now:
        first = now
    elif is_same and not is_woken and known.next_tick is not None:
        first = known.next_tick
    if schedule.max_runs is not None and known.runs_made >= schedule.max_runs:
        first = None
    values = {
        "name": schedule.name, **definition_of(schedule), **due(schedule, first), "is_edited": is_edited, "now": now,
        "stopped_at": known.stopped_at, "stop_reason": known.stop_reason, "failures": known.failures,
    }  # fmt: skip
    work.connection.execute(_REWRITE, values)


def remove_schedule(work: UnitOfWork, name: str) -> bool:
    """Delete a schedule; its past ticks stay for history. False when there was none."""
    unbuffer(work, name)
    return work.connection.execute(sa.text("DELETE FROM schedule WHERE name = :name"), {"name": name}).rowcount > 0


def unbuffer(work: UnitOfWork, name: str) -> None:
    """Ticks that wait for the end of a job will not be fired."""
    statement = "UPDATE schedule_tick SET outcome = 'skipped' WHERE schedule = :name AND outcome = 'buffered'"
    work.connection.execute(sa.text(statement), {"name": name})


def locked(work: UnitOfWork, name: str) -> ScheduleRow | None:
    """A row, held until the transaction ends."""
    statement = sa.text(f"SELECT {COLUMNS} FROM schedule WHERE name = :name FOR UPDATE")  # noqa: S608  # constant columns
    found = work.connection.execute(statement, {"name": name}).one_or_none()
    return None if found is None else shown(found)


def held(work: UnitOfWork, name: str) -> ScheduleRow:
    """A row, held until the transaction ends. Raises NotFound."""
    found = locked(work, name)
    if found is None:
        raise NotFound(f"there is no schedule {name[:80]!r}")
    return found


def shown(row: Any) -> ScheduleRow:
    """A row for people to read or mend: one whose zone is gone, which cannot fire, shows UTC in its place."""
    try:
        return row_of(row)
    except InvalidArgument:
        return row_of(row, timezone="UTC")


def row_of(row: Any, *, timezone: str = "") -> ScheduleRow:
    """A row as the table has it. Raises InvalidArgument when its definition is none any more."""
    schedule = Schedule(
        name=row.name, job=row.job, args=dict(row.args), cron=row.cron, every=every_of(row.every_ms), at=row.run_at,
        timezone=timezone or row.timezone, starts_at=row.starts_at, ends_at=row.ends_at, max_runs=row.max_runs,
        jitter=row.jitter_ms * MS, run_on_init=row.run_on_init, misfire=Misfire(row.misfire),
        misfire_window=every_of(row.misfire_window_ms), misfire_max=row.misfire_max, overlap=Overlap(row.overlap),
        pause_after=row.pause_after, is_enabled=row.is_enabled, is_declared=row.is_declared,
    )  # fmt: skip
    standing = {name: getattr(row, name) for name in _STANDING}
    return ScheduleRow(schedule, **standing, open_jobs=tuple(row.open_jobs), last_job_id=row.last_job_id)


def readable(work: UnitOfWork, row: Any) -> ScheduleRow | None:
    """A locked row; one whose definition is none any more is stopped, so that it does not hold up the others."""
    try:
        return row_of(row)
    except InvalidArgument as error:  # a zone that is gone, say
        log.error("schedule cannot be read and is stopped", schedule=row.name, error=str(error))
        work.connection.execute(_SPOIL, {"name": row.name, "reason": f"it cannot be read: {error}"[:500]})
        return None


def definition_of(schedule: Schedule) -> dict[str, Any]:
    """What a schedule says, as the table keeps it."""
    return {
        "job": schedule.job, "args": msgspec.json.encode(schedule.args).decode(), "cron": schedule.cron,
        "every_ms": _ms(schedule.every), "run_at": schedule.at, "timezone": schedule.timezone,
        "starts_at": schedule.starts_at, "ends_at": schedule.ends_at, "max_runs": schedule.max_runs,
        "jitter_ms": schedule.jitter // MS, "run_on_init": schedule.run_on_init, "misfire": schedule.misfire.value,
        "misfire_window_ms": _ms(schedule.misfire_window), "misfire_max": schedule.misfire_max,
        "overlap": schedule.overlap.value, "pause_after": schedule.pause_after, "is_enabled": schedule.is_enabled,
        "is_declared": schedule.is_declared,
    }  # fmt: skip


def due(schedule: Schedule, tick: datetime | None) -> Mapping[str, Any]:
    """When a tick is due, as the table keeps it."""
    if tick is None:
        return {"next_run_at": None, "next_jitter_ms": 0}
    jitter_ms = jitter_of(schedule, tick) // MS
    return {"next_run_at": tick + jitter_ms * MS, "next_jitter_ms": jitter_ms}


def jitter_of(schedule: Schedule, tick: datetime) -> timedelta:
    """How much later than its tick a schedule fires; the same whoever asks, and always before the next tick.

    An expression has ticks of any distance: one that was still to come when the next is there would be passed over.
    """
    if not schedule.jitter:
        return timedelta(0)
    following = schedule.rhythm.after(tick) if schedule.cron is not None else None
    longest = schedule.jitter if following is None else min(schedule.jitter, following - tick - MS)
    digest = hashlib.sha256(f"{schedule.name}|{clock.epoch_ms(tick)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % (longest // MS + 1) * MS


def instant_now(work: UnitOfWork) -> datetime:
    """PostgreSQL's time in milliseconds: rows, entries and jobs must name the same instant."""
    now: datetime = work.connection.execute(
        sa.text("SELECT date_trunc('milliseconds', clock_timestamp())")
    ).scalar_one()
    return now


def tell(work: UnitOfWork) -> None:
    """Wake the schedulers at the commit."""
    channel = f"{CHANNEL}_{work.database.schema}"
    work.connection.execute(sa.text("SELECT pg_notify(:channel, '')"), {"channel": channel})


def checked_name(name: str) -> str:
    """A name people may give, which a path can hold. Raises InvalidArgument."""
    if _NAME.fullmatch(name) is None:
        message = "name must begin with a letter or digit and have at most 100 letters, digits, or any of - _ . : @"
        raise InvalidArgument(message, field="name")
    return name


def _ms(duration: timedelta | None) -> int | None:
    return None if duration is None else duration // MS
