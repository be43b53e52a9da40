"""Owns noticing what has become too old, by PostgreSQL's time alone: whatever stands still, a breach is seen.

It must never look at all entities, except to count them now and then.
"""

from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from shared import metrics
from shared.db import UnitOfWork
from shared.jobs.freshness.moves import AGE, BANDS, TIER, reconsider
from shared.jobs.freshness.reasons import Facts, reason_of
from shared.jobs.states import State
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 500
COUNT_SECONDS = 15.0
_NOW = sa.text("SELECT coalesce(CAST(:at AS timestamptz), clock_timestamp())")
_HELD = sa.text(f"""
SELECT e.goal, e.entity, e.breach_at, r.tier <> e.tier OR a.ms <> e.max_age_ms AS is_stale
FROM freshness_entity AS e JOIN freshness_goal AS g ON g.name = e.goal
CROSS JOIN (SELECT CAST(:now AS timestamptz) AS now) AS t
CROSS JOIN LATERAL (SELECT e.touched_at) AS n
CROSS JOIN LATERAL (SELECT {TIER} AS tier) AS r
CROSS JOIN LATERAL (SELECT {AGE} AS ms) AS a
WHERE e.breach_since IS NULL AND e.breach_at <= CAST(:now AS timestamptz)
ORDER BY e.breach_at LIMIT {BATCH} FOR UPDATE OF e SKIP LOCKED
""")  # noqa: S608  # constants of this package
_FACTS = sa.text("""
SELECT e.goal, e.entity, e.failures, g.job, g.budget, g.breaker, g.is_paused, g.last_error, j.state, j.wait_reason,
  coalesce(j.error ->> 'type', '') AS error, coalesce(j.queue, '') AS queue,
  c.state = 'open' OR c.forced = 'open' AND (c.forced_until_ms = 0
    OR c.forced_until_ms > extract(epoch FROM clock_timestamp()) * 1000) AS is_open,
  q.is_paused AND coalesce(q.paused_until > clock_timestamp(), TRUE) AS queue_paused,
  p.short_since IS NOT NULL AS is_short, coalesce(p.per_minute, 0) AS per_minute
FROM freshness_entity AS e
JOIN json_to_recordset(CAST(:batch AS json)) AS s (goal text, entity text, queue text)
  ON s.goal = e.goal AND s.entity = e.entity
JOIN freshness_goal AS g ON g.name = e.goal
LEFT JOIN job AS j ON j.id = e.job_id AND (e.asked_at IS NOT NULL OR e.failures > 0 OR j.finished_at IS NULL)
LEFT JOIN circuit AS c ON c.name = g.breaker
LEFT JOIN queue_setting AS q ON q.queue = coalesce(j.queue, s.queue)
LEFT JOIN freshness_pace AS p ON p.name = CASE g.budget WHEN '' THEN 'goal:' || g.name ELSE g.budget END
""")
_MARK = sa.text("""
WITH s AS (
  SELECT * FROM json_to_recordset(CAST(:batch AS json))
    AS s (goal text, entity text, since timestamptz, code text, reason text)
), marked AS (
  UPDATE freshness_entity AS e SET breach_since = s.since, breaches = e.breaches + 1
  FROM s WHERE e.goal = s.goal AND e.entity = s.entity
)
INSERT INTO freshness_breach (goal, entity, since, code, reason)
SELECT goal, entity, since, code, reason FROM s ON CONFLICT (goal, entity, since) DO NOTHING
""")
_COUNT = sa.text("""
UPDATE freshness_goal AS g SET entities = c.entities, breached = c.breached, demand = c.demand
FROM (SELECT g.name, count(e.entity) AS entities, count(e.breach_since) AS breached,
        coalesce(sum(1000.0 / (e.max_age_ms * g.lead)), 0) / min(g.batch) AS demand
      FROM freshness_goal AS g LEFT JOIN freshness_entity AS e ON e.goal = g.name GROUP BY g.name) AS c
WHERE g.name = c.name AND (g.entities, g.breached, g.demand) IS DISTINCT FROM (c.entities, c.breached, c.demand)
""")
_WORST = sa.text(f"""
SELECT g.name, g.entities, g.breached,
  (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - f.breach_at) * 1000 / f.max_age_ms + 1), 0)
   FROM generate_series(0, {BANDS - 1}) AS b (band)
   CROSS JOIN LATERAL (SELECT e.breach_at, e.max_age_ms FROM freshness_entity AS e
                       WHERE e.goal = g.name AND e.band = b.band ORDER BY e.breach_at LIMIT 1) AS f) AS worst
FROM freshness_goal AS g WHERE g.name = ANY(CAST(:names AS text[]))
""")  # noqa: S608  # a constant of this package


