"""Owns what the row says before an attempt calls its function. It must never let a debounced job start too early."""

from dataclasses import dataclass
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.ledger import unique_locks
from shared.jobs.uniqueness import LATEST_MODES, START_MODES

_ROW = sa.text("""
SELECT generation, finished_at IS NULL AS is_live, unique_mode, name, unique_key FROM job WHERE id = CAST(:id AS uuid)
""")


@dataclass(frozen=True, slots=True)
class Begun:
    """Whether there is still something to run; not before `wait` is over; with these arguments, not the entry's."""

    is_live: bool
    wait: timedelta | None = None
    args: msgspec.Raw | None = None


def begin(work: UnitOfWork, job_id: str, generation: int) -> Begun:
    """Ask the row. The start of a job whose key is free from its start on is written, for its caller to commit."""
    row = work.connection.execute(_ROW, {"id": job_id}).one_or_none()
    if row is None or (row.generation, row.is_live) != (generation, True):
        return Begun(is_live=False)
    if row.unique_mode not in START_MODES:
        return Begun(is_live=True)
    seconds = unique_locks.begin(work, row.name, row.unique_key, job_id)
    if seconds > 0:
        return Begun(is_live=True, wait=timedelta(seconds=seconds))
    if row.unique_mode not in LATEST_MODES:
        return Begun(is_live=True)
    args: str = work.connection.execute(
        sa.text("SELECT args::text FROM job WHERE id = CAST(:id AS uuid)"), {"id": job_id}
    ).scalar_one()
    return Begun(is_live=True, args=msgspec.Raw(args.encode()))
