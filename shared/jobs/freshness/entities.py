"""Owns which entities a goal is kept for. It must never be the place where a job is submitted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.freshness.moves import BAND, MOVES_MAX, checked_entity, reconsider
from shared.jobs.freshness.settings import declare_goal
from shared.jobs.freshness_goals import TIERS, Goal, check_age

MS = timedelta(milliseconds=1)
LANE_MAX = 100

#: What comes in numbers is due in turn, not at once: its place within the time is a hash of its name.
_TRACK = sa.text(f"""
INSERT INTO freshness_entity AS e
  (goal, entity, lane, own_ms, pinned, max_age_ms, band, created_at, next_due_at, breach_at)
SELECT g.name, s.entity, s.lane, s.own_ms, s.pinned, a.ms, {BAND}, t.now,
  t.now + CASE WHEN :now THEN 0 ELSE p.part END * g.lead * a.ms * interval '1 millisecond',
  t.now + a.ms * interval '1 millisecond'
FROM json_to_recordset(CAST(:batch AS json)) AS s (entity text, lane text, own_ms bigint, pinned text)
JOIN freshness_goal AS g ON g.name = :goal
CROSS JOIN (SELECT coalesce(CAST(:at AS timestamptz), clock_timestamp()) AS now) AS t
CROSS JOIN LATERAL (SELECT coalesce(s.own_ms, g.max_age_ms) AS ms) AS a
CROSS JOIN LATERAL (SELECT (hashtextextended(g.name || '/' || s.entity, 0) & 1048575) / 1048576.0 AS part) AS p
ORDER BY s.entity
ON CONFLICT (goal, entity) DO UPDATE SET lane = excluded.lane, own_ms = excluded.own_ms, pinned = excluded.pinned,
  next_due_at = CASE WHEN :now AND e.asked_at IS NULL THEN least(e.next_due_at, excluded.next_due_at)
                ELSE e.next_due_at END
WHERE :now OR (e.lane, e.own_ms, e.pinned) IS DISTINCT FROM (excluded.lane, excluded.own_ms, excluded.pinned)
RETURNING e.entity, e.xmax <> 0 AS was_known
""")  # noqa: S608  # constants of this package
_UNTRACK = sa.text("DELETE FROM freshness_entity WHERE goal = :goal AND entity = ANY(CAST(:entities AS text[]))")
_END = sa.text("""
UPDATE freshness_breach SET ended_at = clock_timestamp()
WHERE goal = :goal AND entity = ANY(CAST(:entities AS text[])) AND ended_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Entity:
    """What a goal is kept for. Only what shares a `lane` shares a job; `max_age` replaces the goal's own,

    `pinned` (hot, normal, cold) its activity.
    """

    name: str
    lane: str = ""
    max_age: timedelta | None = None
    pinned: str = ""

    def __post_init__(self) -> None:
        checked_entity(self.name)
        if len(self.lane) > LANE_MAX or (self.lane and not self.lane.isprintable()):
            raise InvalidArgument(f"a lane must have at most {LANE_MAX} printable characters", field="lane")
        if self.max_age is not None:
            check_age(self.name, "max_age", self.max_age)
        if self.pinned and self.pinned not in TIERS:
            raise InvalidArgument(f"pinned must be one of {', '.join(TIERS)}", field="pinned", allowed=TIERS)


def track(
    work: UnitOfWork, goal: Goal, entities: Sequence[Entity], *, now: bool = False, at: datetime | None = None
) -> int:
    """Keep a goal for these entities, or change what is said of them; how many are new.

    New ones are due in turn over the first period; with `now` all of them are at once. Raises InvalidArgument for more
    than 1,000 a call.
    """
    if len(entities) > MOVES_MAX:
        raise InvalidArgument(f"at most {MOVES_MAX:,} entities a call, got {len(entities):,}", field="entities")
    declare_goal(work, goal, changes=False)
    batch = [
        {
            "entity": one.name, "lane": one.lane, "pinned": one.pinned,
            "own_ms": None if one.max_age is None else one.max_age // MS,
        }
        for one in {one.name: one for one in entities}.values()
    ]  # fmt: skip
    values = {"goal": goal.name, "batch": msgspec.json.encode(batch).decode(), "now": now, "at": at}
    written = work.connection.execute(_TRACK, values).all()
    reconsider(work, goal.name, [row.entity for row in written], at=at)
    return sum(1 for row in written if not row.was_known)


def untrack(work: UnitOfWork, goal: str, entities: Iterable[str]) -> int:
    """Keep a goal no longer for these; how many there were. Their jobs still run; what they tell is ignored."""
    values = {"goal": goal, "entities": sorted({checked_entity(entity) for entity in entities})}
    count = work.connection.execute(_UNTRACK, values).rowcount
    work.connection.execute(_END, values)
    return count
