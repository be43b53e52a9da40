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


def page(work: UnitOfWork, wanted: Filter, *, limit: int, before_seq: int | None) -> list[Job]:
    """Jobs newest first below `before_seq`; at most `limit`."""
    conditions = ["TRUE"]
    values: dict[str, object] = {"limit": limit}
    for column, value in (("queue", wanted.queue), ("state", wanted.state), ("name", wanted.name)):
        if value is not None:
            conditions.append(f"{column} = :{column}")
            values[column] = str(value)
    if before_seq is not None:
        conditions.append("seq < :before_seq")
        values["before_seq"] = before_seq
    statement = f"SELECT {COLUMNS} FROM job WHERE {' AND '.join(conditions)} ORDER BY seq DESC LIMIT :limit"  # noqa: S608  # constant names
    return [job_from_row(row) for row in work.connection.execute(sa.text(statement), values)]


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
