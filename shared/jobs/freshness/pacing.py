"""Owns how many jobs of freshness may be submitted now: what a budget allows, spread over its window.

A pace is a row; whoever holds it plans. It must never let a burst take what the next minute needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.budgets import Reading, copy_budget
from shared.jobs.freshness.settings import GoalRow
from shared.jobs.submission import Jobs

#: This part of a window's points may be taken at once; the refill leaves it out, so that no window has more than all.
BURST = 0.08
#: A goal without a budget catches up at twice the rate its ages ask for, and never slower than this a second.
CATCH_UP, SLOWEST = 2.0, 5.0

_OPEN = sa.text("""
INSERT INTO freshness_pace (name, tokens, at)
VALUES (:name, :tokens, coalesce(CAST(:at AS timestamptz), clock_timestamp())) ON CONFLICT (name) DO NOTHING
""")
_HOLD = sa.text("""
SELECT tokens, at, short_since, coalesce(CAST(:at AS timestamptz), clock_timestamp()) AS now
FROM freshness_pace WHERE name = :name FOR UPDATE SKIP LOCKED
""")
_KEEP = sa.text("""
UPDATE freshness_pace SET tokens = :tokens, at = :now, per_minute = :per_minute, short_since = :short_since
WHERE name = :name
""")


@dataclass(frozen=True, slots=True)
class Refill:
    """How points come: so many a second, at most `burst` kept, and no more than `left` whatever has come."""

    per_second: float
    burst: float
    left: float


@dataclass(frozen=True, slots=True)
class Pace:
    """A pace that this transaction holds. `points` may be spent now."""

    name: str
    now: datetime
    points: float
    refill: Refill
    short_since: datetime | None

    def keep(self, work: UnitOfWork, *, spent: int, is_short: bool) -> None:
        """Write what is left of it, and whether what was due had to wait."""
        values = {
            "name": self.name, "tokens": self.points - spent, "per_minute": self.refill.per_second * 60,
            "now": self.now, "short_since": (self.short_since or self.now) if is_short else None,
        }  # fmt: skip
        work.connection.execute(_KEEP, values)


def refill_of(jobs: Jobs, goals: Sequence[GoalRow]) -> Refill:
    """What the budget of these goals, or their own ages, allow. Raises StoreUnavailable when Redis does not tell."""
    if not goals[0].budget:
        per_second = max(SLOWEST, CATCH_UP * sum(goal.demand for goal in goals))
        return Refill(per_second, burst=per_second, left=float("inf"))
    return refill_from(copy_budget(jobs, goals[0].budget), dearest=max(goal.cost for goal in goals))


def refill_from(budget: Reading, *, dearest: int) -> Refill:
    """A budget as points that come evenly: slower while others spend what this window still has."""
    window = budget.window_ms / 1000
    burst = max(float(dearest), BURST * budget.points)
    left = max(0.0, float(budget.points - budget.spent))
    remains = max(1.0, (budget.turns_ms - budget.now_ms) / 1000)
    per_second = max(budget.points - burst, budget.points / 2) / window
    return Refill(min(per_second, left / remains), burst=burst, left=left)


def hold_pace(work: UnitOfWork, name: str, refill: Refill, *, at: datetime | None) -> Pace | None:
    """Take a pace for this transaction; None while another scheduler has it."""
    row = work.connection.execute(_HOLD, {"name": name, "at": at}).first()
    if row is None:
        work.connection.execute(_OPEN, {"name": name, "at": at, "tokens": refill.burst})
        row = work.connection.execute(_HOLD, {"name": name, "at": at}).first()
    if row is None:
        return None
    elapsed = max(0.0, (row.now - row.at) / timedelta(seconds=1))
    points = min(refill.burst, row.tokens + elapsed * refill.per_second, refill.left)
    return Pace(name, row.now, points, refill, row.short_since)
