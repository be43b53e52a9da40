"""Owns who waits for whom in a sequence: live rows of one key, in the order of their numbers. It must never commit.

Whoever adds to a line holds its door until he commits, so that numbers follow the order of commits. Whoever makes one
of a line start to wait for nobody holds its gate: the loop, and a requeue.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger.records import Job
from shared.jobs.ledger.rows import COLUMNS, job_from_row

IN_LINE = "state = 'blocked' AND wait_reason = 'sequence'"
AT_WORK = "finished_at IS NULL AND state <> 'blocked'"
DOOR, GATE = 0, 1
#: The function of a job that was cancelled, or expired as it began, may still run for so long; its worker is
#: dead or its lease is over by then.
_ECHO = "interval '2 minutes'"

_LOCK = sa.text("""
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ':line:' || CAST(:key AS text), :which))
""")
_BUSY = sa.text(f"""
SELECT asked.key FROM unnest(CAST(:keys AS text[])) AS asked (key)
WHERE EXISTS (SELECT FROM job WHERE sequence_key = asked.key AND {AT_WORK})
   OR EXISTS (SELECT FROM job WHERE sequence_key = asked.key AND {IN_LINE})
""")  # noqa: S608  # constants of this module

_FREE = sa.text(f"""
WITH RECURSIVE line (key) AS (
  (SELECT sequence_key FROM job WHERE sequence_key IS NOT NULL AND {IN_LINE} ORDER BY sequence_key LIMIT 1)
  UNION ALL
  SELECT (SELECT sequence_key FROM job WHERE sequence_key > line.key AND {IN_LINE} ORDER BY sequence_key LIMIT 1)
  FROM line WHERE line.key IS NOT NULL
)
SELECT key FROM line WHERE key IS NOT NULL
  AND NOT EXISTS (SELECT FROM job WHERE sequence_key = line.key AND {AT_WORK})
LIMIT :limit
""")  # noqa: S608  # constants of this module

_GO = sa.text(f"""
UPDATE job SET state = CASE WHEN scheduled_for > clock_timestamp() THEN 'scheduled' ELSE 'queued' END,
               wait_reason = CASE WHEN scheduled_for > clock_timestamp() THEN 'delay' ELSE '' END, pushed_at = NULL
WHERE {IN_LINE} AND seq IN (
  SELECT (SELECT seq FROM job WHERE sequence_key = asked.key AND {IN_LINE} ORDER BY seq LIMIT 1)
  FROM unnest(CAST(:keys AS text[])) AS asked (key)
  WHERE NOT EXISTS (SELECT FROM job WHERE sequence_key = asked.key AND {AT_WORK}))
RETURNING {COLUMNS}
""")  # noqa: S608  # constants of this module

#: Those at work come before those in line: a long line that was cancelled does not hide who was running.
_CANCELLED = sa.text(f"""
SELECT asked.key, found.id FROM unnest(CAST(:keys AS text[])) AS asked (key) CROSS JOIN LATERAL (
  SELECT id::text FROM job
  WHERE sequence_key = asked.key AND state IN ('cancelled', 'expired') AND finished_at > now() - {_ECHO}
  ORDER BY seq LIMIT 100) AS found
""")  # noqa: S608  # constants of this module

_BEFORE = sa.text("""
SELECT count(*), (array_agg(other.id::text ORDER BY other.state = 'blocked', other.seq))[1]
FROM job AS mine JOIN job AS other ON other.sequence_key = mine.sequence_key AND other.id <> mine.id
WHERE mine.id = CAST(:id AS uuid) AND other.finished_at IS NULL
  AND (other.state <> 'blocked' OR (other.wait_reason = 'sequence' AND other.seq < mine.seq))
""")

#: What opening a row does not know of keys. A blocked row is not the relay's work: it counts as pushed.
_NOTE = sa.text("""
UPDATE job SET unique_mode = asked.mode, unique_key = asked.key, sequence_key = asked.line,
               is_keyed = job.is_keyed OR coalesce(asked.mode = 'for', FALSE),
               state = CASE WHEN asked.waits THEN 'blocked' ELSE job.state END,
               wait_reason = CASE WHEN asked.waits THEN 'sequence' ELSE job.wait_reason END,
               pushed_at = CASE WHEN asked.waits THEN clock_timestamp() ELSE job.pushed_at END
FROM json_to_recordset(CAST(:batch AS json)) AS asked (id uuid, mode text, key text, line text, waits boolean)
WHERE job.id = asked.id
""")


def lock(work: UnitOfWork, keys: Sequence[str], which: int) -> None:
    """Hold these lines' doors or gates until the transaction ends."""
    for key in sorted(set(keys)):
        work.connection.execute(_LOCK, {"key": key, "which": which})


def busy(work: UnitOfWork, keys: Sequence[str]) -> set[str]:
    """Lines in which anybody waits or is at work."""
    return set(work.connection.execute(_BUSY, {"keys": list(keys)}).scalars()) if keys else set()


def note(work: UnitOfWork, rows: Sequence[dict[str, object]]) -> None:
    """Write what rows know of keys: id, mode, key, line, and whether it waits for somebody."""
    work.connection.execute(_NOTE, {"batch": msgspec.json.encode(rows).decode()})


def free(work: UnitOfWork, *, limit: int) -> list[str]:
    """Lines in which somebody waits and nobody is at work; one look into an index a line."""
    return list(work.connection.execute(_FREE, {"limit": limit}).scalars())


def just_cancelled(work: UnitOfWork, keys: Sequence[str]) -> list[tuple[str, str]]:
    """(line, job) of those that were cancelled a moment ago, while they may have been running."""
    return [(row[0], row[1]) for row in work.connection.execute(_CANCELLED, {"keys": list(keys)})]


def go(work: UnitOfWork, keys: Sequence[str]) -> list[Job]:
    """Let the first of each line go that nobody is at work in; the caller holds their gates."""
    return [job_from_row(row) for row in work.connection.execute(_GO, {"keys": list(keys)})]


def before(work: UnitOfWork, job_id: str) -> tuple[int, str]:
    """How many a job of a line waits for, and the first of them: (0, "") when it may go."""
    found = work.connection.execute(_BEFORE, {"id": job_id}).one()
    return int(found[0]), str(found[1] or "")


def stop(work: UnitOfWork, job_id: str) -> None:
    """Send a row that has just become live again to its line."""
    work.connection.execute(
        sa.text(
            "UPDATE job SET state = 'blocked', wait_reason = 'sequence', pushed_at = clock_timestamp() "
            "WHERE id = CAST(:id AS uuid)"
        ),
        {"id": job_id},
    )
