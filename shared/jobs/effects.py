"""Owns what jobs do outside: a row before the call, its result after it. It must never hold a transaction meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from shared.db import Database, UnitOfWork
from shared.errors import InvalidArgument, OutcomeRefused, Transient, Unrecoverable
from shared.jobs import payloads

T = TypeVar("T")
NAME_MAX = 100


class NothingHappened(Transient):
    """Raised by an effect's action that knows so: the outside system was not reached, or refused for now."""


class EffectUnknown(Unrecoverable):
    """An effect that may not be repeated may have happened: somebody looks, calls `resolve`, and requeues the job."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect as its row has it. `calls` = how often the outside system may have been asked."""

    job_id: str
    generation: int
    name: str
    idempotency_key: str
    state: str
    calls: int
    result: Any
    started_at: datetime
    finished_at: datetime | None

    @property
    def is_done(self) -> bool:
        """True when the result is known."""
        return self.state == "done"


COLUMNS = "job_id::text, generation, name, idempotency_key, state, calls, result, started_at, finished_at"

#: What an earlier generation began goes on under its key, unless that generation, or a later one, had completed: then
#: the job was run again on purpose, and its effects are new.
_BEGIN = sa.text(f"""
INSERT INTO job_effect (job_id, generation, name, idempotency_key, state, calls, result, started_at, finished_at)
SELECT job.id, job.generation, :name, coalesce(earlier.idempotency_key, :key), coalesce(earlier.state, 'started'),
       coalesce(earlier.calls, 1), earlier.result, coalesce(earlier.started_at, clock_timestamp()), earlier.finished_at
FROM job LEFT JOIN LATERAL (
  SELECT * FROM job_effect AS e
  WHERE e.job_id = job.id AND e.name = :name AND e.generation < job.generation AND e.generation > coalesce(
    (SELECT max(generation) FROM attempt WHERE attempt.job_id = job.id AND attempt.outcome = 'completed'), 0)
  ORDER BY e.generation DESC LIMIT 1
) AS earlier ON TRUE
WHERE job.id = :job_id AND job.generation = :generation AND job.finished_at IS NULL
ON CONFLICT (job_id, generation, name) DO UPDATE SET calls = job_effect.calls
RETURNING {COLUMNS}, xmax = 0 AND idempotency_key = :key AS is_new
""")  # noqa: S608  # constant columns

_COUNT_CALL = sa.text("""
UPDATE job_effect SET calls = calls + 1 WHERE job_id = :job_id AND generation = :generation AND name = :name
""")

_FINISH = sa.text(f"""
UPDATE job_effect SET state = 'done', result = CAST(:result AS jsonb), finished_at = clock_timestamp()
WHERE job_id = :job_id AND generation = :generation AND name = :name AND state = 'started'
RETURNING {COLUMNS}
""")  # noqa: S608  # constant columns

#: Only the first call can know that nothing had happened; after a second one the first stays in doubt.
_UNDO = sa.text("""
DELETE FROM job_effect
WHERE job_id = :job_id AND generation = :generation AND name = :name AND state = 'started' AND calls = 1
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Which effect of which job."""

    job_id: str
    generation: int
    name: str

    @property
    def values(self) -> dict[str, Any]:
        """As the statements take it."""
        return {"job_id": self.job_id, "generation": self.generation, "name": self.name}


def perform(
    database: Database,
    place: Place,
    action: Callable[[str], T],
    *,
    find: Callable[[str], T | None] | None,
    is_repeatable: bool,
) -> T:
    """The effect's result: the stored one, what `find` sees outside, or that of `action` now. See JobContext.effect."""
    known, is_new = _begin(database, place)
    if known.is_done:
        stored: T = known.result
        return stored
    if not is_new:
        found = find(known.idempotency_key) if find is not None else None
        if found is not None:
            return _finish(database, place, found)
        if find is None and not is_repeatable:
            raise EffectUnknown(
                f"effect {place.name!r} of job {place.job_id} may have happened and may not be repeated; look it up by "
                f"key {known.idempotency_key}"
            )
        with database.unit_of_work() as work:
            work.connection.execute(_COUNT_CALL, place.values)
    try:
        result = action(known.idempotency_key)
    except NothingHappened:
        with database.unit_of_work() as work:
            work.connection.execute(_UNDO, place.values)
        raise
    return _finish(database, place, result)


def _begin(database: Database, place: Place) -> tuple[Effect, bool]:
    """The row as it stands, and whether it was made now: nothing can have happened then.

    Raises OutcomeRefused when the job is final or of another generation.
    """
    key = f"{place.job_id}:{place.generation}:{place.name}"
    with database.unit_of_work() as work:
        row = work.connection.execute(_BEGIN, {**place.values, "key": key}).one_or_none()
    if row is None:
        raise OutcomeRefused(f"job {place.job_id} is final already or of another generation than {place.generation}")
    return Effect(*row[:-1]), row.is_new


def _finish(database: Database, place: Place, result: T) -> T:
    """Store the result and return it as stored; when another attempt was faster, return what that one stored."""
    encoded = _encoded(place, result)
    with database.unit_of_work() as work:
        row = work.connection.execute(_FINISH, {**place.values, "result": encoded}).one_or_none()
        if row is None:
            row = _row(work, place)
    stored: T = Effect(*row).result if row is not None else msgspec.json.decode(encoded)
    return stored


def _row(work: UnitOfWork, place: Place) -> Any:
    statement = f"""
    SELECT {COLUMNS} FROM job_effect WHERE job_id = :job_id AND generation = :generation AND name = :name
    """  # noqa: S608  # constant columns
    return work.connection.execute(sa.text(statement), place.values).one_or_none()


def _encoded(place: Place, result: Any) -> str:
    try:
        encoded = msgspec.json.encode(result)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unrecoverable(f"effect {place.name!r} has happened, but what it returned is no JSON: {error}") from error
    if len(encoded) > payloads.MAX_BYTES or payloads.holds_nul(encoded):
        raise Unrecoverable(
            f"effect {place.name!r} has happened, but its result has NUL characters or more than "
            f"{payloads.MAX_BYTES:,} bytes"
        )
    return encoded.decode()


def checked_name(name: str) -> str:
    """The name of an effect. Raises InvalidArgument."""
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise InvalidArgument(f"an effect's name must have from 1 to {NAME_MAX} printable characters", field="name")
    return name


def resolve(database: Database, place: Place, result: Any) -> Effect:
    """Write down by hand what an unfinished effect has led to; a requeued job goes on with it.

    Raises InvalidArgument when there is no such unfinished effect.
    """
    with database.unit_of_work() as work:
        row = work.connection.execute(_FINISH, {**place.values, "result": _encoded(place, result)}).one_or_none()
    if row is None:
        raise InvalidArgument(f"job {place.job_id} has no unfinished effect {place.name!r}", field="name")
    return Effect(*row)