def watch_once(jobs: Jobs, *, at: datetime | None = None) -> bool:
    """Note one batch of what has become too old, and why; True when there may be more."""
    if not jobs.catalogue.goals:
        return False
    with jobs.database.unit_of_work() as work:
        now = work.connection.execute(_NOW, {"at": at}).scalar_one()
        found = work.connection.execute(_HELD, {"now": now}).all()
        stale = sorted((row for row in found if row.is_stale), key=lambda row: row.goal)
        for goal, changed in groupby(stale, key=lambda row: str(row.goal)):
            reconsider(work, goal, [row.entity for row in changed], at=at)
        late = [row for row in found if not row.is_stale]
        if late:
            _mark(jobs, work, late)
    return len(found) == BATCH


def count_once(jobs: Jobs) -> bool:
    """Count what goals are kept for: the one look at all entities, far from anybody who waits."""
    if not jobs.catalogue.goals:
        return False
    with jobs.database.unit_of_work() as work:
        work.connection.execute(_COUNT)
        rows = work.connection.execute(_WORST, {"names": sorted(jobs.catalogue.goals)}).all()
    for row in rows:
        labels = {"service": jobs.service, "goal": row.name}
        metrics.FRESHNESS_ENTITIES.labels(**labels).set(row.entities)
        metrics.FRESHNESS_BREACHED.labels(**labels).set(row.breached)
        metrics.FRESHNESS_WORST_RATIO.labels(**labels).set(max(0.0, float(row.worst)))
    return False


def _mark(jobs: Jobs, work: UnitOfWork, late: list[Any]) -> None:
    whom = [{"goal": row.goal, "entity": row.entity, "queue": _queue(jobs, row.goal)} for row in late]
    rows = work.connection.execute(_FACTS, {"batch": msgspec.json.encode(whom).decode()}).all()
    reasons = {(row.goal, row.entity): reason_of(_facts(jobs, row)) for row in rows}
    batch = []
    for row in late:
        code, reason = reasons[row.goal, row.entity]
        batch.append({"goal": row.goal, "entity": row.entity, "since": row.breach_at, "code": code, "reason": reason})
    work.connection.execute(_MARK, {"batch": msgspec.json.encode(batch).decode()})
    codes = sorted({str(one["code"]) for one in batch})
    log.warning("data too old", service=jobs.service, entities=len(batch), causes=codes)


def _facts(jobs: Jobs, row: Any) -> Facts:
    return Facts(
        job=row.job, queue=row.queue or _queue(jobs, row.goal), budget=row.budget, breaker=row.breaker,
        is_goal_paused=row.is_paused, goal_error=row.last_error, is_circuit_open=bool(row.is_open),
        is_queue_paused=bool(row.queue_paused), state=None if row.state is None else State(row.state),
        wait_reason=row.wait_reason or "", error=row.error, failures=row.failures, is_short=row.is_short,
        per_minute=row.per_minute,
    )  # fmt: skip


def _queue(jobs: Jobs, goal: str) -> str:
    """The queue that a goal's jobs go to; empty for a goal that code has no more."""
    declared = jobs.catalogue.goals.get(goal)
    return jobs.catalogue.jobs[declared.job].queue.name if declared is not None else ""
