"""Owns what is checked of a submission before any store is touched. It must never write anything."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared import clock
from shared.errors import InvalidArgument, UnknownJob, UnknownQueue
from shared.jobs import payloads
from shared.jobs.definitions import Arguments, Catalogue, JobDefinition, Priority
from shared.jobs.ledger.records import JobId, Submission

HORIZON = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Request:
    """Where a submission comes from: a schedule's tick, a parent job, a request of a user. `id` makes it repeatable."""

    id: JobId | None = None
    tick: datetime | None = None
    parent_id: str | None = None
    request_id: str | None = None


def prepare(
    catalogue: Catalogue,
    definition: JobDefinition[Any, Any] | str,
    args: Arguments | dict[str, Any],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    idempotency_key: str | None = None,
    request: Request | None = None,
) -> Submission:
    """Check everything that can be wrong with a submission, before any store is touched."""
    known = _known(catalogue, definition)
    name = _checked_queue(catalogue, queue or known.queue.name)
    level = _checked_priority(int(known.priority if priority is None else priority))
    if isinstance(args, dict):
        payloads.check(args)
        args = payloads.typed(known.arguments, args)
    source = request or Request()
    return Submission(
        id=source.id or JobId(str(uuid.uuid4())),
        name=known.name,
        queue=name,
        priority=level,
        args_json=payloads.encode(args),
        attempts_max=catalogue.attempts_of(known),
        timeout_ms=known.timeout // timedelta(milliseconds=1),
        scheduled_for=_checked_time(scheduled_for),
        tick=source.tick,
        parent_id=source.parent_id,
        request_id=source.request_id,
        idempotency_key=_checked_key(idempotency_key),
        is_durable=known.is_durable,
    )


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
    if level not in set(Priority):
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
