"""Owns retention: finished jobs go by age and by count, in bounded batches.

It must never delete a live or a dead job.
"""

import sqlalchemy as sa
from redis.exceptions import ResponseError

from shared.jobs.connection import store_errors
from shared.jobs.maintenance.ledger_writer import GROUP
from shared.jobs.submission import Jobs

BATCH = 1000
#: Finished jobs of a queue that are kept at least for their age, and at most this many.
KEEP_AGE = "interval '24 hours'"
KEEP_COUNT = 20_000
KEEP_TICKS = "interval '7 days'"
CONSUMER_IDLE_MS = 3_600_000

_DELETE_OLD = sa.text(f"""
DELETE FROM job WHERE seq IN (
  SELECT seq FROM job
  WHERE finished_at < clock_timestamp() - {KEEP_AGE} AND state IN ('completed', 'cancelled', 'expired')
  ORDER BY finished_at LIMIT {BATCH})
""")  # noqa: S608  # constants of this module

_DELETE_SURPLUS = sa.text(f"""
DELETE FROM job WHERE seq IN (
  SELECT seq FROM job WHERE queue = :queue AND state = 'completed' AND seq <= (
    SELECT seq FROM job WHERE queue = :queue AND state = 'completed' ORDER BY seq DESC OFFSET {KEEP_COUNT} LIMIT 1)
  ORDER BY seq LIMIT {BATCH})
""")  # noqa: S608  # constants of this module


def sweep_once(jobs: Jobs) -> bool:
    """Delete one batch of what has outlived its keep; True when there may be more."""
    deleted = 0
    with jobs.database.unit_of_work() as work:
        deleted = max(deleted, work.connection.execute(_DELETE_OLD).rowcount)
        for queue in jobs.catalogue.queues:
            deleted = max(deleted, work.connection.execute(_DELETE_SURPLUS, {"queue": queue}).rowcount)
        work.connection.execute(
            sa.text("DELETE FROM idempotency_key WHERE created_at < clock_timestamp() - interval '24 hours'")
        )
        work.connection.execute(
            sa.text(f"DELETE FROM schedule_tick WHERE fired_at < clock_timestamp() - {KEEP_TICKS}")  # noqa: S608  # a constant of this module
        )
    _forget_consumers(jobs)
    return deleted >= BATCH


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
