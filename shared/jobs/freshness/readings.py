"""Owns how old data is, as people read it: goals, entities, breaches, by page. It must never look at all entities."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.freshness.moves import BANDS, ENTITY_MAX
from shared.jobs.page_tokens import make_token, page_size, read_token
from shared.jobs.submission import Jobs

MS = timedelta(milliseconds=1)
ORDERS = ("entity", "overrun")
_COLUMNS = """e.goal, e.entity, e.lane, e.tier, e.max_age_ms, e.data_at, e.touched_at, e.asked_at, e.next_due_at,
  CASE WHEN e.asked_at IS NOT NULL THEN e.job_id::text END AS job_id,
  e.failures, e.breaches, e.breach_since, e.breach_at <= clock_timestamp() AS is_late,
  extract(epoch FROM clock_timestamp() - coalesce(e.data_at, e.created_at)) * 1000 AS age_ms,
  coalesce(b.code, '') AS code, coalesce(b.reason, '') AS reason"""
_BREACH = """LEFT JOIN freshness_breach AS b
  ON b.goal = e.goal AND b.entity = e.entity AND b.since = e.breach_since"""
_BY_NAME = """
SELECT {columns} FROM (
  SELECT * FROM freshness_entity AS e WHERE e.goal = :goal AND e.entity > :after {where} ORDER BY e.entity LIMIT :most
) AS e {breach} ORDER BY e.entity
"""
_PAGE = sa.text(_BY_NAME.format(columns=_COLUMNS, breach=_BREACH, where=""))
_BREACHED = sa.text(_BY_NAME.format(columns=_COLUMNS, breach=_BREACH, where="AND e.breach_since IS NOT NULL"))
#: Within a band the oldest is the most overdue: the first of each band are enough.
_OVERRUN = sa.text(f"""
SELECT {_COLUMNS} FROM generate_series(0, {BANDS - 1}) AS w (band)
CROSS JOIN LATERAL (
  SELECT * FROM freshness_entity AS e
  WHERE e.goal = :goal AND e.band = w.band AND (NOT :breached OR e.breach_at <= clock_timestamp())
  ORDER BY e.breach_at LIMIT :most
) AS e {_BREACH}
ORDER BY (extract(epoch FROM clock_timestamp() - e.breach_at) * 1000) / e.max_age_ms DESC, e.entity LIMIT :most
""")  # noqa: S608  # constants of this package
_SOME = sa.text(f"""
SELECT {_COLUMNS} FROM freshness_entity AS e {_BREACH}
WHERE e.goal = :goal AND e.entity = ANY(CAST(:entities AS text[]))
""")  # noqa: S608  # constants of this package
_HISTORY = sa.text("""
SELECT entity, since, ended_at, worst, code, reason FROM freshness_breach
WHERE goal = :goal AND (:entity = '' OR entity = :entity)
  AND (entity, since) > (:after, CAST(:since AS timestamptz))
ORDER BY entity, since LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Reading:
    """How old the data of one entity is. `reason` tells of a breach; `job_id` brings newer data."""

    goal: str
    entity: str
    lane: str
    tier: str
    max_age: timedelta
    age: timedelta
    data_at: datetime | None
    touched_at: datetime | None
    asked_at: datetime | None
    next_due_at: datetime
    job_id: str | None
    failures: int
    breaches: int
    breach_since: datetime | None
    #: Too old by now, whether or not a scheduler has seen it.
    is_late: bool
    code: str
    reason: str

    @property
    def ratio(self) -> float:
        """Its age as a multiple of the age allowed."""
        return self.age / self.max_age


@dataclass(frozen=True, slots=True)
class Breach:
    """A time in which the data of an entity was too old; `worst` is its greatest age as a multiple of the allowed."""

    entity: str
    since: datetime
    ended_at: datetime | None
    worst: float | None
    code: str
    reason: str


def read_ages(work: UnitOfWork, goal: str, entities: Collection[str]) -> dict[str, Reading]:
    """How old the data of these entities is, of those that the goal is kept for."""
    rows = work.connection.execute(_SOME, {"goal": goal, "entities": sorted(entities)})
    return {row.entity: _reading(row) for row in rows}


def page_of_entities(
    jobs: Jobs, goal: str, *, breached: bool, order: str, size: int, token: str
) -> tuple[list[Reading], str]:
    """A page of entities by name; or those that are over their age the most, which has one page."""
    if order not in ORDERS:
        raise InvalidArgument(f"order must be one of {', '.join(ORDERS)}", field="order", allowed=ORDERS)
    most = page_size(size)
    values: dict[str, Any] = {"goal": goal, "most": most + 1}
    if order == "overrun":
        if token:
            raise InvalidArgument("by overrun there is one page; take a larger one", field="page_token")
        with jobs.database.unit_of_work() as work:
            rows = work.connection.execute(_OVERRUN, {**values, "most": most, "breached": breached}).all()
        return [_reading(row) for row in rows], ""
    (values["after"],) = read_token(token, size=1) or [""]
    with jobs.database.unit_of_work() as work:
        rows = work.connection.execute(_BREACHED if breached else _PAGE, values).all()
    found = [_reading(row) for row in rows[:most]]
    return found, make_token(found[-1].entity) if len(rows) > most else ""


def page_of_breaches(jobs: Jobs, goal: str, *, entity: str, size: int, token: str) -> tuple[list[Breach], str]:
    """A page of breaches, by entity and start; those of one entity alone if it is named."""
    if len(entity) > ENTITY_MAX or "\0" in entity:
        raise InvalidArgument(f"an entity has at most {ENTITY_MAX} printable characters", field="entity")
    most = page_size(size)
    after, since = read_token(token, size=2) or ["", "-infinity"]
    if since != "-infinity":
        try:
            datetime.fromisoformat(since)
        except ValueError as error:
            raise InvalidArgument("page_token is not one of ours", field="page_token") from error
    values = {"goal": goal, "entity": entity, "after": after, "since": since, "most": most + 1}
    with jobs.database.unit_of_work() as work:
        rows = work.connection.execute(_HISTORY, values).all()
    found = [Breach(*row) for row in rows[:most]]
    more = make_token(found[-1].entity, found[-1].since.isoformat()) if len(rows) > most else ""
    return found, more


def _reading(row: Any) -> Reading:
    return Reading(
        row.goal, row.entity, lane=row.lane, tier=row.tier, max_age=row.max_age_ms * MS,
        age=max(0, int(row.age_ms)) * MS, data_at=row.data_at, touched_at=row.touched_at, asked_at=row.asked_at,
        next_due_at=row.next_due_at, job_id=row.job_id, failures=row.failures, breaches=row.breaches,
        breach_since=row.breach_since, is_late=row.is_late, code=row.code, reason=row.reason,
    )  # fmt: skip
