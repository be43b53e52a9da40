"""Owns what people may see of the outbox: what waits, and what failed and why. It must never change a message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.exchange.outbox import MessageId

PAGE_MAX = 500
#: Counting stops here; beyond it the number is of no more use than "many".
COUNT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands. `error` is of its latest failed try: type, message and the field that was wrong."""

    id: MessageId
    peer: str
    job: str
    args: dict[str, Any]
    state: str
    attempts: int
    error: dict[str, Any] | None
    peer_job_id: str | None
    created_at: datetime
    next_at: datetime
    finished_at: datetime | None
    #: job, node (of a flow), outcome (of such a one) or withdrawal.
    kind: str


COLUMNS = "id::text, peer, job, args, state, attempts, error, peer_job_id::text, created_at, next_at, finished_at, kind"


def get(work: UnitOfWork, message_id: str) -> Message | None:
    """One message, as long as it is kept."""
    statement = f"SELECT {COLUMNS} FROM outbox WHERE id = CAST(:id AS uuid)"  # noqa: S608  # constant columns
    row = work.connection.execute(sa.text(statement), {"id": message_id}).one_or_none()
    return Message(*row) if row is not None else None


def failures(work: UnitOfWork, *, limit: int, before: datetime | None = None) -> list[Message]:
    """Messages given up on, newest first; a page ends where the next begins with its last `finished_at`."""
    if not 1 <= limit <= PAGE_MAX:
        raise InvalidArgument(f"limit must be from 1 to {PAGE_MAX}, got {limit}", field="limit")
    statement = f"""
    SELECT {COLUMNS} FROM outbox
    WHERE state = 'failed' AND finished_at IS NOT NULL
      AND finished_at < coalesce(CAST(:before AS timestamptz), 'infinity')
    ORDER BY finished_at DESC LIMIT :limit
    """  # noqa: S608  # constant columns
    rows = work.connection.execute(sa.text(statement), {"limit": limit, "before": before})
    return [Message(*row) for row in rows]


def waiting(work: UnitOfWork) -> dict[str, int]:
    """How many messages wait for each peer; counts no further than 10,000 in all."""
    statement = """
    SELECT peer, count(*) FROM (SELECT peer FROM outbox WHERE state = 'waiting' LIMIT :most) AS counted GROUP BY peer
    """
    return {row[0]: row[1] for row in work.connection.execute(sa.text(statement), {"most": COUNT_MAX})}


def advice(work: UnitOfWork) -> str | None:
    """None while no message has failed, else the newest one and why; for health checks."""
    newest = failures(work, limit=1)
    if not newest:
        return None
    message = newest[0]
    error = message.error or {}
    return (
        f"messages to other services have failed; the newest: {message.job} to {message.peer}, "
        f"{error.get('type', '')}: {str(error.get('message', ''))[:200]}"
    )
