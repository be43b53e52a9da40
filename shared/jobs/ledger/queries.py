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


#: Above every row's number.
_NEWEST = 2**63 - 1
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
    statement, values = page_statement(wanted, limit=limit, before_seq=before_seq)
    return [job_from_row(row) for row in work.connection.execute(sa.text(statement), values)]


def page_statement(wanted: Filter, *, limit: int, before_seq: int | None) -> tuple[str, dict[str, object]]:
    """The text and the values of a page.

    A queue or a state is one ordered look into the index on (queue, state, seq) for each pair of them; the newest of
    all are the page. Row comparisons, because by equalities PostgreSQL takes any order for good and walks the table
    from its newest row on, which for a rare state is all of it.
    """
    values: dict[str, object] = {"limit": limit, "before": _NEWEST if before_seq is None else before_seq}
    by_name = ""
    if wanted.name is not None:
        by_name, values["name"] = "AND job.name = :name", wanted.name
    if wanted.queue is None and wanted.state is None:
        return (
            f"SELECT {COLUMNS} FROM job WHERE job.seq < :before {by_name} ORDER BY seq DESC LIMIT :limit",  # noqa: S608  # constant names
            values,
        )
    values["states"] = [str(state) for state in ((wanted.state,) if wanted.state else State)]
    known, queues = _QUEUES, "(SELECT queue FROM known WHERE queue IS NOT NULL)"
    if wanted.queue is not None:
        known, queues, values["queues"] = "", "unnest(CAST(:queues AS text[]))", [wanted.queue]
    statement = f"""
    {known} SELECT page.* FROM {queues} AS its (queue) CROSS JOIN unnest(CAST(:states AS text[])) AS its_state (state)
    CROSS JOIN LATERAL (
      SELECT {COLUMNS} FROM job
      WHERE (job.queue, job.state, job.seq) >= (its.queue, its_state.state, 0)
        AND (job.queue, job.state, job.seq) < (its.queue, its_state.state, :before) {by_name}
      ORDER BY job.queue DESC, job.state DESC, job.seq DESC LIMIT :limit) AS page
    ORDER BY page.seq DESC LIMIT :limit
    """  # noqa: S608  # constant names
    return statement, values


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
