"""Owns retention: what is finished goes by age and by count, in bounded batches.

It must never delete a live job, nor a dead one without saying so.
"""

from datetime import timedelta

import sqlalchemy as sa
import structlog
from redis.exceptions import ResponseError

from shared import metrics
from shared.db import UnitOfWork
from shared.jobs import results
from shared.jobs.connection import store_errors
from shared.jobs.exchange import inbox, outbox
from shared.jobs.maintenance.ledger_writer import GROUP
from shared.jobs.retention import DEFAULT, Keep
from shared.jobs.states import State
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 1000
KEY_LIFE = timedelta(hours=24)
CONSUMER_IDLE_MS = 3_600_000
#: Events and log lines go with their job (revision 0006); of jobs that stay for longer, after so long.
HISTORY_LIFE = timedelta(days=30)
#: And above so many rows in a table the oldest go, whatever their age.
HISTORY_MOST = 10_000_000
#: Rows looked at to tell which are the oldest.
SAMPLE = 10_000

#: Reads one entry of the index a queue, however many jobs there are; also finds queues the code has no more.
_QUEUES = sa.text("""
WITH RECURSIVE known (queue) AS (
  (SELECT queue FROM job WHERE finished_at IS NOT NULL ORDER BY queue, state, is_owed, finished_at, seq LIMIT 1)
  UNION ALL
  SELECT (SELECT job.queue FROM job WHERE job.finished_at IS NOT NULL AND job.queue > known.queue
          ORDER BY job.queue, job.state, job.is_owed, job.finished_at, job.seq LIMIT 1)
  FROM known WHERE known.queue IS NOT NULL
)
SELECT queue FROM known WHERE queue IS NOT NULL
""")

#: now() and not clock_timestamp(): an index is only searched for what holds still during the statement.
_DELETE_OLD = sa.text(f"""
DELETE FROM job WHERE seq = ANY(ARRAY(
  SELECT seq FROM job
  WHERE queue = :queue AND state = :state AND NOT is_owed AND finished_at < now() - CAST(:age AS interval)
  ORDER BY finished_at, seq LIMIT {BATCH} FOR UPDATE SKIP LOCKED
))
""")  # noqa: S608  # a constant of this module

#: The newest job beyond the count, found by walking at most so many entries of each half of the index; never by
#: counting all.
_FIRST_SURPLUS = sa.text("""
SELECT finished_at, seq FROM (
  (SELECT finished_at, seq FROM job WHERE queue = :queue AND state = :state AND NOT is_owed AND finished_at IS NOT NULL
   ORDER BY finished_at DESC, seq DESC LIMIT :count + 1)
  UNION ALL
  (SELECT finished_at, seq FROM job WHERE queue = :queue AND state = :state AND is_owed AND finished_at IS NOT NULL
   ORDER BY finished_at DESC, seq DESC LIMIT :count + 1)
) AS newest ORDER BY finished_at DESC, seq DESC OFFSET :count LIMIT 1
""")

_DELETE_SURPLUS = sa.text(f"""
DELETE FROM job WHERE seq = ANY(ARRAY(
  SELECT seq FROM job
  WHERE queue = :queue AND state = :state AND NOT is_owed AND finished_at IS NOT NULL
    AND (finished_at, seq) <= (:finished_at, :seq)
  ORDER BY finished_at, seq LIMIT {BATCH} FOR UPDATE SKIP LOCKED
))
""")  # noqa: S608  # a constant of this module

#: Rows that answer a repeated submission: by either rule only after a key's life (it began before they finished),
#: children not before their parent has ended, and what others wait for not before they and its flow have. What is
#: looked at is bounded as well: the oldest of them.
_DELETE_OWED = sa.text(f"""
DELETE FROM job WHERE seq = ANY(ARRAY(
  SELECT seq FROM job
  WHERE seq = ANY(ARRAY(
    SELECT seen.seq FROM (
      SELECT seq, parent_id, id, is_awaited FROM job
      WHERE queue = :queue AND state = :state AND is_owed AND finished_at < now() - CAST(:age AS interval)
        AND (finished_at, seq) <= (coalesce(CAST(:finished_at AS timestamptz), 'infinity'), coalesce(:seq, 0))
      ORDER BY finished_at, seq LIMIT {10 * BATCH}
    ) AS seen
    WHERE NOT EXISTS (SELECT FROM job AS parent WHERE parent.id = seen.parent_id AND parent.finished_at IS NULL)
      AND CASE WHEN seen.is_awaited THEN coalesce(
        (SELECT FALSE FROM job_edge JOIN job AS child ON child.id = job_edge.child_id
         WHERE job_edge.parent_id = seen.id AND child.finished_at IS NULL LIMIT 1),
        (SELECT FALSE FROM flow_node JOIN flow ON flow.id = flow_node.flow_id
         WHERE flow_node.job_id = seen.id AND flow.finished_at IS NULL LIMIT 1), TRUE) ELSE TRUE END
    LIMIT {BATCH}))
    AND finished_at < now() - CAST(:age AS interval)
  ORDER BY seq FOR UPDATE SKIP LOCKED
))
""")  # noqa: S608  # a constant of this module

