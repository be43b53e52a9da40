"""Owns what becomes of an entity when its data came, somebody looked at it, or its goal changed.

Every time is PostgreSQL's; it must never take a process's word for what is now.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument

ENTITY_MAX = 200
#: Entities one statement moves.
MOVES_MAX = 1_000
_MS = "interval '1 millisecond'"

#: The tier of an entity `e` of goal `g` at `t.now`, `touched_at` being n's; and how old its data may be in it.
TIER = f"""CASE WHEN e.pinned <> '' THEN e.pinned
  WHEN g.hot_ms IS NOT NULL AND n.touched_at > t.now - g.hot_for_ms * {_MS} THEN 'hot'
  WHEN g.cold_ms IS NOT NULL AND coalesce(n.touched_at, e.created_at) <= t.now - g.cold_after_ms * {_MS} THEN 'cold'
  ELSE 'normal' END"""
AGE = """CASE r.tier WHEN 'hot' THEN least(g.hot_ms, coalesce(e.own_ms, g.max_age_ms))
  WHEN 'cold' THEN greatest(g.cold_ms, coalesce(e.own_ms, g.max_age_ms)) ELSE coalesce(e.own_ms, g.max_age_ms) END"""
#: Half powers of two, of seconds; at most this many.
BANDS = 52
BAND = f"least({BANDS - 1}, floor(2 * log(2, a.ms / 1000.0)))::smallint"

#: When an age tightens, the entity gets the whole of the new one to meet it.
_MOVE = """
WITH t AS (SELECT coalesce(CAST(:at AS timestamptz), clock_timestamp()) AS now),
held AS MATERIALIZED (
  SELECT e.*, s.data_at AS said_at
  FROM freshness_entity AS e
  JOIN json_to_recordset(CAST(:batch AS json)) AS s (entity text, data_at timestamptz) ON s.entity = e.entity
  WHERE e.goal = :goal ORDER BY e.entity FOR UPDATE OF e {locking}
),
aged AS MATERIALIZED (
  SELECT e.goal, e.entity, t.now, e.breach_at AS was_at, e.breach_since AS was_since, e.max_age_ms AS was_ms,
    n.data_at, n.touched_at, r.tier, a.ms, {band} AS band, d.late_at,
    CASE WHEN :reports THEN greatest(n.data_at + g.lead * a.ms * {ms}, t.now + 0.1 * a.ms * {ms})
      WHEN e.asked_at IS NOT NULL OR e.failures > 0 THEN e.next_due_at
      WHEN n.data_at IS NULL THEN least(e.next_due_at, t.now + g.lead * a.ms * {ms})
      ELSE n.data_at + g.lead * a.ms * {ms} END AS due_at
  FROM held AS e JOIN freshness_goal AS g ON g.name = e.goal CROSS JOIN t
  CROSS JOIN LATERAL (SELECT
    CASE WHEN :reports THEN greatest(e.data_at, least(coalesce(e.said_at, t.now), t.now)) ELSE e.data_at END AS data_at,
    CASE WHEN :touches THEN t.now ELSE e.touched_at END AS touched_at) AS n
  CROSS JOIN LATERAL (SELECT {tier} AS tier) AS r
  CROSS JOIN LATERAL (SELECT {age} AS ms) AS a
  CROSS JOIN LATERAL (SELECT CASE
    WHEN :reports OR a.ms >= e.max_age_ms THEN coalesce(n.data_at, e.created_at) + a.ms * {ms}
    ELSE greatest(coalesce(n.data_at, e.created_at) + a.ms * {ms}, least(e.breach_at, t.now + a.ms * {ms})) END
    AS late_at) AS d
),
moved AS (
  UPDATE freshness_entity AS e SET
    data_at = aged.data_at, touched_at = aged.touched_at, tier = aged.tier, max_age_ms = aged.ms, band = aged.band,
    next_due_at = aged.due_at, breach_at = aged.late_at,
    asked_at = CASE WHEN :reports THEN NULL ELSE e.asked_at END,
    failures = CASE WHEN :reports THEN 0 ELSE e.failures END,
    breach_since = CASE WHEN aged.late_at > aged.now THEN NULL ELSE e.breach_since END,
    breaches = e.breaches + CASE WHEN aged.late_at > aged.now AND aged.was_since IS NULL AND aged.was_at <= aged.now
      THEN 1 ELSE 0 END
  FROM aged WHERE e.goal = aged.goal AND e.entity = aged.entity
  RETURNING e.entity
),
ended AS (
  INSERT INTO freshness_breach AS b (goal, entity, since, ended_at, worst, code, reason)
  SELECT goal, entity, coalesce(was_since, was_at), now, extract(epoch FROM now - was_at) * 1000 / was_ms + 1,
    'unnoticed', 'it was over before a scheduler looked'
  FROM aged WHERE late_at > now AND (was_since IS NOT NULL OR was_at <= now)
  ON CONFLICT (goal, entity, since) DO UPDATE SET ended_at = excluded.ended_at, worst = excluded.worst
)
SELECT entity FROM moved
"""
_FIELDS = {"band": BAND, "tier": TIER, "age": AGE, "ms": _MS}
_MOVES = sa.text(_MOVE.format(**_FIELDS, locking=""))
#: Somebody looks at what is about to change anyway: he does not wait for it.
_TOUCHES = sa.text(_MOVE.format(**_FIELDS, locking="SKIP LOCKED"))


def fresh(
    work: UnitOfWork,
    goal: str,
    entities: Mapping[str, datetime | None] | Iterable[str],
    *,
    at: datetime | None = None,
) -> int:
    """Tell how new the data of these entities is now: as of an instant, or of now; in the transaction that wrote it.

    How many of them the goal is kept for. What was told before and is newer stands; an instant ahead of PostgreSQL's
    clock means now. Raises InvalidArgument for more than 1,000, or an instant without a zone.
    """
    said = dict(entities) if isinstance(entities, Mapping) else dict.fromkeys(entities)
    if any(instant is not None and instant.tzinfo is None for instant in said.values()):
        raise InvalidArgument("data_at must carry a time zone", field="data_at")
    return _move(work, _MOVES, goal, said, at, reports=True)


def reconsider(work: UnitOfWork, goal: str, entities: Iterable[str], *, at: datetime | None = None) -> int:
    """Work out the tier and the age of entities anew."""
    return _move(work, _MOVES, goal, dict.fromkeys(entities), at)


def touched(work: UnitOfWork, goal: str, entities: Iterable[str], *, at: datetime | None = None) -> int:
    """Note that somebody looks at these; those that change at this moment are left out."""
    return _move(work, _TOUCHES, goal, dict.fromkeys(entities), at, touches=True)


def checked_entity(entity: str) -> str:
    """The name of an entity as it may be kept. Raises InvalidArgument."""
    if not 1 <= len(entity) <= ENTITY_MAX or not entity.isprintable():
        raise InvalidArgument(f"an entity must have 1 to {ENTITY_MAX} printable characters", field="entity")
    return entity


def _move(
    work: UnitOfWork, statement: sa.TextClause, goal: str, said: Mapping[str, datetime | None], at: datetime | None,
    *, reports: bool = False, touches: bool = False,
) -> int:  # fmt: skip
    if len(said) > MOVES_MAX:
        raise InvalidArgument(f"at most {MOVES_MAX:,} entities a call, got {len(said):,}", field="entities")
    batch: list[dict[str, Any]] = [
        {"entity": checked_entity(entity), "data_at": instant} for entity, instant in said.items()
    ]
    if not batch:
        return 0
    values = {
        "goal": goal, "batch": msgspec.json.encode(batch).decode(), "at": at, "reports": reports, "touches": touches
    }  # fmt: skip
    return len(work.connection.execute(statement, values).all())
