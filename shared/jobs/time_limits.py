"""Owns the rows that say until when a job may begin and end, by PostgreSQL's clock.

It must never be asked for a job that has no such limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.outcomes import Buried, Expired, Failure, Obsolete, Outcome, Reason
from shared.jobs.times import MS, Times

#: A requeue begins its job anew, so its times do as well.
_KEEP = sa.text("""
INSERT INTO job_limit (job_id, queue_ttl_ms, expires_at, deadline_at, look_at)
SELECT given.id, :ttl_ms, begun.at + make_interval(secs => :ttl_ms / 1000.0),
       begun.at + make_interval(secs => :deadline_ms / 1000.0),
       begun.at + make_interval(secs => least(:ttl_ms, :deadline_ms) / 1000.0)
FROM unnest(CAST(:ids AS uuid[])) AS given (id)
CROSS JOIN LATERAL (SELECT greatest(clock_timestamp(), CAST(:scheduled_for AS timestamptz)) AS at) AS begun
ON CONFLICT (job_id) DO UPDATE SET queue_ttl_ms = excluded.queue_ttl_ms, expires_at = excluded.expires_at,
                                   deadline_at = excluded.deadline_at, look_at = excluded.look_at
""").bindparams(sa.bindparam("ttl_ms", type_=sa.BigInteger), sa.bindparam("deadline_ms", type_=sa.BigInteger))

_LOOK = sa.text("""
SELECT finished_at IS NULL AND generation = :generation AS is_live,
       greatest(expires_at, to_timestamp(:due_ms / 1000.0) + make_interval(secs => queue_ttl_ms / 1000.0))
         <= clock_timestamp() AS is_late,
       extract(epoch FROM deadline_at - clock_timestamp()) AS seconds_left
FROM job LEFT JOIN job_limit ON job_limit.job_id = job.id WHERE job.id = CAST(:id AS uuid)
""")


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a job's time: whether it should have begun before now, and the seconds to its deadline."""

    is_late: bool = False
    seconds: float = float("inf")
    #: Whoever ends a job that waits takes its times along: without them only the row tells that it is over.
    is_live: bool = True

    def refusal(self, *, attempt: int) -> Outcome | None:
        """How a job ends whose n-th attempt must not begin any more; None while it may."""
        if not self.is_live:
            return Obsolete()
        if self.seconds <= 0 and attempt == 1:
            return Expired("its deadline passed before it was taken", "deadline")
        if self.seconds <= 0:
            return Buried(Reason.DEADLINE, Failure("JobTimeout", "its deadline has passed", ""))
        if self.is_late and attempt == 1:
            return Expired("it was taken later than it should have begun")
        return None


def keep_times(work: UnitOfWork, ids: Sequence[str], times: Times, *, scheduled_for: object = None) -> None:
    """Note until when jobs may begin and end, counted from when they are due."""
    values = {
        "ids": list(ids), "scheduled_for": scheduled_for,
        "ttl_ms": times.queue_ttl // MS if times.queue_ttl else None,
        "deadline_ms": times.deadline // MS if times.deadline else None,
    }  # fmt: skip
    work.connection.execute(_KEEP, values)


def renew_times(work: UnitOfWork, job_id: str, times: Times) -> None:
    """A job begins anew, and with it what is declared of its time."""
    if times.are_kept:
        keep_times(work, [job_id], times)
    else:
        work.connection.execute(sa.text("DELETE FROM job_limit WHERE job_id = CAST(:id AS uuid)"), {"id": job_id})


def time_left(work: UnitOfWork, job_id: str, generation: int, *, due_ms: int) -> Left:
    """What a job that is about to begin has left; `due_ms` is when it was due last (0 = at once), by Redis' clock."""
    row = work.connection.execute(_LOOK, {"id": job_id, "generation": generation, "due_ms": due_ms}).one_or_none()
    if row is None:
        return Left(is_live=False)
    seconds = float("inf") if row.seconds_left is None else float(row.seconds_left)
    return Left(bool(row.is_late), seconds, row.is_live)
