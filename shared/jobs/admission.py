"""Owns what is checked of a submission before any store is touched. It must never write anything."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from shared import clock, logs
from shared.errors import InvalidArgument, UnknownJob, UnknownQueue
from shared.jobs import payloads
from shared.jobs.definitions import Arguments, Catalogue, JobDefinition, Priority
from shared.jobs.dependencies import Dependency, checked_dependencies, checked_ratio
from shared.jobs.key_requests import NO_KEYS, Keys, keyed
from shared.jobs.ledger.edges import Wait
from shared.jobs.ledger.records import JobId, Submission
from shared.jobs.time_requests import timed
from shared.jobs.times import Times

HORIZON = timedelta(days=366)
_PRIORITIES = frozenset(Priority)
#: The two highest bits of this hexadecimal digit are the UUID's variant.
_VARIANT = {f"{digit:x}": f"{8 + digit % 4:x}" for digit in range(16)}


@dataclass(frozen=True, slots=True)
class Request:
    """Where a submission comes from: a schedule's tick, a parent job, a request of a user. `id` makes it repeatable."""

    id: JobId | None = None
    tick: datetime | None = None
    parent_id: str | None = None
    request_id: str | None = None


_NOBODY = Request()


def prepare(
    catalogue: Catalogue,
    definition: JobDefinition[Any, Any] | str,
    args: Arguments | dict[str, Any],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    idempotency_key: str | None = None,
    group: str | None = None,
    request: Request | None = None,
    keys: Keys = NO_KEYS,
    timeout: timedelta | None = None,
    times: Times | None = None,
) -> Submission:
    """Check everything that can be wrong with a submission, before any store is touched."""
    known = _known(catalogue, definition)
    form = _form(catalogue, known, queue=queue, priority=priority, scheduled_for=scheduled_for)
    if timeout is not None or times is not None or known.times.result_ttl is not None:
        form = timed(form, known, timeout, times)
    source = request or _NOBODY
    typed = _typed(known, args)
    args_json = payloads.encode(typed)
    if keys is not NO_KEYS or known.unique is not None:
        form = keyed(form, known, typed, args_json, keys)
    return replace(
        form,
        id=source.id or fresh_id(clock.epoch_ms(clock.now())),
        args_json=args_json,
        group_key=checked_group(known.group_of(typed) if group is None else group),
        tick=source.tick,
        parent_id=source.parent_id,
        request_id=source.request_id or logs.request_id() or None,
        idempotency_key=_checked_key(idempotency_key),
    )


def prepare_many(
    catalogue: Catalogue,
    definition: JobDefinition[Any, Any] | str,
    many: Sequence[Arguments | dict[str, Any]],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    group: str | None = None,
    keys: Keys = NO_KEYS,
    timeout: timedelta | None = None,
    times: Times | None = None,
) -> list[Submission]:
    """Check many submissions of one job as prepare does; what they share is checked once."""
    known = _known(catalogue, definition)
    form = _form(catalogue, known, queue=queue, priority=priority, scheduled_for=scheduled_for)
    if timeout is not None or times is not None or known.times.result_ttl is not None:
        form = timed(form, known, timeout, times)
    form = replace(form, request_id=logs.request_id() or None)
    is_keyed = keys is not NO_KEYS or known.unique is not None
    made = []
    for job_id, args in zip(fresh_ids(clock.epoch_ms(clock.now()), len(many)), many, strict=True):
        typed = _typed(known, args)
        key = checked_group(known.group_of(typed) if group is None else group)
        args_json, its = payloads.encode(typed), form
        if is_keyed:
            its = keyed(form, known, typed, args_json, keys)
        made.append(replace(its, id=job_id, args_json=args_json, group_key=key))
    return made


def prepare_wait(
    submission: Submission, depends_on: Sequence[Dependency | str], ratio: float | Decimal | None
) -> Wait | None:
    """What the job is to wait for; None for nothing."""
    if not depends_on:
        if ratio is not None:
            raise InvalidArgument("min_success_ratio needs depends_on", field="min_success_ratio")
        return None
    if not submission.is_durable:
        raise InvalidArgument("a job with durable=False keeps no row, so it cannot wait", field="depends_on")
    if submission.is_keyed:
        other = "sequence" if submission.sequence else "unique"
        raise InvalidArgument(
            f"depends_on and {other} exclude each other: a job waits for jobs, or by its key", field="depends_on"
        )
    parents = checked_dependencies(depends_on)
    return Wait(job_id=submission.id, parents=parents, min_success_ratio=checked_ratio(ratio))


