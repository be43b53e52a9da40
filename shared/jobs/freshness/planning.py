"""Owns turning entities that are due into jobs: the jobs and the entities' next time are one transaction.

It must never submit a second job for an entity while one is under way.
"""

import functools
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from shared import metrics
from shared.db import UnitOfWork
from shared.errors import InvalidArgument, Rejected, StoreUnavailable
from shared.jobs.admission import prepare
from shared.jobs.freshness.choices import MS, Choice, Due, Group, choose, look_again
from shared.jobs.freshness.moves import AGE, BANDS, TIER, reconsider
from shared.jobs.freshness.pacing import Pace, Refill, hold_pace, refill_of
from shared.jobs.freshness.settings import GoalRow, read_goals, reage
from shared.jobs.ledger import ledger
from shared.jobs.ledger.records import Job, Submission
from shared.jobs.states import State
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
#: Jobs one turn submits for one pace, and entities it looks at in each band.
JOBS_MAX, LOOKS_MAX = 500, 2_000
#: A job for many takes those too that will be due within this part of their age.
GATHER = 0.1
ERROR_MAX = 500
_FROZEN = sa.text("SET LOCAL idle_in_transaction_session_timeout = '10s'")

#: By their places: a row that moves meanwhile is found at the next turn, and no guess of how many makes it read all.
_FIND = sa.text(f"""
WITH t AS (SELECT CAST(:now AS timestamptz) AS now),
soon AS (
  SELECT f.place
  FROM unnest(CAST(:goals AS text[]), CAST(:gathers AS double precision[])) AS w (goal, gather)
  CROSS JOIN generate_series(0, {BANDS - 1}) AS b (band)
  CROSS JOIN LATERAL (
    SELECT e.ctid AS place FROM freshness_entity AS e
    WHERE e.goal = w.goal AND e.band = b.band
      AND e.next_due_at <= CAST(:now AS timestamptz) + w.gather * power(2, b.band / 2.0) * interval '1 second'
    ORDER BY e.next_due_at LIMIT :most) AS f
)
SELECT e.goal, e.entity, e.lane, e.next_due_at, e.asked_at, e.job_id::text, e.failures, a.ms, r.tier,
  r.tier <> e.tier OR a.ms <> e.max_age_ms AS is_stale
FROM freshness_entity AS e JOIN freshness_goal AS g ON g.name = e.goal CROSS JOIN t
CROSS JOIN LATERAL (SELECT e.touched_at) AS n
CROSS JOIN LATERAL (SELECT {TIER} AS tier) AS r
CROSS JOIN LATERAL (SELECT {AGE} AS ms) AS a
WHERE e.ctid = ANY(ARRAY(SELECT place FROM soon)) ORDER BY e.goal, e.entity FOR UPDATE OF e SKIP LOCKED
""")  # noqa: S608  # constants of this package
_STATES = sa.text("SELECT id::text, state FROM job WHERE id = ANY(CAST(:ids AS uuid[]))")
_WRITE = sa.text("""
UPDATE freshness_entity AS e SET next_due_at = s.at, job_id = coalesce(s.job_id, e.job_id), failures = s.failures,
  asked_at = CASE WHEN s.is_asked THEN :now WHEN s.is_awaited THEN e.asked_at END
FROM json_to_recordset(CAST(:batch AS json))
  AS s (goal text, entity text, at timestamptz, job_id uuid, failures integer, is_asked boolean,
        is_awaited boolean)
WHERE e.goal = s.goal AND e.entity = s.entity
""")
_REFUSED = sa.text("UPDATE freshness_goal SET last_error = :error WHERE name = :name AND last_error = ''")


def plan_once(jobs: Jobs, *, at: datetime | None = None) -> bool:
    """One turn over every goal of the service; any number of schedulers may take it. `at` replays another time.

    Raises StoreUnavailable after all others had their turn, when a budget could not be asked.
    """
    if not jobs.catalogue.goals:
        return False
    with jobs.database.unit_of_work() as work:
        goals = read_goals(work, jobs.catalogue)
    for goal in goals:
        if goal.reage_from is not None:
            _reage(jobs, goal, at)
    planned = sorted((goal for goal in goals if not goal.is_paused and not goal.last_error), key=lambda one: one.pace)
    silent: list[StoreUnavailable] = []
    for name, shared in groupby(planned, key=lambda one: one.pace):
        try:
            sharing = list(shared)
            _plan(jobs, name, sharing, refill_of(jobs, sharing), at)
        except StoreUnavailable as error:
            silent.append(error)
    if silent:
        raise silent[0]
    return False


