"""Owns knowing a reconciled index by its identity (rule 13). It must never open claims by itself."""

import sqlalchemy as sa

from shared.jobs.connection import instance_of
from shared.jobs.submission import Jobs


def known_identity(jobs: Jobs) -> str:
    """The identity that claims must show; empty while this Redis is not the one that PostgreSQL knows."""
    with jobs.database.unit_of_work() as work:
        known = work.connection.execute(sa.text("SELECT identity FROM redis_identity")).scalar()
    if known is None or not str(known).startswith(f"{instance_of(jobs.scripts.client)}:"):
        return ""
    return str(known)