def fresh_id(at_ms: int) -> JobId:
    """A version 7 UUID: 74 random bits after the time, so that new rows are neighbours in every index on the id."""
    return fresh_ids(at_ms, 1)[0]


def fresh_ids(at_ms: int, count: int) -> list[JobId]:
    """Ids as fresh_id makes them; asking the kernel for their bits one by one costs as much as all the rest."""
    noise, time = os.urandom(10 * count).hex(), f"{at_ms:012x}"
    head = f"{time[:8]}-{time[8:]}-7"
    return [
        JobId(f"{head}{noise[at : at + 3]}-{_VARIANT[noise[at + 3]]}{noise[at + 4 : at + 7]}-{noise[at + 7 : at + 19]}")
        for at in range(0, 20 * count, 20)
    ]


def _form(
    catalogue: Catalogue,
    known: JobDefinition[Any, Any],
    *,
    queue: str | None,
    priority: int | None,
    scheduled_for: datetime | None,
) -> Submission:
    """A submission without what tells it from the next one."""
    name = _checked_queue(catalogue, queue or known.queue.name)
    return Submission(
        id=JobId(""),
        name=known.name,
        queue=name,
        priority=_checked_priority(int(known.priority if priority is None else priority)),
        args_json="",
        attempts_max=catalogue.attempts_of(known),
        timeout_ms=known.timeout // timedelta(milliseconds=1),
        scheduled_for=_checked_time(scheduled_for),
        is_durable=known.is_durable,
        times=known.times if known.times.are_kept else None,
    )


def _typed(known: JobDefinition[Any, Any], args: Arguments | dict[str, Any]) -> Arguments:
    return payloads.typed(known.arguments, args) if isinstance(args, dict) else args


def _known(catalogue: Catalogue, definition: JobDefinition[Any, Any] | str) -> JobDefinition[Any, Any]:
    name = definition if isinstance(definition, str) else definition.name
    known = catalogue.jobs.get(name)
    if known is None:
        allowed = sorted(catalogue.jobs)
        raise UnknownJob(
            f"{catalogue.service} has no job {name[:60]!r}; allowed: {', '.join(allowed)}",
            field="name",
            allowed=allowed,
        )
    return known


def _checked_queue(catalogue: Catalogue, name: str) -> str:
    if name not in catalogue.queues:
        allowed = sorted(catalogue.queues)
        raise UnknownQueue(
            f"{catalogue.service} has no queue {name[:60]!r}; allowed: {', '.join(allowed)}",
            field="queue",
            allowed=allowed,
        )
    return name


def _checked_priority(level: int) -> int:
    if level not in _PRIORITIES:
        allowed = [str(int(value)) for value in Priority]
        raise InvalidArgument(
            f"priority must be from 1 (critical) to 5 (batch), got {level}", field="priority", allowed=allowed
        )
    return level


def _checked_time(scheduled_for: datetime | None) -> datetime | None:
    if scheduled_for is None:
        return None
    if scheduled_for.tzinfo is None:
        raise InvalidArgument("scheduled_for must carry a time zone", field="scheduled_for")
    if scheduled_for > clock.now() + HORIZON:
        raise InvalidArgument("scheduled_for may be at most 366 days ahead", field="scheduled_for")
    return scheduled_for


def _checked_key(key: str | None) -> str | None:
    if key is None or key == "":
        return None
    if len(key) > 200 or not key.isprintable():
        raise InvalidArgument("idempotency_key must be at most 200 printable characters", field="idempotency_key")
    return key


def check_options(*, priority: int | None, scheduled_for: datetime | None, key: str | None) -> None:
    """Raise InvalidArgument for what no service takes, whatever its jobs and queues are called."""
    _checked_priority(int(Priority.NORMAL if priority is None else priority))
    _checked_time(scheduled_for)
    _checked_key(key)


def check_move(
    catalogue: Catalogue, *, queue: str | None, priority: int | None, scheduled_for: datetime | None
) -> None:
    """Refuse what no submission could ask for, when it is asked of a job that waits."""
    if queue is not None:
        _checked_queue(catalogue, queue)
    if priority is not None:
        _checked_priority(priority)
    _checked_time(scheduled_for)


def checked_group(group: str) -> str:
    """A concurrency key as it may be kept. Raises InvalidArgument."""
    if len(group) > 200 or not group.isprintable():
        raise InvalidArgument("group must be at most 200 printable characters", field="group")
    return group
