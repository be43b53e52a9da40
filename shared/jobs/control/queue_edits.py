"""Owns what people change of a queue: pause, resume, its limits; committed, copied, then acknowledged (rule 14).

It must never acknowledge what the index has not got.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.control.subjects import known_queue
from shared.jobs.definitions import Queue, Rate
from shared.jobs.gate_settings import checked_until
from shared.jobs.queue_settings import QueueSetting, copy_setting, declared, read
from shared.jobs.submission import Jobs

MAX_RUNNING_MAX = 100_000
WINDOW_DEFAULT_MS = 60_000
AGE_MAX_MS = 366 * 86_400_000

_KEEP = sa.text("""
INSERT INTO queue_setting (queue, version, is_paused, paused_until, slots, max_running, rate, window_ms,
                           group_max_running, age_ms, is_edited)
VALUES (:queue, :version, :is_paused, :paused_until, :slots, :max_running, :rate, :window_ms,
        :group_max_running, :age_ms, :is_edited)
ON CONFLICT (queue) DO UPDATE SET version = excluded.version, is_paused = excluded.is_paused,
  paused_until = excluded.paused_until, slots = excluded.slots,
  max_running = excluded.max_running, rate = excluded.rate, window_ms = excluded.window_ms,
  group_max_running = excluded.group_max_running, age_ms = excluded.age_ms,
  is_edited = excluded.is_edited
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What shall be different of a queue; None leaves a thing as it is, 0 takes a limit away."""

    slots: int | None = None
    max_running: int | None = None
    rate: int | None = None
    window_ms: int | None = None
    #: Of any one group.
    group_max_running: int | None = None
    #: When a lower priority has waited long enough for a tenth of the starts.
    age_ms: int | None = None
    #: Back to what code declares, which is followed again from then on.
    is_reset: bool = False


def pause(jobs: Jobs, queue: str, *, until: datetime | None = None) -> QueueSetting:
    """No job of this queue starts any more, for good or until then; those that run go on. Safe to repeat.

    Raises UnknownQueue; InvalidArgument for an end that has passed, has no zone, or is more than 366 days ahead.
    """
    return _set_paused(jobs, queue, is_paused=True, until=checked_until(until))


def resume(jobs: Jobs, queue: str) -> QueueSetting:
    """Jobs of this queue start again. Safe to repeat."""
    return _set_paused(jobs, queue, is_paused=False, until=None)


def edit(jobs: Jobs, queue: str, wanted: Limits) -> QueueSetting:
    """Change a queue's limits for all processes; boot does not overwrite them any more.

    Raises UnknownQueue, InvalidArgument naming the field; StoreUnavailable: what was committed reaches the index when
    Redis is back.
    """
    if wanted == Limits():
        allowed = ["slots", "max_running", "rate_limit", "rate_window_ms", "group_max_running", "age_ms", "reset"]
        raise InvalidArgument("nothing is asked for; give at least one of these", field="settings", allowed=allowed)
    if wanted.is_reset and wanted != Limits(is_reset=True):
        raise InvalidArgument("reset goes back to what code declares; give nothing beside it", field="reset")
    known_queue(jobs, queue)
    with jobs.database.unit_of_work() as work:
        now = _locked(jobs, work, queue)
        if wanted.is_reset:
            code = declared(jobs.catalogue.queues[queue])
            after = replace(code, version=now.version + 1, is_paused=now.is_paused, paused_until=now.paused_until)
        else:
            after = _edited(now, wanted)
        _keep(work, after, is_edited=not wanted.is_reset)
    return _copied(jobs, after)


def adapt(jobs: Jobs, queue: str, choose: Callable[[UnitOfWork, QueueSetting], int]) -> QueueSetting:
    """Set the slots that `choose` finds under the lock; boot may still bring it back to what code declares."""
    known_queue(jobs, queue)
    with jobs.database.unit_of_work() as work:
        now = _locked(jobs, work, queue)
        slots = choose(work, now)
        if slots == now.slots:
            return now
        after = replace(now, slots=slots, version=now.version + 1)
        _keep(work, after, is_edited=None)
    return _copied(jobs, after)


def _set_paused(jobs: Jobs, queue: str, *, is_paused: bool, until: datetime | None) -> QueueSetting:
    known_queue(jobs, queue)
    with jobs.database.unit_of_work() as work:
        now = _locked(jobs, work, queue)
        after = replace(now, is_paused=is_paused, paused_until=until)
        if after != now:
            after = replace(after, version=now.version + 1)
        _keep(work, after, is_edited=None)
    return _copied(jobs, after)


def _locked(jobs: Jobs, work: UnitOfWork, queue: str) -> QueueSetting:
    """The setting, held until the transaction ends; what code declares where no scheduler has written it yet."""
    values = {"name": f"queue.{jobs.service}.{queue}"}
    work.connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), values)
    work.connection.execute(sa.text("SELECT 1 FROM queue_setting WHERE queue = :queue FOR UPDATE"), {"queue": queue})
    known = {setting.queue: setting for setting in read(work)}
    return known.get(queue) or declared(jobs.catalogue.queues[queue])


def _edited(now: QueueSetting, wanted: Limits) -> QueueSetting:
    rate = now.rate if wanted.rate is None else wanted.rate
    window_ms = now.window_ms if wanted.window_ms is None else wanted.window_ms
    after = replace(
        now,
        version=now.version + 1,
        slots=now.slots if wanted.slots is None else wanted.slots,
        max_running=now.max_running if wanted.max_running is None else wanted.max_running,
        rate=rate,
        window_ms=(window_ms or WINDOW_DEFAULT_MS) if rate else 0,
        group_max_running=now.group_max_running if wanted.group_max_running is None else wanted.group_max_running,
        age_ms=now.age_ms if wanted.age_ms is None else wanted.age_ms,
    )
    _check(after, wanted)
    return after


def _check(after: QueueSetting, wanted: Limits) -> None:
    """The same bounds as a declaration; the errors name the fields as people give them."""
    if wanted.window_ms is not None and not after.rate:
        raise InvalidArgument("rate_window_ms needs a rate_limit", field="rate_window_ms")
    for field, limit in (("max_running", after.max_running), ("group_max_running", after.group_max_running)):
        if not 0 <= limit <= MAX_RUNNING_MAX:
            raise InvalidArgument(f"{field} must be from 0 (no limit) to {MAX_RUNNING_MAX:,}, got {limit}", field=field)
    if not 0 <= after.age_ms <= AGE_MAX_MS:
        raise InvalidArgument(f"age_ms must be from 0 to {AGE_MAX_MS:,}, got {after.age_ms}", field="age_ms")
    try:
        Queue(after.queue, slots=after.slots)
        if after.rate:
            Rate(after.rate, timedelta(milliseconds=after.window_ms))
    except InvalidArgument as error:
        words = {"rate": "rate_limit", "per": "rate_window_ms"}
        raise InvalidArgument(str(error), field=words.get(error.field, error.field)) from error


def _keep(work: UnitOfWork, after: QueueSetting, *, is_edited: bool | None) -> None:
    """Write the row; None leaves the mark of an edit as it is."""
    if is_edited is None:
        known = work.connection.execute(
            sa.text("SELECT is_edited FROM queue_setting WHERE queue = :queue"), {"queue": after.queue}
        ).scalar()
        is_edited = bool(known)
    values = {
        "queue": after.queue, "version": after.version, "is_paused": after.is_paused,
        "paused_until": after.paused_until, "slots": after.slots, "group_max_running": after.group_max_running,
        "age_ms": after.age_ms,
        "max_running": after.max_running, "rate": after.rate, "window_ms": after.window_ms, "is_edited": is_edited,
    }  # fmt: skip
    work.connection.execute(_KEEP, values)


def _copied(jobs: Jobs, after: QueueSetting) -> QueueSetting:
    """Acknowledge only what the index has; a newer version that is there already is as good."""
    copy_setting(jobs, after)
    return after
