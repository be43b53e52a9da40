"""Owns the writes of the ledger that people ask for. It must never commit: its caller's unit of work does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger.records import Job
from shared.jobs.ledger.rows import COLUMNS, job_from_row
from shared.jobs.states import State

_CANCEL = sa.text(f"""
UPDATE job SET state = 'cancelled', finished_at = clock_timestamp(), wait_reason = '', pending_change = NULL,
               error = CAST(:error AS jsonb)
WHERE id = ANY(CAST(:ids AS uuid[])) AND finished_at IS NULL
RETURNING {COLUMNS}
""")  # noqa: S608  # COLUMNS is a constant of this package

#: A new generation of the same job: what it did before stays in `attempt`, told apart by the generation.
_REQUEUE = sa.text(f"""
UPDATE job SET generation = generation + 1, state = 'queued', attempts_made = 0, crashes = 0, wait_reason = '',
               result = NULL, error = CASE WHEN state = 'dead' THEN error || CAST(:no_reason AS jsonb) END,
               progress = NULL, scheduled_for = NULL, started_at = NULL, finished_at = NULL, pushed_at = NULL,
               event_ms = 0, pending_change = NULL, result_expires_at = NULL
WHERE id = ANY(CAST(:ids AS uuid[])) AND finished_at IS NOT NULL
RETURNING {COLUMNS}
""")  # noqa: S608  # COLUMNS is a constant of this package

#: Events from before the change must not undo it in the row; while the row lags, they still have to come in.
_CHANGE = sa.text(f"""
UPDATE job SET
  priority = coalesce(CAST(:priority AS smallint), priority),
  queue = coalesce(CAST(:queue AS text), queue),
  scheduled_for = CASE WHEN :due_ms < 0 THEN scheduled_for WHEN :due_ms = 0 THEN clock_timestamp()
                       ELSE to_timestamp(:due_ms / 1000.0) END,
  wait_reason = CASE WHEN :due_ms < 0 THEN wait_reason WHEN :due_ms = 0 THEN '' ELSE 'delay' END,
  state = CASE WHEN :due_ms < 0 THEN state ELSE :state END,
  pending_change = coalesce(pending_change, CAST('{{}}' AS jsonb)) || CAST(:change AS jsonb),
  event_ms = CASE WHEN state = :seen THEN greatest(event_ms, :now_ms) ELSE event_ms END
