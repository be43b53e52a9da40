"""Owns the rows that say which job a unique key means. It must never decide without holding them, and never commit.

No end of a job has to free anything: a lock holds only as long as the job that it names lives, or its time lasts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger.records import Submission

_ASKED = """
json_to_recordset(CAST(:batch AS json)) AS asked (name text, key text, id uuid, mode text, wait double precision,
  ttl double precision, scheduled_for timestamptz)
"""
_DUE = "greatest(clock_timestamp() + make_interval(secs => asked.wait), asked.scheduled_for)"
_EXPIRES = "clock_timestamp() + make_interval(secs => asked.ttl)"

#: In the order of the keys, so that two batches never wait for each other in a circle. A key that is there is written
#: as it was: that locks its row and tells it in one statement.
_TAKE = sa.text(f"""
INSERT INTO unique_lock AS held (name, key, job_id, mode, due_at, expires_at)
SELECT asked.name, asked.key, asked.id, asked.mode, CASE WHEN asked.wait IS NOT NULL THEN {_DUE} END, {_EXPIRES}
FROM {_ASKED} ORDER BY asked.name, asked.key
ON CONFLICT (name, key) DO UPDATE SET name = excluded.name
RETURNING held.name, held.key, held.job_id::text, held.mode, held.is_started, held.due_at,
          coalesce(held.expires_at > clock_timestamp(), FALSE)
""")  # noqa: S608  # constants of this module

_GIVE = sa.text(f"""
UPDATE unique_lock AS held SET job_id = asked.id, mode = asked.mode, is_started = FALSE, taken_at = clock_timestamp(),
       due_at = CASE WHEN asked.wait IS NOT NULL THEN {_DUE} END, expires_at = {_EXPIRES}
FROM {_ASKED} WHERE held.name = asked.name AND held.key = asked.key
RETURNING held.name, held.key, held.job_id::text, held.mode, held.is_started, held.due_at,
          coalesce(held.expires_at > clock_timestamp(), FALSE)
""")  # noqa: S608  # constants of this module

#: Never earlier than it was, whatever the clock does; never later than max_wait after the first submission.
_POSTPONE = sa.text("""
UPDATE unique_lock SET due_at = greatest(due_at, least(clock_timestamp() + CAST(:wait AS interval),
                                                       taken_at + CAST(:max_wait AS interval)))
WHERE name = :name AND key = :key RETURNING due_at
""")

_WHICH = "WHERE name = :name AND key = :key AND job_id = CAST(:id AS uuid)"
_LOOK = sa.text(f"""
SELECT is_started, coalesce(extract(epoch FROM due_at - clock_timestamp()), 0)::float8 AS wait
FROM unique_lock {_WHICH} FOR UPDATE
""")  # noqa: S608  # constants of this module
_BEGIN = sa.text(f"UPDATE unique_lock SET is_started = TRUE {_WHICH}")  # noqa: S608  # constants of this module


@dataclass(frozen=True, slots=True)
class UniqueLock:
    """A key's row, locked by this transaction."""

    name: str
    key: str
    job_id: str
    mode: str
    is_started: bool
    due_at: datetime | None
    #: Its time to live has not run out; False for a lock without one.
    is_current: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """A job that wants a key; `wait` and `ttl` are seconds."""

    name: str
    key: str
    id: str
    mode: str
    wait: float | None = None
    ttl: float | None = None
    scheduled_for: datetime | None = None


Locks = dict[tuple[str, str], UniqueLock]


def take(work: UnitOfWork, wishes: Sequence[Wish]) -> Locks:
    """Lock the rows of these keys, each named once; those that were not there name these jobs now."""
    return _write(work, _TAKE, wishes)


def give(work: UnitOfWork, wishes: Sequence[Wish]) -> Locks:
    """Let locked rows name these jobs, as if they had not been there."""
    return _write(work, _GIVE, wishes)


def wish_of(submission: Submission) -> Wish:
    """What a unique submission asks for."""
    unique = submission.unique
    assert unique is not None  # noqa: S101  # the caller has chosen those that are
    return Wish(
        submission.name, submission.unique_key, submission.id, unique.mode, _seconds(unique.wait),
        _seconds(unique.ttl), submission.scheduled_for,
    )  # fmt: skip


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def keys_of(work: UnitOfWork, job_id: str) -> tuple[Wish | None, str | None]:
    """What a job asked for when it was submitted, to ask for it again at once; and its line."""
    statement = "SELECT name, unique_key, unique_mode, sequence_key FROM job WHERE id = CAST(:id AS uuid)"
    row = work.connection.execute(sa.text(statement), {"id": job_id}).one_or_none()
    if row is None:
        return None, None
    return (Wish(row[0], row[1], job_id, row[2]) if row[2] is not None else None), row[3]


def postpone(work: UnitOfWork, lock: UniqueLock, *, wait: timedelta, max_wait: timedelta) -> datetime:
    """A debounced job has been submitted once more: when it is due now."""
    values = {"name": lock.name, "key": lock.key, "wait": wait, "max_wait": max_wait}
    due: datetime = work.connection.execute(_POSTPONE, values).scalar_one()
    return due


def replace_args(work: UnitOfWork, job_id: str, args_json: str, due_at: datetime | None) -> None:
    """The newest arguments are the job's; its first start reads them from here, under the lock."""
    work.connection.execute(
        sa.text(
            "UPDATE job SET args = CAST(:args AS jsonb), scheduled_for = coalesce(CAST(:due AS timestamptz), "
            "scheduled_for) WHERE id = CAST(:id AS uuid) AND finished_at IS NULL"
        ),
        {"id": job_id, "args": args_json, "due": due_at},
    )


def begin(work: UnitOfWork, name: str, key: str, job_id: str) -> float:
    """The job's first attempt begins, unless it is due only in so many seconds: 0 when it may.

    Waits for submissions under way, so that what they committed with it is there when the function is called.
    """
    values = {"name": name, "key": key, "id": job_id}
    row = work.connection.execute(_LOOK, values).one_or_none()
    if row is None or row.is_started:
        return 0.0
    if row.wait > 0:
        return float(row.wait)
    work.connection.execute(_BEGIN, values)
    return 0.0


def _write(work: UnitOfWork, statement: sa.TextClause, wishes: Sequence[Wish]) -> Locks:
    if not wishes:
        return {}
    batch = msgspec.json.encode(wishes).decode()
    return {(row[0], row[1]): UniqueLock(*row) for row in work.connection.execute(statement, {"batch": batch})}
