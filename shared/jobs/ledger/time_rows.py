"""Owns what rows note of times when they come into being. It must never be called for jobs that have none."""

from collections.abc import Sequence
from itertools import groupby

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger.records import Submission
from shared.jobs.time_limits import keep_times

_OWN = sa.text("""
UPDATE job SET times = s.times FROM json_to_recordset(CAST(:batch AS json)) AS s (id uuid, times jsonb)
WHERE job.id = s.id
""")


def keep(work: UnitOfWork, submissions: Sequence[Submission]) -> None:
    """Note what these rows, written in this transaction, have of times; nothing for those that have none."""
    keep_own(work, submissions)
    limited = [one for one in submissions if one.times is not None]
    for (times, due), same in groupby(limited, key=lambda one: (one.times, one.scheduled_for)):
        if times is not None:
            keep_times(work, [one.id for one in same], times, scheduled_for=due)


def keep_own(work: UnitOfWork, submissions: Sequence[Submission]) -> None:
    """Note in rows what they have of times alone, which goes with them wherever they go."""
    own = [{"id": one.id, "times": one.own_times} for one in submissions if one.own_times is not None]
    if own:
        work.connection.execute(_OWN, {"batch": msgspec.json.encode(own).decode()})
