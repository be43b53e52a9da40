"""Owns the writes of flows: rows, the count of what is live, the end. It must never commit."""

from collections.abc import Sequence

import sqlalchemy as sa

from shared.db import UnitOfWork

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
