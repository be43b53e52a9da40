"""Owns how job rows come into being: one alone, one in a transaction, many by COPY. It must never commit for a caller

whose transaction it was given.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import LiteralString

import msgspec
import psycopg

from shared.db import Database, UnitOfWork, database_errors
from shared.jobs.ledger.records import Job, Submission
from shared.jobs.states import State

#: COPY is fed in pieces of this many rows, so that PostgreSQL reads while the next ones are written.
_PIECE = 250

_OPEN: LiteralString = """
INSERT INTO job (id, name, queue, state, priority, args, attempts_max, timeout_ms, scheduled_for, wait_reason, tick,
                 parent_id, request_id, group_key, is_keyed)
VALUES ($1, $2, $3, CASE WHEN CAST($8 AS timestamptz) > clock_timestamp() THEN 'scheduled' ELSE 'queued' END,
        $4, CAST($5 AS jsonb), $6, $7, $8,
        CASE WHEN CAST($8 AS timestamptz) > clock_timestamp() THEN 'delay' ELSE '' END, $9, $10, $11, $12,
        CAST($13 AS boolean))
ON CONFLICT (id) DO NOTHING
RETURNING seq, created_at, state
"""

#: The rows' numbers are taken before they are written, so that the answer needs no second look at them.
_RESERVE: LiteralString = """
SELECT clock_timestamp(), array_agg(nextval(own.sequence))
FROM (SELECT CAST(pg_get_serial_sequence('job', 'seq') AS regclass) AS sequence) AS own, generate_series(1, %s)
"""

_COPY: LiteralString = """
COPY job (seq, id, name, queue, state, priority, args, attempts_max, timeout_ms, scheduled_for, wait_reason, tick,
          parent_id, request_id, group_key, created_at)
FROM STDIN
"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def open_alone(database: Database, submission: Submission) -> Job | None:
    """Insert and commit one row in one round trip; None when its id exists already: that row stands."""
    rows = database.run_alone(_OPEN, _values(submission))
    if not rows:
        return None
    seq, created_at, state = rows[0]
    return _opened(submission, int(str(seq)), datetime.fromisoformat(str(created_at)), str(state))


def open_one(work: UnitOfWork, submission: Submission) -> Job | None:
    """Insert one row in the caller's transaction; None when its id exists already: that row stands."""
    with database_errors(), psycopg.RawCursor(work.driver) as cursor:
        row = cursor.execute(_OPEN, _values(submission), prepare=True).fetchone()
    return _opened(submission, *row) if row else None


def _values(asked: Submission) -> list[str | None]:
    return [
        asked.id, asked.name, asked.queue, str(asked.priority), asked.args_json, str(asked.attempts_max),
        str(asked.timeout_ms), _iso(asked.scheduled_for), _iso(asked.tick), asked.parent_id, asked.request_id,
        asked.group_key,
        "false" if asked.idempotency_key is None else "true",
    ]  # fmt: skip


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def open_many(
    work: UnitOfWork, submissions: Sequence[Submission], *, meanwhile: Callable[[list[Job]], None] | None = None
) -> list[Job]:
    """Insert rows in order. Their ids must be fresh: one that exists already fails the transaction.

    `meanwhile` is called with jobs while PostgreSQL still writes them, in order, some at a time; they are not committed
    then.
    """
    if not submissions:
        return []
    jobs: list[Job] = []
    with database_errors(), work.driver.cursor() as cursor:
        at, numbers = cursor.execute(_RESERVE, [len(submissions)]).fetchall()[0]
        created_at = str(at)
        with cursor.copy(_COPY) as copy:
            for start in range(0, len(submissions), _PIECE):
                piece = submissions[start : start + _PIECE]
                opened = [
                    _opened(asked, number, at, State.SCHEDULED if _is_later(asked, at) else State.QUEUED)
                    for asked, number in zip(piece, numbers[start : start + _PIECE], strict=True)
                ]
                copy.write(_lines(piece, opened, created_at))
                if meanwhile is not None:
                    meanwhile(opened)
                jobs += opened
    return jobs


def _is_later(submission: Submission, at: datetime) -> bool:
    return submission.scheduled_for is not None and submission.scheduled_for > at


def _lines(submissions: Sequence[Submission], jobs: Sequence[Job], created_at: str) -> str:
    """COPY's text form: one line a row, NULL is \\N, and what could be taken for a separator is escaped."""
    lines = []
    for asked, job in zip(submissions, jobs, strict=True):
        args = asked.args_json.replace("\\", "\\\\")  # JSON text has no raw tab or newline
        lines.append(
            f"{job.seq}\t{job.id}\t{_text(job.name)}\t{_text(job.queue)}\t{job.state}\t{job.priority}\t{args}\t"
            f"{job.attempts_max}\t{job.timeout_ms}\t{_instant(job.scheduled_for)}\t{job.wait_reason}\t"
            f"{_instant(job.tick)}\t{_text(asked.parent_id)}\t{_text(asked.request_id)}\t{_text(asked.group_key)}\t"
            f"{created_at}\n"
        )
    return "".join(lines)


@lru_cache(64)  # nearly every row of a call says the same here
def _text(value: str | None) -> str:
    return "\\N" if value is None else value.translate(_ESCAPES)


def _instant(value: datetime | None) -> str:
    return _iso(value) or "\\N"


def _opened(submission: Submission, seq: int, created_at: datetime, state: str) -> Job:
    """The row as it was written; reading it back would say the same."""
    return Job(
        seq=seq,
        id=submission.id,
        generation=1,
        name=submission.name,
        queue=submission.queue,
        state=State(state),
        priority=submission.priority,
        args=msgspec.json.decode(submission.args_json),
        attempts_made=0,
        attempts_max=submission.attempts_max,
        crashes=0,
        timeout_ms=submission.timeout_ms,
        wait_reason="delay" if state == State.SCHEDULED else "",
        result=None,
        error=None,
        progress=None,
        tick=submission.tick,
        group_key=submission.group_key,
        times=submission.own_times,
        request_id=submission.request_id,
        created_at=created_at,
        scheduled_for=submission.scheduled_for,
        started_at=None,
        finished_at=None,
    )