def _reage(jobs: Jobs, goal: GoalRow, at: datetime | None) -> None:
    with jobs.database.unit_of_work() as work:
        reage(work, goal.name, after=goal.reage_from or "", at=at)


def _plan(jobs: Jobs, name: str, goals: Sequence[GoalRow], refill: Refill, at: datetime | None) -> None:
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        work.connection.execute(_FROZEN)
        pace = hold_pace(work, name, refill, at=at)
        if pace is None or pace.points < min(goal.cost for goal in goals):
            return
        choice = choose(_find(work, goals, pace), now=pace.now, points=min(pace.points, _most(goals)))
        opened = _write(jobs, work, choice, pace)
        pace.keep(work, spent=choice.spent, is_short=choice.is_short)
        if opened:
            work.after_commit(functools.partial(jobs.push, opened, deadline_ms=deadline_ms))
    for group in choice.groups:
        metrics.FRESHNESS_JOBS.labels(service=jobs.service, goal=group.goal.name).inc()


def _most(goals: Sequence[GoalRow]) -> float:
    return float(JOBS_MAX * min(goal.cost for goal in goals))


def _find(work: UnitOfWork, goals: Sequence[GoalRow], pace: Pace) -> list[Due]:
    """What is due first in each band: enough of it to spend the points on, and some more that only looks."""
    wanted = pace.points / min(goal.cost for goal in goals) * max(goal.batch for goal in goals)
    values = {
        "goals": [goal.name for goal in goals],
        "gathers": [GATHER if goal.batch > 1 else 0.0 for goal in goals],
        "now": pace.now, "most": int(min(LOOKS_MAX, 20 + 2 * wanted)),
    }  # fmt: skip
    rows = work.connection.execute(_FIND, values).all()
    ids = sorted({row.job_id for row in rows if row.job_id is not None})
    states = {row[0]: row[1] for row in work.connection.execute(_STATES, {"ids": ids})} if ids else {}
    known = {goal.name: goal for goal in goals}
    return [_due(known[row.goal], row, states) for row in rows]


def _due(goal: GoalRow, row: Any, states: dict[str, str]) -> Due:
    state = states.get(row.job_id)
    return Due(
        goal, row.entity, lane=row.lane, max_age=row.ms * MS, next_due=row.next_due_at, asked_at=row.asked_at,
        state=None if state is None else State(state), failures=row.failures, is_stale=row.is_stale,
    )  # fmt: skip


def _write(jobs: Jobs, work: UnitOfWork, choice: Choice, pace: Pace) -> list[Job]:
    batch: list[dict[str, object]] = [
        {"goal": one.due.goal.name, "entity": one.due.entity, "at": one.at, "job_id": None,
         "failures": one.failures, "is_asked": False, "is_awaited": one.is_awaited}
        for one in choice.later
    ]  # fmt: skip
    submissions = []
    for group in choice.groups:
        submission = _submission(jobs, work, group)
        if submission is None:
            continue
        submissions.append(submission)
        batch.extend(
            {"goal": group.goal.name, "entity": due.entity, "at": look_again(due.max_age, pace.now),
             "job_id": submission.id, "failures": failures, "is_asked": True, "is_awaited": True}
            for due, failures in group.members
        )  # fmt: skip
    if batch:
        work.connection.execute(_WRITE, {"batch": msgspec.json.encode(batch).decode(), "now": pace.now})
    for name, changed in groupby(choice.stale, key=lambda one: one.goal.name):
        reconsider(work, name, [one.entity for one in changed][:1_000], at=pace.now)
    return ledger.open_jobs(work, submissions) if submissions else []


def _submission(jobs: Jobs, work: UnitOfWork, group: Group) -> Submission | None:
    """The job of a group; a goal whose jobs are refused says so and rests until it is changed."""
    entities = [due.entity for due, _ in group.members]
    args: dict[str, Any] = {group.goal.argument: entities if group.goal.batch > 1 else entities[0]}
    try:
        submission = prepare(jobs.catalogue, group.goal.job, args)
        if submission.is_keyed:  # its key may mean another job, and that one's entities others
            raise InvalidArgument(f"{submission.name} is unique; a goal keeps its jobs apart by itself", field="job")
    except Rejected as error:
        work.connection.execute(_REFUSED, {"name": group.goal.name, "error": str(error)[:ERROR_MAX]})
        log.error("goal cannot be submitted", service=jobs.service, goal=group.goal.name, error=str(error)[:ERROR_MAX])
        return None
    return submission
