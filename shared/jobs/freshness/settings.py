"""Owns what PostgreSQL keeps of goals: as code declares them, until an operator changes one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument, NotFound
from shared.jobs.definitions import Catalogue
from shared.jobs.freshness.moves import MOVES_MAX, reconsider
from shared.jobs.freshness_goals import Goal, check_ages
from shared.jobs.submission import Jobs

MS = timedelta(milliseconds=1)
_AGES = "max_age_ms, hot_ms, hot_for_ms, cold_ms, cold_after_ms, lead"
_REST = "job, argument, budget, breaker, cost, batch"

_DECLARE = f"""
INSERT INTO freshness_goal AS g (name, {_AGES}, {_REST})
VALUES (:name, :max_age_ms, :hot_ms, :hot_for_ms, :cold_ms, :cold_after_ms, :lead,
        :job, :argument, :budget, :breaker, :cost, :batch)
ON CONFLICT (name) DO """  # noqa: S608  # constant columns
_KNOWN = sa.text(f"{_DECLARE} NOTHING")
_CHANGED = sa.text(f"""{_DECLARE} UPDATE SET
  ({_REST}) = ROW (excluded.job, excluded.argument, excluded.budget, excluded.breaker, excluded.cost, excluded.batch),
  ({_AGES}) = ROW (
    CASE WHEN g.is_edited THEN g.max_age_ms ELSE excluded.max_age_ms END,
    CASE WHEN g.is_edited THEN g.hot_ms ELSE excluded.hot_ms END, excluded.hot_for_ms,
    CASE WHEN g.is_edited THEN g.cold_ms ELSE excluded.cold_ms END, excluded.cold_after_ms, excluded.lead),
  last_error = '', reage_from = ''
WHERE (g.job, g.argument, g.budget, g.breaker, g.cost, g.batch, g.hot_for_ms, g.cold_after_ms, g.lead)
    IS DISTINCT FROM (excluded.job, excluded.argument, excluded.budget, excluded.breaker, excluded.cost,
                      excluded.batch, excluded.hot_for_ms, excluded.cold_after_ms, excluded.lead)
  OR NOT g.is_edited AND (g.max_age_ms, g.hot_ms, g.cold_ms)
    IS DISTINCT FROM (excluded.max_age_ms, excluded.hot_ms, excluded.cold_ms)
""")
_EDIT = sa.text("""
UPDATE freshness_goal SET max_age_ms = :max_age_ms, hot_ms = :hot_ms, cold_ms = :cold_ms, is_paused = :is_paused,
  is_edited = TRUE, last_error = '', reage_from = ''
WHERE name = :name
""")
_READ = "SELECT * FROM freshness_goal WHERE name = ANY(CAST(:names AS text[])) ORDER BY name"
_PAGE = sa.text("""
SELECT entity FROM freshness_entity WHERE goal = :goal AND entity > :after ORDER BY entity LIMIT :most
""")
_AT = sa.text("UPDATE freshness_goal SET reage_from = CAST(:at AS text) WHERE name = :goal")


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A goal as it holds now."""

    name: str
    job: str
    argument: str
    max_age: timedelta
    hot: timedelta | None
    cold: timedelta | None
    hot_for: timedelta
    cold_after: timedelta
    lead: float
    batch: int
    budget: str
    breaker: str
    cost: int
    is_paused: bool
    last_error: str
    #: Counted a moment ago, and jobs a second that its ages ask for.
    entities: int
    breached: int
    demand: float
    reage_from: str | None

    @property
    def pace(self) -> str:
        """The pace that it shares with others of its budget, or that is its own."""
        return self.budget or f"goal:{self.name}"


def declare_goals(work: UnitOfWork, catalogue: Catalogue) -> None:
    """Bring the declared goals into the table; ages that an operator changed stay as he left them."""
    for goal in sorted(catalogue.goals.values(), key=lambda one: one.name):
        declare_goal(work, goal, changes=True)