#: Keys that mean no live job any more, and whose time has run out; whoever submits meanwhile has the row locked.
_DELETE_LOCKS = sa.text(f"""
DELETE FROM unique_lock WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM unique_lock
  WHERE taken_at < now() - interval '1 hour' AND coalesce(expires_at < now(), TRUE)
    AND NOT EXISTS (SELECT FROM job WHERE job.id = unique_lock.job_id AND job.finished_at IS NULL)
  ORDER BY taken_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
""")  # noqa: S608  # a constant of this module

#: What is not a job goes by age alone: table, its time, and how long it is kept.
_AGED = (
    ("idempotency_key", "created_at", KEY_LIFE),
    ("schedule_tick", "fired_at", "7 days"),
    ("inbox", "received_at", inbox.KEPT),
    ("job_event", "at", HISTORY_LIFE),
    ("job_log", "at", HISTORY_LIFE),
    ("flow", "finished_at", "7 days"),
    ("result_cache", "expires_at", timedelta(0)),
    ("slot_decision", "at", "7 days"),
    ("freshness_breach", "ended_at", "30 days"),
)

_LIVE_ROWS = sa.text("SELECT pg_stat_get_live_tuples(CAST(:table AS regclass))")


def sweep_once(jobs: Jobs) -> bool:
    """Delete one batch of each kind of what has outlived its keep; True when there may be more."""
    with jobs.database.unit_of_work() as work:
        queues = [row.queue for row in work.connection.execute(_QUEUES)]
    most = 0
    for queue in queues:
        known = jobs.catalogue.queues.get(queue)
        for state, keep in (known.retention if known else DEFAULT).by_state():
            most = max(most, _sweep_jobs(jobs, queue, state, keep))
    with jobs.database.unit_of_work() as work:
        for table, column, kept in _AGED:
            most = max(most, _delete_aged(work, table, column, kept))
        most = max(most, work.connection.execute(_DELETE_LOCKS).rowcount, results.forget(work))
        for table in ("job_event", "job_log"):
            most = max(most, _delete_surplus(work, table))
        most = max(most, outbox.sweep(work, limit=BATCH))
    _forget_consumers(jobs)
    return most >= BATCH


def _sweep_jobs(jobs: Jobs, queue: str, state: State, keep: Keep) -> int:
    """Delete a batch of one queue's jobs of one state by each rule; the larger count."""
    which = {"queue": queue, "state": str(state)}
    with jobs.database.unit_of_work() as work:
        old = work.connection.execute(_DELETE_OLD, {**which, "age": keep.age}).rowcount
        owed = {**which, "age": max(keep.age, KEY_LIFE), "finished_at": None, "seq": None}
        old += work.connection.execute(_DELETE_OWED, owed).rowcount
        first = work.connection.execute(_FIRST_SURPLUS, {**which, "count": keep.count}).one_or_none()
        surplus = 0
        if first is not None:
            surplus = work.connection.execute(_DELETE_SURPLUS, {**which, **first._mapping}).rowcount
            owed |= {"age": KEY_LIFE, **first._mapping}
            surplus += work.connection.execute(_DELETE_OWED, owed).rowcount
    for rule, count in (("age", old), ("count", surplus)):
        if count:
            metrics.JOBS_SWEPT.labels(service=jobs.service, queue=queue, state=str(state), rule=rule).inc(count)
        if count and state is State.DEAD:
            log.warning(
                "dead jobs deleted", service=jobs.service, queue=queue, jobs=count, rule=rule,
                kept_hours=keep.age.total_seconds() / 3600, kept_count=keep.count,
            )  # fmt: skip
    return max(old, surplus)


def _delete_aged(work: UnitOfWork, table: str, column: str, kept: str | timedelta) -> int:
    statement = f"""
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM {table} WHERE {column} < now() - CAST(:kept AS interval)
      ORDER BY {column} LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
    """  # noqa: S608  # constants of this module
    return work.connection.execute(sa.text(statement), {"kept": kept}).rowcount


def _delete_surplus(work: UnitOfWork, table: str) -> int:
    """Delete a batch of a table's oldest rows while PostgreSQL's running estimate says there are more than may be.

    What is old is asked of a sample: an index that sorts by time would cost every event, and counting is not bounded.
    """
    rows = work.connection.execute(_LIVE_ROWS, {"table": table}).scalar_one()
    surplus = rows - HISTORY_MOST
    if surplus <= 0:
        return 0
    sampled = {"percent": min(100.0, 100.0 * SAMPLE / rows), "share": surplus / rows}
    statement = f"""
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM {table} WHERE at <= (
        SELECT percentile_disc(CAST(:share AS double precision)) WITHIN GROUP (ORDER BY at)
        FROM {table} TABLESAMPLE SYSTEM (:percent))
      LIMIT {min(BATCH, surplus)} FOR UPDATE SKIP LOCKED))
    """  # noqa: S608  # constants of this module, and a number
    return work.connection.execute(sa.text(statement), sampled).rowcount


def _forget_consumers(jobs: Jobs) -> None:
    """Consumers of processes long gone, when nothing of theirs is pending."""
    stream = jobs.scripts.keys.of("events")
    with store_errors():
        try:
            consumers = jobs.scripts.client.xinfo_consumers(stream, GROUP)
        except ResponseError:
            return  # no stream or no group yet
        for consumer in consumers:
            if consumer["pending"] == 0 and consumer["idle"] > CONSUMER_IDLE_MS:
                jobs.scripts.client.xgroup_delconsumer(stream, GROUP, consumer["name"])
