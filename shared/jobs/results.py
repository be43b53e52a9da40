"""Owns when the result of a job is not told any more, and that it is not kept then. It must never touch a live job."""

import sqlalchemy as sa
from msgspec.structs import replace

from shared.db import UnitOfWork
from shared.jobs.ledger.records import Job

BATCH = 1_000

#: Two seconds later than readers, whose clocks may differ, so that a result that has gone is never told as none.
_FORGET = sa.text(f"""
UPDATE job SET result = NULL WHERE seq = ANY(ARRAY(
  SELECT seq FROM job
  WHERE result_expires_at IS NOT NULL AND result IS NOT NULL AND result_expires_at < now() - interval '2 seconds'
  ORDER BY result_expires_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
""")  # noqa: S608  # a constant of this module


def told(job: Job) -> Job:
    """The job as it may be read now: without a result whose time is over, swept or not."""
    return replace(job, result=None) if job.result is not None and job.result_expired else job


def forget(work: UnitOfWork) -> int:
    """Delete a batch of results whose time is over; how many. Their rows stay, and say so."""
    return work.connection.execute(_FORGET).rowcount
