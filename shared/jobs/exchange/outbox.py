"""Owns what this service wants other services to do: rows written with its own work, sent after the commit.

It must never call another service: delivery does, outside every transaction.
"""

import uuid
from datetime import datetime
from typing import Any, NewType

import sqlalchemy as sa
import structlog

from shared import logs
from shared.db import UnitOfWork
from shared.errors import AlreadyExists, InvalidArgument, NotReady, UnknownService
from shared.jobs import payloads
from shared.jobs.admission import check_options
from shared.jobs.definitions import Arguments
from shared.jobs.limits import NAME
from shared.jobs.submission import Jobs

MessageId = NewType("MessageId", str)
log = structlog.get_logger(__name__)
#: Ids of messages with a key derive from (service, peer, job, key), so that a repeated submission is one message.
_MESSAGES = uuid.UUID("0b1d6a53-6f0e-5c43-8f3a-5b8a4f7c9e21")
CHANNEL = "millrace_outbox"
#: What was sent is kept for as long as a key shall find it; what failed is somebody's work to look at.
KEPT_SENT, KEPT_FAILED = "48 hours", "30 days"

_WRITE = sa.text("""
INSERT INTO outbox (id, peer, job, args, queue, priority, scheduled_for, request_id, state)
VALUES (:id, :peer, :job, CAST(:args AS jsonb), :queue, :priority, :scheduled_for, :request_id, 'waiting')
ON CONFLICT (id) DO NOTHING
""")


def submit_to(
    jobs: Jobs,
    peer: str,
    job: str,
    args: Arguments | dict[str, Any],
    *,
    key: str | None = None,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    within: UnitOfWork | None = None,
) -> MessageId:
    """Have another service run a job of its own: written now (with `within`, by its commit), delivered afterwards.

    A rollback leaves nothing. Messages to one peer are delivered in the order they were written, while it takes them.
    The same `key` for the same job is one message for 48 hours. What the peer refuses ends in `outbox_reads.failures`.

    Raises:
        UnknownService: MILLRACE_SERVICES does not name the peer.
        InvalidArgument, PayloadTooLarge: what no service would take. The peer alone knows its jobs and their arguments.
        AlreadyExists: the key was used with other arguments.
    """
    if peer not in jobs.peers:
        raise UnknownService(
            f"MILLRACE_SERVICES names no service {peer[:60]!r}; allowed: {', '.join(jobs.peers) or 'none'}",
            field="peer",
            allowed=jobs.peers,
        )
    check_options(priority=priority, scheduled_for=scheduled_for, key=key)
    values = {
        "id": _message_id(jobs.service, peer, job, key),
        "peer": peer,
        "job": _checked_name(job, "job"),
        "args": _encoded(args),
        "queue": _checked_name(queue, "queue") if queue else "",
        "priority": priority or 0,
        "scheduled_for": scheduled_for,
        "request_id": logs.request_id() or None,
    }
    if within is not None:
        return _write(within, values)
    with jobs.database.unit_of_work() as work:
        return _write(work, values)


def _write(work: UnitOfWork, values: dict[str, Any]) -> MessageId:
    if work.connection.execute(_WRITE, values).rowcount:
        # Inside the transaction, so that it is heard if and only if the row is there.
        work.connection.execute(
            sa.text("SELECT pg_notify(:channel, '')"), {"channel": f"{CHANNEL}_{work.database.schema}"}
        )
    else:
        _check_same(work, values)
    return MessageId(values["id"])


def _check_same(work: UnitOfWork, values: dict[str, Any]) -> None:
    is_same = work.connection.execute(
        sa.text("SELECT args = CAST(:args AS jsonb) FROM outbox WHERE id = :id"), values
    ).scalar()
    if is_same is False:
        raise AlreadyExists(f"the key of message {values['id']} was used with other arguments")


def _message_id(service: str, peer: str, job: str, key: str | None) -> str:
    return str(uuid.uuid5(_MESSAGES, f"{service}:{peer}:{job}:{key}") if key else uuid.uuid4())


def _encoded(args: Arguments | dict[str, Any]) -> str:
    if isinstance(args, dict):
        payloads.check(args)
    return payloads.encode(args)


def _checked_name(name: str, field: str) -> str:
    if not NAME.fullmatch(name):
        raise InvalidArgument(f"{field} {name[:60]!r} must match {NAME.pattern}", field=field)
    return name


def send_again(work: UnitOfWork, message_id: str) -> None:
    """Have a failed message tried anew, under its old id: a peer that took it within 48 hours does nothing twice.

    It does not hold up the messages that were written after it. Raises NotReady unless it has failed.
    """
    revived = work.connection.execute(
        sa.text(
            "UPDATE outbox SET state = 'waiting', attempts = 0, keeps_order = FALSE, tried_at = NULL, "
            "created_at = clock_timestamp(), next_at = clock_timestamp(), finished_at = NULL "
            "WHERE id = CAST(:id AS uuid) AND state = 'failed'"
        ),
        {"id": message_id},
    )
    if not revived.rowcount:
        raise NotReady(f"message {message_id} has not failed; only a failed one can be sent again")


def sweep(work: UnitOfWork, *, limit: int) -> int:
    """Delete up to `limit` messages of each end that have been kept long enough; the larger count."""
    counts = {}
    for state, kept in (("sent", KEPT_SENT), ("failed", KEPT_FAILED)):
        statement = """
        DELETE FROM outbox USING (
          SELECT seq FROM outbox WHERE state = :state AND finished_at < now() - CAST(:kept AS interval)
          ORDER BY finished_at LIMIT :limit FOR UPDATE SKIP LOCKED
        ) AS gone WHERE outbox.seq = gone.seq
        """
        values = {"state": state, "kept": kept, "limit": limit}
        counts[state] = work.connection.execute(sa.text(statement), values).rowcount
    if counts["failed"]:
        log.warning("failed messages deleted", messages=counts["failed"], kept=KEPT_FAILED)
    return max(counts.values())
