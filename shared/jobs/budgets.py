"""Owns the budgets of outside providers: points spent by calls of all services, what is left, when it will be gone.

It must never let a service spend what its PostgreSQL has not allowed it first (rule 14).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.db import UnitOfWork
from shared.errors import BudgetExhausted, InvalidArgument, NotFound, StoreUnavailable
from shared.jobs.definitions import Catalogue
from shared.jobs.keys import budget_keys
from shared.jobs.providers import Budget
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
MS = timedelta(milliseconds=1)
#: A service allows itself this part of a budget at a time: what a loss of the index may cost, and how seldom it writes.
CHUNKS = 100
#: Parts of a window, and how many of the last of them tell how fast it is spent now.
PARTS, RECENT = 48, 4
TURNS = 5

_DECLARE = sa.text("""
INSERT INTO budget (name, version, points, window_ms, soft) VALUES (:name, 1, :points, :window_ms, :soft)
ON CONFLICT (name) DO UPDATE
SET points = excluded.points, window_ms = excluded.window_ms, soft = excluded.soft, version = budget.version + 1
WHERE budget.edited_ms = 0 AND (budget.points, budget.window_ms, budget.soft)
      IS DISTINCT FROM (excluded.points, excluded.window_ms, excluded.soft)
""")
_EDIT = sa.text("""
UPDATE budget SET points = :points, soft = :soft, version = version + 1,
                  edited_ms = greatest(edited_ms + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
WHERE name = :name
""")
_ALLOW = sa.text("""
UPDATE budget SET may = CASE WHEN window_index = :index THEN may ELSE 0 END + :chunk, window_index = :index
WHERE name = :name AND window_index <= :index
RETURNING name, version, points, window_ms, soft, edited_ms, window_index, may, may - :chunk AS taken_before
""")
_READ = sa.text("""
SELECT name, version, points, window_ms, soft, edited_ms, window_index, may, may AS taken_before
FROM budget WHERE name = :name
""")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a budget stands; times are Redis milliseconds. `exhausted_ms` is 0 when it lasts until the window turns."""

    name: str
    points: int
    soft_points: int
    window_ms: int
    spent: int
    now_ms: int
    turns_ms: int
    per_hour: float
    exhausted_ms: int


class Spending:
    """One budget as callers meet it; while Redis is away calls are let through and not counted."""

    def __init__(self, jobs: Jobs, budget: Budget) -> None:
        self._jobs = jobs
        self._budget = budget

    def spend(self, cost: int) -> None:
        """Take the points of one call. Raises BudgetExhausted until the window turns."""
        name = self._budget.name
        if not 1 <= cost <= self._budget.points:
            raise InvalidArgument(f"a call of {name} costs from 1 to {self._budget.points:,}, got {cost}", field="cost")
        try:
            wait_ms, has_crossed = self._spend(cost)
        except StoreUnavailable as error:
            log.warning("budget not asked", budget=name, error=str(error))
            return
        if wait_ms:
            metrics.BUDGET_CALLS.labels(budget=name, outcome="refused").inc()
            wait = timedelta(milliseconds=wait_ms)
            raise BudgetExhausted(f"the budget of {name} is used up for {wait}", retry_after=wait)
        metrics.BUDGET_CALLS.labels(budget=name, outcome="spent").inc()
        if has_crossed:
            metrics.BUDGET_SOFT.labels(budget=name).inc()
            log.warning("budget is past its soft cap", budget=name, soft=self._budget.soft, points=self._budget.points)

    def _spend(self, cost: int) -> tuple[int, bool]:
        """How long to wait (0: spent), and whether this call crossed the soft cap."""
        for _ in range(TURNS):
            answer, left_ms, index, has_crossed = self._jobs.scripts.run_alone(
                "budget_spend", budget_keys(self._budget.name), [self._jobs.service, cost]
            )
            if answer == b"spent":
                return 0, bool(has_crossed)
            if answer == b"full":
                return max(1, left_ms), False
            if answer == b"reserve":
                self._allow(index, cost)
            else:
                copy_budget(self._jobs, self._budget.name)
        raise StoreUnavailable(f"the window of budget {self._budget.name} turned {TURNS} times meanwhile")

    def _allow(self, index: int, cost: int) -> None:
        chunk = max(cost, self._budget.points // CHUNKS)
        values = {"name": self._budget.name, "index": index, "chunk": chunk}
        with self._jobs.database.unit_of_work() as work:
            row = work.connection.execute(_ALLOW, values).mappings().first()
            if row is None:
                work.connection.execute(_DECLARE, _values(self._budget))
                row = work.connection.execute(_ALLOW, values).mappings().first()
        if row is not None:
            _configure(self._jobs, dict(row))


def declare_budgets(work: UnitOfWork, catalogue: Catalogue) -> None:
    """Bring the declared budgets into the table; what an operator changed stays as he left it."""
    for one in sorted(catalogue.budgets.values(), key=lambda one: one.name):
        work.connection.execute(_DECLARE, _values(one))


def read_budgets(jobs: Jobs) -> list[Reading]:
    """Every budget this service declares, by name, with a forecast of when it will be gone."""
    return [copy_budget(jobs, name) for name in sorted(jobs.catalogue.budgets)]


def copy_budgets(jobs: Jobs) -> None:
    """Copy what PostgreSQL has into the index; after a loss what a service had allowed itself counts as spent."""
    read_budgets(jobs)


def copy_budget(jobs: Jobs, name: str) -> Reading:
    """Copy one budget into the index; how it stands after that."""
    with jobs.database.unit_of_work() as work:
        row = work.connection.execute(_READ, {"name": name}).mappings().first()
    return _configure(jobs, dict(row) if row is not None else _undeclared(jobs.catalogue.budgets[name]))


def edit_budget(jobs: Jobs, name: str, *, points: int | None = None, soft: float | None = None) -> Reading:
    """Change a budget for all services that share it; holds when this returns.

    Raises NotFound, InvalidArgument; StoreUnavailable: repeat it.
    """
    declared = jobs.catalogue.budgets.get(name)
    if declared is None:
        raise NotFound(f"{jobs.service} has no budget {name[:60]!r}")
    if points is None and soft is None:
        raise InvalidArgument("nothing is asked for", field="points", allowed=["points", "soft"])
    now = copy_budget(jobs, name)
    kept = now.soft_points / now.points if soft is None else soft
    wanted = Budget(name, now.points if points is None else points, declared.per, kept)
    with jobs.database.unit_of_work() as work:
        if work.connection.execute(_EDIT, _values(wanted)).rowcount == 0:
            raise NotFound(f"{jobs.service} has not written budget {name[:60]!r} yet; start its scheduler")
    return copy_budget(jobs, name)


def _values(one: Budget) -> dict[str, Any]:
    return {"name": one.name, "points": one.points, "window_ms": one.per // MS, "soft": one.soft}


def _undeclared(one: Budget) -> dict[str, Any]:
    return {**_values(one), "version": 0, "edited_ms": 0, "window_index": -1, "may": 0, "taken_before": 0}


def _configure(jobs: Jobs, row: dict[str, Any]) -> Reading:
    said = {**row, "service": jobs.service, "index": row["window_index"]}
    now, spent, flat, points, window_ms, soft = jobs.scripts.run_alone(
        "budget_configure", budget_keys(row["name"]), said
    )
    start = now // window_ms * window_ms
    part = (now - start) * PARTS // window_ms
    recent = sum(flat[at + 1] for at in range(0, len(flat), 2) if flat[at] > part - RECENT)
    elapsed = max(1, now - start - max(0, part - RECENT + 1) * window_ms // PARTS)
    lasts_ms = (points - spent) * elapsed // recent if recent else window_ms
    is_gone_before = recent > 0 and now + lasts_ms < start + window_ms
    return Reading(
        row["name"], points=points, soft_points=int(points * float(soft)), window_ms=window_ms, spent=spent,
        now_ms=now, turns_ms=start + window_ms, per_hour=recent * 3_600_000 / elapsed,
        exhausted_ms=now + lasts_ms if is_gone_before else 0,
    )  # fmt: skip