def declare_goal(work: UnitOfWork, goal: Goal, *, changes: bool) -> None:
    """Write one goal; without `changes` only if it is not there."""
    values = {
        "name": goal.name, "job": goal.job, "argument": goal.argument, "budget": goal.budget, "breaker": goal.breaker,
        "cost": goal.cost, "batch": goal.batch, "lead": goal.lead, "max_age_ms": goal.max_age // MS,
        "hot_ms": _ms(goal.hot), "hot_for_ms": goal.hot_for // MS, "cold_ms": _ms(goal.cold),
        "cold_after_ms": goal.cold_after // MS,
    }  # fmt: skip
    work.connection.execute(_CHANGED if changes else _KNOWN, values)


def read_goals(work: UnitOfWork, catalogue: Catalogue, *, lock: bool = False) -> list[GoalRow]:
    """The goals that this service declares and has written, by name."""
    statement = sa.text(_READ + (" FOR UPDATE" if lock else ""))
    rows = work.connection.execute(statement, {"names": sorted(catalogue.goals)}).mappings()
    return [goal_of(row) for row in rows]


def read_goal(work: UnitOfWork, catalogue: Catalogue, name: str, *, lock: bool = False) -> GoalRow:
    """One goal. Raises NotFound."""
    if name in catalogue.goals:
        statement = sa.text(_READ + (" FOR UPDATE" if lock else ""))
        row = work.connection.execute(statement, {"names": [name]}).mappings().first()
        if row is not None:
            return goal_of(row)
    raise NotFound(f"{catalogue.service} has no goal {name[:80]!r}")


def edit_goal(jobs: Jobs, name: str, *, is_paused: bool | None = None, **ages: timedelta | None) -> GoalRow:
    """Change the ages of a goal (max_age, hot, cold; None: no such tier), or pause it; holds when this returns.

    Of very many entities the rest follows in the next seconds. Raises NotFound, InvalidArgument.
    """
    if is_paused is None and not ages:
        fields = ["max_age", "hot", "cold", "is_paused"]
        raise InvalidArgument("nothing is asked for", field="max_age", allowed=fields)
    with jobs.database.unit_of_work() as work:
        now = read_goal(work, jobs.catalogue, name, lock=True)
        max_age, hot, cold = ages.get("max_age") or now.max_age, ages.get("hot", now.hot), ages.get("cold", now.cold)
        check_ages(name, max_age=max_age, hot=hot, cold=cold)
        values = {
            "name": name, "max_age_ms": max_age // MS, "hot_ms": _ms(hot), "cold_ms": _ms(cold),
            "is_paused": now.is_paused if is_paused is None else is_paused,
        }  # fmt: skip
        work.connection.execute(_EDIT, values)
        reage(work, name, after="")
        return read_goal(work, jobs.catalogue, name)


def reage(work: UnitOfWork, goal: str, *, after: str, at: datetime | None = None) -> bool:
    """Work out the ages of a page of entities anew, after the goal's; True when there are more."""
    page = work.connection.execute(_PAGE, {"goal": goal, "after": after, "most": MOVES_MAX}).scalars().all()
    reconsider(work, goal, page, at=at)
    has_more = len(page) == MOVES_MAX
    work.connection.execute(_AT, {"goal": goal, "at": page[-1] if has_more else None})
    return has_more


def goal_of(row: Any) -> GoalRow:
    """A goal of its row."""
    return GoalRow(
        row["name"], job=row["job"], argument=row["argument"], max_age=row["max_age_ms"] * MS, hot=_age(row["hot_ms"]),
        cold=_age(row["cold_ms"]), hot_for=row["hot_for_ms"] * MS, cold_after=row["cold_after_ms"] * MS,
        lead=row["lead"], batch=row["batch"], budget=row["budget"], breaker=row["breaker"], cost=row["cost"],
        is_paused=row["is_paused"], last_error=row["last_error"], entities=row["entities"], breached=row["breached"],
        demand=row["demand"], reage_from=row["reage_from"],
    )  # fmt: skip


def _ms(age: timedelta | None) -> int | None:
    return None if age is None else age // MS


def _age(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else milliseconds * MS
