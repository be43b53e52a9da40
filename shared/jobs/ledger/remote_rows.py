"""Owns the rows that stand for jobs of other services: sent by the outbox, ended by what their service says.

It must never commit, and never let one into the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger.records import Job
from shared.jobs.states import State

#: No queue of a service is called so.
_MARK = "@"

_ADD = sa.text("""
INSERT INTO remote_node (job_id, peer, queue)
SELECT s.job_id, s.peer, s.queue FROM json_to_recordset(CAST(:batch AS json)) AS s (job_id uuid, peer text, queue text)
""")

#: The message's id derives from job and generation: a retry of the flow is another message.
_SEND = sa.text("""
WITH sent AS (
  UPDATE remote_node SET message_id = CAST(md5(job.id::text || ':' || job.generation) AS uuid), peer_job_id = NULL,
                         is_over = FALSE
  FROM job WHERE job.id = remote_node.job_id AND job.id = ANY(CAST(:ids AS uuid[]))
  RETURNING remote_node.message_id, remote_node.peer, remote_node.queue, job.name, job.args, job.priority,
            job.scheduled_for, job.request_id, job.seq
)
INSERT INTO outbox (id, peer, kind, job, args, queue, priority, scheduled_for, request_id, state)
SELECT message_id, peer, 'node', name, args, queue, priority, scheduled_for, request_id, 'waiting' FROM sent
ORDER BY seq
""")

_HOLD = sa.text("""
UPDATE job SET state = 'blocked', wait_reason = 'remote', pushed_at = clock_timestamp()
WHERE id = ANY(CAST(:ids AS uuid[]))
""")

_OPEN = sa.text("""
SELECT remote_node.job_id::text, remote_node.peer, remote_node.message_id::text,
       coalesce(remote_node.peer_job_id, outbox.peer_job_id)::text, job.state,
       coalesce(outbox.state, 'sent'), coalesce(outbox.error ->> 'message', '')
FROM remote_node JOIN job ON job.id = remote_node.job_id LEFT JOIN outbox ON outbox.id = remote_node.message_id
WHERE remote_node.message_id IS NOT NULL AND NOT remote_node.is_over AND remote_node.job_id > CAST(:after AS uuid)
ORDER BY remote_node.job_id LIMIT :limit
""")

#: Not locked: the end that follows locks the job first, as a cancel does.
_SENT = sa.text("""
SELECT remote_node.peer, coalesce(remote_node.peer_job_id, outbox.peer_job_id)::text
FROM remote_node LEFT JOIN outbox ON outbox.id = remote_node.message_id
WHERE remote_node.message_id = CAST(:id AS uuid)
""")
_NAME = sa.text("UPDATE remote_node SET peer_job_id = CAST(:peer_job_id AS uuid) WHERE message_id = CAST(:id AS uuid)")
_OVER = sa.text("UPDATE remote_node SET is_over = TRUE WHERE message_id = CAST(:id AS uuid)")
#: Only while the message is the newest: what an earlier generation came to is history.
_END = sa.text("""
UPDATE job SET state = :state, result = CAST(:result AS jsonb), error = CAST(:error AS jsonb), wait_reason = '',
               finished_at = clock_timestamp(), attempts_made = 1
FROM remote_node WHERE remote_node.job_id = job.id AND remote_node.message_id = CAST(:id AS uuid)
  AND job.finished_at IS NULL AND job.wait_reason = 'remote'
RETURNING job.id::text, job.is_awaited
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRemote:
    """A job row that is to stand for one of `peer`; `queue` is one of the peer's, or empty."""

    job_id: str
    peer: str
    queue: str


@dataclass(frozen=True, slots=True)
class OpenRemote:
    """One that was sent, and about which something is still to be asked or told."""

    job_id: str
    peer: str
    message_id: str
    peer_job_id: str | None
    state: State
    outbox_state: str
    outbox_error: str


def queue_for(peer: str) -> str:
    """What stands in the queue column of a row that another service's job stands behind."""
    return f"{_MARK}{peer}"


def stands_for_another(job: Job) -> bool:
    """True when another service runs what this row tells of."""
    return job.queue.startswith(_MARK)


def add(work: UnitOfWork, nodes: Sequence[NewRemote]) -> None:
    """Write whose jobs these rows stand for."""
    batch = [{"job_id": node.job_id, "peer": node.peer, "queue": node.queue} for node in nodes]
    work.connection.execute(_ADD, {"batch": msgspec.json.encode(batch).decode()})


def send(work: UnitOfWork, jobs: Sequence[Job]) -> None:
    """Nothing here holds them up any more: the outbox has them by this transaction's commit."""
    ids = {"ids": [job.id for job in jobs]}
    work.connection.execute(_SEND, ids)
    work.connection.execute(_HOLD, ids)
    work.connection.execute(sa.text("SELECT pg_notify('millrace_outbox_' || current_schema(), '')"))


def sent_apart(work: UnitOfWork, jobs: Sequence[Job]) -> list[Job]:
    """Send those that are others' to run; returns our own."""
    remote = [job for job in jobs if stands_for_another(job)]
    if remote:
        send(work, remote)
    return [job for job in jobs if not stands_for_another(job)]


def open_page(work: UnitOfWork, *, after: str, limit: int) -> list[OpenRemote]:
    """Sent ones that are not over, by id."""
    rows = work.connection.execute(_OPEN, {"after": after, "limit": limit})
    return [OpenRemote(*row[:4], State(row[4]), *row[5:]) for row in rows]  # type: ignore[call-arg]  # a row has seven


def sent_to(work: UnitOfWork, message_id: str) -> tuple[str, str | None] | None:
    """Which service a node's newest message went to, and which job that has made of it, as far as is known."""
    row = work.connection.execute(_SENT, {"id": message_id}).one_or_none()
    return None if row is None else (row[0], row[1])


def name(work: UnitOfWork, message_id: str, peer_job_id: str) -> None:
    """Remember which job the peer has made: it forgets messages sooner than jobs."""
    work.connection.execute(_NAME, {"id": message_id, "peer_job_id": peer_job_id})


def close(work: UnitOfWork, message_id: str) -> None:
    """Nothing more is to be asked or told."""
    work.connection.execute(_OVER, {"id": message_id})


def end(work: UnitOfWork, message_id: str, *, state: State, result: str | None, error: str) -> tuple[str, bool] | None:
    """Give a row the end of the job it stands for: its id and whether it is awaited; None when it is not live."""
    failure = {"type": "RemoteFailed", "message": error, "traceback": "", "reason": "remote"}
    values = {
        "id": message_id,
        "state": state,
        "result": (result or "null") if state is State.COMPLETED else None,
        "error": None if state is State.COMPLETED else msgspec.json.encode(failure).decode(),
    }
    row = work.connection.execute(_END, values).one_or_none()
    close(work, message_id)
    return None if row is None else (row[0], row[1])
