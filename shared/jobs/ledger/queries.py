"""Owns the reads of the ledger. It must never write, and never scan more than a page."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger.records import Job
from shared.jobs.ledger.rows import COLUMNS, job_from_row
from shared.jobs.states import State

#: Jobs due later than this stay in PostgreSQL; the relay pushes them when their time comes near (rule 9).
PUSH_HORIZON = "interval '1 hour'"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs a list shows; None means any."""

    queue: str | None = None
    state: State | None = None
    name: str | None = None


def get(work: UnitOfWork, job_id: str) -> Job | None:
    """One job by id."""
    row = work.connection.execute(
        sa.text(f"SELECT {COLUMNS} FROM job WHERE id = CAST(:id AS uuid)"),  # noqa: S608  # constant columns
        {"id": job_id},
    ).one_or_none()
    return job_from_row(row) if row is not None else None


#: Every queue that has rows, those too that the code no longer has: one look into the index a queue.
_QUEUES = """
WITH RECURSIVE known (queue) AS (
  (SELECT queue FROM job ORDER BY queue LIMIT 1)
  UNION ALL
  SELECT (SELECT job.queue FROM job WHERE job.queue > known.queue ORDER BY job.queue LIMIT 1)
  FROM known WHERE known.queue IS NOT NULL
)
"""


def page(work: UnitOfWork, wanted: Filter, *, limit: int, before_seq: int | None) -> list[Job]:
    """Jobs newest first below `before_seq`; at most `limit`."""
    values: dict[str, object] = {"limit": limit}
    conditions = ["TRUE"]
    if wanted.name is not None:
        conditions.append("job.name = :name")
        values["name"] = wanted.name
    if before_seq is not None:
        conditions.append("job.seq < :before_seq")
        values["before_seq"] = before_seq
    rows = work.connection.execute(sa.text(_page_text(wanted, conditions, values)), values)
    return [job_from_row(row) for row in rows]


def _page_text(wanted: Filter, conditions: list[str], values: dict[str, object]) -> str:
    """One ordered look into the index on (queue, state, seq) for each pair of them; the newest of all are the page.

    Asked for a queue alone, or a state alone, PostgreSQL would read the table from its newest row on.
    """
    if wanted.queue is None and wanted.state is None:
        return f"SELECT {COLUMNS} FROM job WHERE {' AND '.join(conditions)} ORDER BY seq DESC LIMIT :limit"  # noqa: S608  # constant names
    values["states"] = [str(state) for state in ((wanted.state,) if wanted.state else State)]
    queues = "unnest(CAST(:queues AS text[]))"
    if wanted.queue is None:
        queues = "(SELECT queue FROM known WHERE queue IS NOT NULL)"
    else:
        values["queues"] = [wanted.queue]
    return f"""
    {_QUEUES if wanted.queue is None else ""}
    SELECT page.* FROM {queues} AS its (queue) CROSS JOIN unnest(CAST(:states AS text[])) AS one (state)
    CROSS JOIN LATERAL (
      SELECT {COLUMNS} FROM job WHERE job.queue = its.queue AND job.state = one.state AND {" AND ".join(conditions)}
      ORDER BY job.seq DESC LIMIT :limit) AS page
    ORDER BY page.seq DESC LIMIT :limit
    """  # noqa: S608  # constant names


def lock_unpushed(work: UnitOfWork, *, limit: int) -> list[Job]:
    """Rows that wait for their push, locked so that one relay at a time has them (rule 5).

    The first two seconds of a row belong to its submitter, who pushes right after the commit.
    """
    statement = f"""
    SELECT {COLUMNS} FROM job
    WHERE pushed_at IS NULL AND finished_at IS NULL AND state <> 'blocked'
      AND created_at < clock_timestamp() - interval '2 seconds'
      AND (scheduled_for IS NULL OR scheduled_for < clock_timestamp() + {PUSH_HORIZON})
    ORDER BY seq LIMIT :limit FOR UPDATE SKIP LOCKED
    """  # noqa: S608  # constant columns
    return [job_from_row(row) for row in work.connection.execute(sa.text(statement), {"limit": limit})]


def live_page(work: UnitOfWork, *, after_seq: int, limit: int) -> list[tuple[int, str, int]]:
    """(seq, id, generation) of rows the index should hold, by seq."""
    statement = f"""
    SELECT seq, id::text, generation FROM job
    WHERE finished_at IS NULL AND state <> 'blocked' AND seq > :after
      AND (scheduled_for IS NULL OR scheduled_for < clock_timestamp() + {PUSH_HORIZON})
    ORDER BY seq LIMIT :limit
    """  # noqa: S608  # constant interval
    rows = work.connection.execute(sa.text(statement), {"after": after_seq, "limit": limit})
    return [(row[0], row[1], row[2]) for row in rows]


def lock_live(work: UnitOfWork, ids: Sequence[str]) -> list[Job]:
    """Those of `ids` that are live, locked; rows another holder has are left to it."""
    statement = f"""
    SELECT {COLUMNS} FROM job WHERE id = ANY(CAST(:ids AS uuid[])) AND finished_at IS NULL AND state <> 'blocked'
    ORDER BY seq FOR UPDATE SKIP LOCKED
    """  # noqa: S608  # constant columns
    return [job_from_row(row) for row in work.connection.execute(sa.text(statement), {"ids": list(ids)})]


def live_generations(work: UnitOfWork, ids: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """id -> (generation, is live) for those of `ids` that have a row."""
    rows = work.connection.execute(
        sa.text("SELECT id::text, generation, finished_at IS NULL FROM job WHERE id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(ids)},
    )
    return {row[0]: (row[1], row[2]) for row in rows}
