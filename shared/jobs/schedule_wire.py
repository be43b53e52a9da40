"""Owns the translation between schedules and protos/jobs/v1/schedules.proto. It must never decide anything."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import schedules_pb2 as pb
from shared.errors import InvalidArgument
from shared.jobs import payloads
from shared.jobs.schedules.declaration import ALARM_AFTER, MAX_INTERVAL, Misfire, Overlap, Schedule
from shared.jobs.schedules.histories import PastTick
from shared.jobs.schedules.rhythms import MS
from shared.jobs.schedules.rows import ScheduleRow
from shared.jobs.schedules.wording import describe
from shared.jobs.wire import instant_of, timestamp

_MISFIRES = {pb.MisfirePolicy.Value(f"MISFIRE_POLICY_{one.name}"): one for one in Misfire}
_OVERLAPS = {pb.OverlapPolicy.Value(f"OVERLAP_POLICY_{one.name}"): one for one in Overlap}
#: Fields that the wire counts in milliseconds.
_DURATIONS = {"every": "every_ms", "jitter": "jitter_ms", "misfire_window": "misfire_window_ms"}


def spec_of(message: Any, *, name: str = "", job: str = "") -> Schedule:
    """The schedule a caller describes. Raises InvalidArgument naming the field as the wire does."""
    with wire_words():
        given = {field: read(message) for field, read in _READERS.items()}
        return Schedule(**{**given, "name": message.name or name, "job": message.job or job})


def changes_of(message: Any, paths: Sequence[str]) -> dict[str, Any]:
    """The values of the fields a mask names. Raises InvalidArgument for a name it may not have."""
    words = {_DURATIONS.get(field, field): field for field in _READERS if field != "name"}
    words["args_json"] = words.pop("args")
    for path in paths:
        if path not in words:
            allowed = sorted(words)
            raise InvalidArgument(f"there is no field {path[:60]!r} to change", field="update_mask", allowed=allowed)
    with wire_words():
        return {words[path]: _READERS[words[path]](message) for path in paths}


@contextmanager
def wire_words() -> Iterator[None]:
    """Refusals name fields as the wire does."""
    try:
        yield
    except InvalidArgument as error:
        error.field = _DURATIONS.get(error.field, error.field)
        raise


def schedule_to_wire(row: ScheduleRow, service: str, *, now: datetime, next_runs: int = 0) -> Any:
    """A schedule and where it stands."""
    is_over = row.next_run_at is None and not row.buffered
    state = "STOPPED" if not row.fires else "FINISHED" if is_over else "ACTIVE"
    is_missed = row.fires and row.next_run_at is not None and now - row.next_run_at > ALARM_AFTER
    return pb.Schedule(
        spec=spec_to_wire(row.schedule),
        service=service,
        description=describe(row.schedule),
        state=f"SCHEDULE_STATE_{state}",
        declared=row.schedule.is_declared,
        edited=row.is_edited,
        next_run_at=timestamp(row.next_run_at if row.fires else None),
        last_run_at=timestamp(row.last_run_at),
        last_fired_at=timestamp(row.last_fired_at),
        last_job_id=row.last_job_id or "",
        runs_made=row.runs_made,
        failures=row.failures,
        buffered=row.buffered,
        stop_reason=row.stop_reason if row.stopped_at else "" if row.fires else "its declaration says so",
        missed=is_missed,
        last_error=row.last_error,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        next_runs=timestamps(following(row, next_runs, now=now)),
    )


def timestamps(instants: Sequence[datetime]) -> list[Timestamp]:
    """Proto timestamps."""
    return [stamp for one in instants if (stamp := timestamp(one)) is not None]


def following(row: ScheduleRow, count: int, *, now: datetime) -> list[datetime]:
    """The next ticks of a schedule that fires."""
    tick = row.next_tick if row.fires else None
    found: list[datetime] = []
    left = count if row.schedule.max_runs is None else min(count, row.schedule.max_runs - row.runs_made)
    while tick is not None and len(found) < left:
        found.append(tick)
        tick = row.schedule.rhythm.after(max(tick, now) if len(found) == 1 else tick)
    return found


def spec_to_wire(schedule: Schedule) -> Any:
    """What a schedule says."""
    window, every = schedule.misfire_window, schedule.every
    return pb.ScheduleSpec(
        name=schedule.name,
        job=schedule.job,
        args_json=msgspec.json.encode(schedule.args).decode(),
        cron=schedule.cron,
        every_ms=None if every is None else every // MS,
        at=timestamp(schedule.at),
        timezone=schedule.timezone,
        starts_at=timestamp(schedule.starts_at),
        ends_at=timestamp(schedule.ends_at),
        max_runs=schedule.max_runs,
        jitter_ms=schedule.jitter // MS,
        run_on_init=schedule.run_on_init,
        misfire=f"MISFIRE_POLICY_{schedule.misfire.name}",
        misfire_window_ms=None if window is None else window // MS,
        misfire_max=schedule.misfire_max,
        overlap=f"OVERLAP_POLICY_{schedule.overlap.name}",
        pause_after=schedule.pause_after,
    )


def tick_to_wire(tick: PastTick) -> Any:
    """A tick and what came of it."""
    return pb.Tick(
        expected_at=timestamp(tick.tick),
        fired_at=timestamp(tick.fired_at),
        outcome=f"TICK_OUTCOME_{tick.outcome.upper()}",
        cause=tick.cause,
        stands_for=tick.stands_for,
        job_id=tick.job_id or "",
        job_state=tick.state or "",
        started_at=timestamp(tick.started_at),
        finished_at=timestamp(tick.finished_at),
        reason=tick.reason,
    )


def _optional(field: str) -> Callable[[Any], Any]:
    return lambda message: getattr(message, field) if message.HasField(field) else None


def _instant(field: str) -> Callable[[Any], datetime | None]:
    def read(message: Any) -> datetime | None:
        found = instant_of(message, field)
        return None if found is None else found.replace(microsecond=found.microsecond // 1000 * 1000)

    return read


def _duration(field: str) -> Callable[[Any], timedelta | None]:
    def read(message: Any) -> timedelta | None:
        given: int | None = _optional(field)(message) if field != "jitter_ms" else message.jitter_ms
        if given is not None and not 0 <= given <= MAX_INTERVAL // MS:
            most = MAX_INTERVAL // MS
            raise InvalidArgument(f"{field} must be from 0 to {most:,} milliseconds, got {given}", field=field)
        return None if given is None else given * MS

    return read


def _policy(field: str, known: dict[Any, Any], default: Any) -> Callable[[Any], Any]:
    def read(message: Any) -> Any:
        number = getattr(message, field)
        if number and number not in known:
            allowed = [one.value for one in known.values()]
            raise InvalidArgument(f"unknown {field} {number}", field=field, allowed=allowed)
        return known.get(number, default)

    return read


_READERS: dict[str, Callable[[Any], Any]] = {
    "name": lambda message: message.name,
    "job": lambda message: message.job,
    "args": lambda message: payloads.parse_object(message.args_json or "{}"),
    "cron": _optional("cron"),
    "every": _duration("every_ms"),
    "at": _instant("at"),
    "timezone": lambda message: message.timezone or "UTC",
    "starts_at": _instant("starts_at"),
    "ends_at": _instant("ends_at"),
    "max_runs": _optional("max_runs"),
    "jitter": _duration("jitter_ms"),
    "run_on_init": lambda message: message.run_on_init,
    "misfire": _policy("misfire", _MISFIRES, Misfire.FIRE_ONCE),
    "misfire_window": _duration("misfire_window_ms"),
    "misfire_max": lambda message: message.misfire_max if message.HasField("misfire_max") else 10,
    "overlap": _policy("overlap", _OVERLAPS, Overlap.SKIP),
    "pause_after": _optional("pause_after"),
}
