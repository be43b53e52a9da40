"""Owns the reads of flows and of what a job's parents have left for it. It must never write."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shared.db import Database, UnitOfWork
from shared.errors import NotFound, PayloadTooLarge
from shared.jobs.states import State

#: All that a job may ask of its parents at once.
RESULTS_MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FlowNode:
    """One job of a flow; state is None when its row has been deleted."""

    key: str
    kind: str
    job_id: str
    name: str
    queue: str
    state: State | None
    attempts_made: int
    error_message: str
    started_at: datetime | None
    finished_at: datetime | None
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow and how it stands; `live` counts what has not ended, callbacks included."""

    id: str
    name: str
    state: str
    reason: str
    live: int
    request_id: str
    created_at: datetime
    deadline: datetime | None
    finished_at: datetime | None
    nodes: tuple[FlowNode, ...]

    def node(self, key: str) -> FlowNode:
        """The node of this key."""
        return next(node for node in self.nodes if node.key == key)


@dataclass(frozen=True, slots=True)
class ParentResult:
    """What one of those that a job has waited for came to. `result` is None unless it completed and is still kept."""

    key: str
    job_id: str
    state: State
    result: Any
    error_message: str


_FLOW = sa.text("""
SELECT id::text, name, state, reason, live, coalesce(request_id, ''), created_at, deadline, finished_at
FROM flow WHERE id = CAST(:id AS uuid)
""")

_PAGE = """
SELECT seq, id::text, name, state, reason, live, coalesce(request_id, ''), created_at, deadline, finished_at
FROM {flows} AS flow WHERE seq < :before {which} ORDER BY seq DESC LIMIT :limit
"""
#: Few, and an index of their own has them: by OFFSET PostgreSQL does not walk the table from its newest row on instead.
_LIVE = "(SELECT * FROM flow WHERE finished_at IS NULL OFFSET 0)"
_NEWEST = 2**63 - 1

_NODES = sa.text("""
SELECT flow_node.key, flow_node.kind, flow_node.job_id::text, coalesce(job.name, ''), coalesce(job.queue, ''),
       job.state, coalesce(job.attempts_made, 0),
       CASE WHEN job.finished_at IS NOT NULL THEN coalesce(left(job.error ->> 'message', 300), '') ELSE '' END,
       job.started_at, job.finished_at,
       ARRAY(SELECT parent.key FROM job_edge JOIN flow_node AS parent ON parent.job_id = job_edge.parent_id
             WHERE job_edge.child_id = flow_node.job_id AND flow_node.kind = 'node' ORDER BY parent.position)
FROM flow_node LEFT JOIN job ON job.id = flow_node.job_id
WHERE flow_node.flow_id = CAST(:id AS uuid) ORDER BY flow_node.position
""")

#: A parent that was removed from the relations is not told of; one whose row is gone left how it had ended.
_PARENTS = """
FROM job_edge LEFT JOIN job ON job.id = job_edge.parent_id
LEFT JOIN flow_node ON flow_node.job_id = job_edge.parent_id
WHERE job_edge.child_id = CAST(:id AS uuid)
  AND NOT (job_edge.policy = 'remove' AND coalesce(job_edge.outcome, 'completed') <> 'completed')
"""
_SIZE = sa.text(f"SELECT coalesce(sum(pg_column_size(job.result)), 0) {_PARENTS}")  # constant text
_RESULTS = sa.text(f"""
SELECT coalesce(flow_node.key, job_edge.parent_id::text), job_edge.parent_id::text,
       coalesce(job_edge.outcome, job.state), CASE WHEN job.state = 'completed' THEN job.result END,
       CASE WHEN job.state <> 'completed' THEN coalesce(job.error ->> 'message', '') ELSE '' END
{_PARENTS} ORDER BY flow_node.position, job_edge.parent_id
""")  # constant text


def read_flow(work: UnitOfWork, flow_id: str) -> Flow:
    """One flow with its nodes. Raises NotFound."""
    row = work.connection.execute(_FLOW, {"id": flow_id}).one_or_none()
    if row is None:
        raise NotFound(f"no flow {flow_id}")
    nodes = [
        FlowNode(*[*found[:5], State(found[5]) if found[5] else None, *found[6:10], tuple(found[10])])
        for found in work.connection.execute(_NODES, {"id": flow_id})
    ]
    return Flow(*[*row, tuple(nodes)])


def page_of_flows(
    work: UnitOfWork, *, before: int | None, limit: int, is_live: bool, job_id: str | None
) -> list[tuple[int, Flow]]:
    """Flows without their nodes, newest first, each with its place in the list."""
    flows, which = _LIVE if is_live else "flow", ""
    values: dict[str, object] = {"before": _NEWEST if before is None else before, "limit": limit}
    if job_id is not None:
        which = "AND id = (SELECT flow_id FROM flow_node WHERE job_id = CAST(:job_id AS uuid))"
        values["job_id"] = job_id
    rows = work.connection.execute(sa.text(_PAGE.format(flows=flows, which=which)), values)
    return [(row[0], Flow(*[*row[1:], ()])) for row in rows]


def results_of_parents(database: Database, job_id: str) -> dict[str, ParentResult]:
    """What those that a job has waited for came to, by their keys in its flow, else by their ids.

    Raises PayloadTooLarge above 16 MiB.
    """
    with database.unit_of_work() as work:
        size = work.connection.execute(_SIZE, {"id": job_id}).scalar_one()
        if size > RESULTS_MAX_BYTES:
            raise PayloadTooLarge(f"the results have {size:,} bytes, at most {RESULTS_MAX_BYTES:,} are read at once")
        rows = list(work.connection.execute(_RESULTS, {"id": job_id}))
    return {row[0]: ParentResult(row[0], row[1], State(row[2]), row[3], row[4]) for row in rows}
