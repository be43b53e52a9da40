"""Owns the writes of flows: rows, the count of what is live, the end. It must never commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.states import State

#: Ends are counted in the flow's row, not by looking at its nodes: two that end at once do not see each other.
_COUNT = sa.text("""
WITH counted AS MATERIALIZED (
  SELECT flow_id, count(*) AS nodes FROM flow_node WHERE job_id = ANY(CAST(:ids AS uuid[])) GROUP BY flow_id
), locked AS MATERIALIZED (
  SELECT counted.* FROM counted JOIN flow ON flow.id = counted.flow_id ORDER BY flow.id FOR NO KEY UPDATE OF flow
)
UPDATE flow SET live = live - CAST(:sign AS integer) * locked.nodes
FROM locked WHERE flow.id = locked.flow_id RETURNING flow.id::text, flow.live
""")

#: A flow ends as its sinks do; callbacks follow it and do not decide. Who cancelled it has said so before.
_FINISH = sa.text("""
UPDATE flow SET finished_at = clock_timestamp(), state = CASE WHEN flow.state <> 'running' THEN flow.state ELSE (
  SELECT CASE WHEN bool_or(job.state IN ('dead', 'expired')) THEN 'dead'
              WHEN bool_or(job.state = 'cancelled') THEN 'cancelled' ELSE 'completed' END
  FROM flow_node JOIN job ON job.id = flow_node.job_id
  WHERE flow_node.flow_id = flow.id AND flow_node.kind = 'node' AND flow_node.is_sink) END
WHERE flow.id = ANY(CAST(:ids AS uuid[])) AND flow.finished_at IS NULL
""")

_REOPEN = sa.text("""
UPDATE flow SET finished_at = NULL, state = 'running', reason = ''
WHERE id = ANY(CAST(:ids AS uuid[]))
""")

_ADD = sa.text("""
INSERT INTO flow (id, name, nodes, live, request_id, timeout_ms, deadline)
VALUES (:id, :name, :nodes, :nodes, :request_id, CAST(:timeout_ms AS bigint),
        clock_timestamp() + CAST(:timeout_ms AS bigint) * interval '1 millisecond')
""")

_ADD_NODES = sa.text("""
INSERT INTO flow_node (flow_id, key, job_id, position, kind, is_sink)
SELECT CAST(:id AS uuid), s.key, s.job_id, s.position, s.kind, s.is_sink
FROM json_to_recordset(CAST(:batch AS json))
  AS s (key text, job_id uuid, position integer, kind text, is_sink boolean)
""")

#: The flow is told of every node's end; is_keyed: retention keeps the rows for a day.
_MARK_NODES = sa.text("UPDATE job SET is_awaited = TRUE, is_keyed = TRUE WHERE id = ANY(CAST(:ids AS uuid[]))")

#: In the order of ids, as all batches are.
_LOCK_NODES = sa.text("""
SELECT job.id::text, job.state, flow_node.kind, job.wait_reason = 'dependencies'
FROM flow_node JOIN job ON job.id = flow_node.job_id WHERE flow_node.flow_id = CAST(:id AS uuid)
ORDER BY job.id FOR NO KEY UPDATE OF job
""")

_CLOSE = sa.text("""
UPDATE flow SET state = :state, reason = :reason
WHERE id = CAST(:id AS uuid) AND state = 'running' AND finished_at IS NULL
""")

_RENEW = sa.text("""
UPDATE flow SET deadline = clock_timestamp() + timeout_ms * interval '1 millisecond' WHERE id = CAST(:id AS uuid)
""")

_OVERDUE = sa.text("""
SELECT id::text, deadline FROM flow WHERE finished_at IS NULL AND deadline < clock_timestamp() AND state = 'running'
  AND (CAST(:id AS uuid) IS NULL OR (deadline, id) > (CAST(:deadline AS timestamptz), CAST(:id AS uuid)))
ORDER BY deadline, id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class NewFlow:
    """A flow to be; `timeout_ms` is None for no end."""

    id: str
    name: str
    request_id: str | None
    timeout_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """A node to be; its position is its place among the others."""

    key: str
    job_id: str
    kind: str
    is_sink: bool


@dataclass(frozen=True, slots=True)
class LockedNode:
    """A node's job, locked."""

    job_id: str
    state: State
    kind: str
    #: It waits for other jobs; a blocked one that does not, waits for another service.
    is_waiting: bool


def add(work: UnitOfWork, flow: NewFlow, nodes: Sequence[NewNode]) -> None:
    """Write a flow and its nodes, whose job rows are written already."""
    values = {"id": flow.id, "name": flow.name, "request_id": flow.request_id, "timeout_ms": flow.timeout_ms}
    work.connection.execute(_ADD, {**values, "nodes": len(nodes)})
    batch = [
        {"key": node.key, "job_id": node.job_id, "position": at, "kind": node.kind, "is_sink": node.is_sink}
        for at, node in enumerate(nodes)
    ]
    work.connection.execute(_ADD_NODES, {"id": flow.id, "batch": msgspec.json.encode(batch).decode()})
    work.connection.execute(_MARK_NODES, {"ids": [node.job_id for node in nodes]})


def lock_nodes(work: UnitOfWork, flow_id: str) -> list[LockedNode]:
    """Every node whose job is still there, locked: none of them ends meanwhile."""
    rows = work.connection.execute(_LOCK_NODES, {"id": flow_id})
    return [LockedNode(row[0], State(row[1]), row[2], row[3]) for row in rows]


def close(work: UnitOfWork, flow_id: str, *, state: State, reason: str) -> bool:
    """Say how a live flow is to end, whatever its nodes do; False when it has ended, or it was said before."""
    values = {"id": flow_id, "state": state, "reason": reason}
    return bool(work.connection.execute(_CLOSE, values).rowcount)


def renew_deadline(work: UnitOfWork, flow_id: str) -> None:
    """A flow that goes on has all its time again."""
    work.connection.execute(_RENEW, {"id": flow_id})


@dataclass(frozen=True, slots=True)
class Overdue:
    """A flow whose time is over, and who has not been told."""

    id: str
    deadline: datetime


def overdue(work: UnitOfWork, *, limit: int, after: Overdue | None = None) -> list[Overdue]:
    """A page of such flows, those that are late for longest first."""
    place = {"id": after.id if after else None, "deadline": after.deadline if after else None}
    return [Overdue(row[0], row[1]) for row in work.connection.execute(_OVERDUE, {**place, "limit": limit})]


def count_ended(work: UnitOfWork, ids: Sequence[str]) -> None:
    """Jobs went from live to final in this transaction; a flow whose last one that was has ended."""
    if not ids:
        return
    rows = list(work.connection.execute(_COUNT, {"ids": list(ids), "sign": 1}))
    over = [row[0] for row in rows if row[1] <= 0]
    if over:
        work.connection.execute(_FINISH, {"ids": over})


def count_revived(work: UnitOfWork, ids: Sequence[str]) -> None:
    """Jobs went from final to live in this transaction; their flows go on."""
    rows = list(work.connection.execute(_COUNT, {"ids": list(ids), "sign": -1}))
    if rows:
        work.connection.execute(_REOPEN, {"ids": [row[0] for row in rows]})