WHERE id = CAST(:id AS uuid) AND generation = :generation AND finished_at IS NULL
RETURNING {COLUMNS}
""")  # noqa: S608  # COLUMNS is a constant of this package


class PendingChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person changed of a waiting job, as its row keeps it until the index has it; due 0 means now."""

    priority: int = 0
    queue: str = ""
    due_ms: int = -1


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row whose change the index has not taken, locked."""

    job: Job
    change: PendingChange


def cancel(work: UnitOfWork, ids: Sequence[str], *, reason: str) -> list[Job]:
    """Make live rows cancelled; returns those that were live."""
    error = {"type": "Cancelled", "message": reason, "traceback": "", "reason": "cancelled"}
    rows = work.connection.execute(_CANCEL, {"ids": list(ids), "error": _encode(error)})
    return [job_from_row(row) for row in rows]


def requeue(work: UnitOfWork, job_id: str) -> Job | None:
    """Begin a new generation of a final row; None when it is not final."""
    return next(iter(requeue_many(work, [job_id])), None)


def requeue_many(work: UnitOfWork, ids: Sequence[str]) -> list[Job]:
    """Begin a new generation of those of these rows that are final."""
    rows = work.connection.execute(_REQUEUE, {"ids": list(ids), "no_reason": '{"reason": ""}'})
    return [job_from_row(row) for row in rows]


def change(work: UnitOfWork, seen: Job, wanted: PendingChange, *, state: State, now_ms: int) -> Job | None:
    """Note a change in the row `seen` still describes; None when it is final or of another generation by now."""
    values = {
        "id": seen.id, "generation": seen.generation, "seen": seen.state, "state": state, "now_ms": now_ms,
        "priority": wanted.priority or None, "queue": wanted.queue or None, "due_ms": wanted.due_ms,
        "change": _encode(wanted),
    }  # fmt: skip
    row = work.connection.execute(_CHANGE, values).one_or_none()
    return None if row is None else job_from_row(row)


def lock_changed(work: UnitOfWork, *, limit: int, job_id: str | None = None) -> list[ChangedRow]:
    """Rows whose change the index has not taken, locked: one of them, or the oldest that nobody else is at."""
    only, skip = ("", "SKIP LOCKED") if job_id is None else ("AND id = CAST(:id AS uuid)", "")
    statement = f"""
    SELECT pending_change, {COLUMNS} FROM job WHERE pending_change IS NOT NULL AND finished_at IS NULL {only}
    ORDER BY seq LIMIT :limit FOR UPDATE {skip}
    """  # noqa: S608  # constant texts
    rows = work.connection.execute(sa.text(statement), {"limit": limit, "id": job_id})
    return [ChangedRow(job_from_row(row[1:]), msgspec.convert(row[0], PendingChange)) for row in rows]


def keep_change(work: UnitOfWork, job_id: str, left: PendingChange | None) -> None:
    """Note what of a change is still to be taken; None when the index has it all."""
    work.connection.execute(
        sa.text("UPDATE job SET pending_change = CAST(:left AS jsonb) WHERE id = CAST(:id AS uuid)"),
        {"id": job_id, "left": None if left is None else _encode(left)},
    )


def remove(work: UnitOfWork, job_id: str) -> bool:
    """Delete a final row with its attempts and steps; False when there is none."""
    deleted = work.connection.execute(
        sa.text("DELETE FROM job WHERE id = CAST(:id AS uuid) AND finished_at IS NOT NULL"), {"id": job_id}
    )
    return bool(deleted.rowcount)


def clean(work: UnitOfWork, queue: str, state: State, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` final rows of a queue that ended longer ago than this, oldest submissions first."""
    statement = """
    DELETE FROM job WHERE seq IN (
      SELECT seq FROM job WHERE queue = :queue AND state = :state
        AND finished_at < clock_timestamp() - CAST(:age AS interval)
      ORDER BY seq LIMIT :limit FOR UPDATE SKIP LOCKED)
    """
    values = {"queue": queue, "state": state, "age": older_than, "limit": limit}
    return int(work.connection.execute(sa.text(statement), values).rowcount)


def count_final(work: UnitOfWork, queue: str, state: State, *, older_than: timedelta, limit: int) -> int:
    """How many `clean` would find, counted up to `limit`."""
    statement = """
    SELECT count(*) FROM (SELECT 1 FROM job WHERE queue = :queue AND state = :state
      AND finished_at < clock_timestamp() - CAST(:age AS interval) LIMIT :limit) AS found
    """
    values = {"queue": queue, "state": state, "age": older_than, "limit": limit}
    return int(work.connection.execute(sa.text(statement), values).scalar_one())


def lock_waiting(
    work: UnitOfWork, queue: str, states: Sequence[State], *, after_seq: int, limit: int
) -> list[tuple[int, str]]:
    """(seq, id) of waiting rows of a queue, locked; those somebody else is at are left to him."""
    statement = """
    SELECT seq, id::text FROM job
    WHERE queue = :queue AND state = ANY(:states) AND finished_at IS NULL AND seq > :after
    ORDER BY seq LIMIT :limit FOR UPDATE SKIP LOCKED
    """
    values: dict[str, Any] = {"queue": queue, "states": [str(state) for state in states], "after": after_seq}
    return [(row[0], row[1]) for row in work.connection.execute(sa.text(statement), {**values, "limit": limit})]


def count_waiting(work: UnitOfWork, queue: str, states: Sequence[State], *, limit: int) -> int:
    """How many rows of a queue wait in these states, counted up to `limit`."""
    statement = """
    SELECT count(*) FROM (SELECT 1 FROM job WHERE queue = :queue AND state = ANY(:states) AND finished_at IS NULL
                          LIMIT :limit) AS waiting
    """
    values = {"queue": queue, "states": [str(state) for state in states], "limit": limit}
    return int(work.connection.execute(sa.text(statement), values).scalar_one())


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()
