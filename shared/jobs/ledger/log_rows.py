"""Owns the rows of what jobs logged: written in batches, read in the order they were written.

It must never let a reader who goes on after a line miss one that was written later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork

#: The job's row is locked first: of one job `seq` then grows in the order of commits, also while a lost lease still
#: writes; and no line stays behind a job that is being deleted. Ids in order, as every writer of batches locks them.
_WRITE = sa.text("""
WITH told AS MATERIALIZED (
  SELECT t.*, row_number() OVER () AS position FROM json_to_recordset(CAST(:batch AS json))
    AS t (job_id uuid, generation integer, token text, line integer, attempt integer, at_ms bigint, level smallint,
          message text, fields text, left_out integer)
), locked AS MATERIALIZED (
  SELECT id FROM job WHERE id IN (SELECT job_id FROM told) ORDER BY id FOR NO KEY UPDATE
)
INSERT INTO job_log (job_id, generation, token, line, attempt, at, level, message, fields, left_out)
SELECT job_id, generation, token, line, attempt, to_timestamp(at_ms / 1000.0), level, message, CAST(fields AS jsonb),
       left_out
FROM told JOIN locked ON locked.id = told.job_id ORDER BY position
ON CONFLICT (job_id, generation, token, line)
DO UPDATE SET left_out = excluded.left_out WHERE job_log.left_out < excluded.left_out
""")

_READ = sa.text("""
SELECT seq, generation, attempt, at, level, message, fields, left_out FROM job_log
WHERE job_id = CAST(:job_id AS uuid) AND seq > :after AND level >= :level
  AND (CAST(:attempt AS integer) = 0 OR attempt = :attempt)
ORDER BY seq LIMIT :limit
""")

_LEFT_OUT = sa.text("""
SELECT coalesce(sum(left_out), 0) FROM job_log
WHERE job_id = CAST(:job_id AS uuid) AND left_out > 0 AND (CAST(:attempt AS integer) = 0 OR attempt = :attempt)
""")

#: Lines of an attempt come within a second of its end.
_IS_COMPLETE = sa.text("""
SELECT coalesce(finished_at < clock_timestamp() - interval '3 seconds', false) FROM job WHERE id = CAST(:job_id AS uuid)
""")


class LogRow(msgspec.Struct, frozen=True, gc=False):
    """One line on its way; `fields` is the text of a JSON object."""

    job_id: str
    generation: int
    token: str
    line: int
    attempt: int
    at_ms: int
    level: int
    message: str
    fields: str
    left_out: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as read."""

    seq: int
    generation: int
    attempt: int
    at: datetime
    level: int
    message: str
    fields: dict[str, Any]
    left_out: int


def write(work: UnitOfWork, rows: Sequence[LogRow]) -> None:
    """Write lines; those that are there already stay as they are. Lines of a job that is gone are left out."""
    last = {(row.job_id, row.generation, row.token, row.line): row for row in rows}
    work.connection.execute(_WRITE, {"batch": msgspec.json.encode(list(last.values())).decode()})


def read(work: UnitOfWork, job_id: str, *, after: int, level: int, attempt: int, limit: int) -> list[LogLine]:
    """Lines after `after` of at least this level, of one attempt or (0) of all, oldest first."""
    values = {"job_id": job_id, "after": after, "level": level, "attempt": attempt, "limit": limit}
    return [LogLine(*row) for row in work.connection.execute(_READ, values)]


def left_out(work: UnitOfWork, job_id: str, *, attempt: int) -> int:
    """How many lines were written beyond what is kept."""
    return int(work.connection.execute(_LEFT_OUT, {"job_id": job_id, "attempt": attempt}).scalar_one())


def is_complete(work: UnitOfWork, job_id: str) -> bool | None:
    """Whether no more lines will come; None when there is no such job."""
    found: bool | None = work.connection.execute(_IS_COMPLETE, {"job_id": job_id}).scalar()
    return found
