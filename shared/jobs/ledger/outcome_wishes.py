"""Owns the rows that say whose flow is to be told how a job ends. It must never commit, and never tell anybody."""

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.states import State

_ADD = sa.text("""
INSERT INTO outcome_wish (job_id, source, message_id, is_own)
VALUES (CAST(:id AS uuid), :source, CAST(:message_id AS uuid), :is_own) ON CONFLICT DO NOTHING
""")
_AWAIT = sa.text("UPDATE job SET is_awaited = TRUE WHERE id = CAST(:id AS uuid) RETURNING state")
_DROP = sa.text("""
DELETE FROM outcome_wish
WHERE job_id = CAST(:id AS uuid) AND source = :source AND message_id = CAST(:message_id AS uuid) RETURNING is_own
""")
_OTHERS = sa.text("""
SELECT EXISTS (SELECT FROM outcome_wish WHERE job_id = CAST(:id AS uuid))
    OR EXISTS (SELECT FROM job_attachment JOIN job ON job.id = job_attachment.job_id
               WHERE holder_id = CAST(:id AS uuid) AND job.finished_at IS NULL)
""")
#: The job is held first, as by whatever else ends it.
_HOLD = sa.text("SELECT 1 FROM job WHERE id = CAST(:id AS uuid) FOR NO KEY UPDATE")


def add(work: UnitOfWork, job_id: str, *, source: str, message_id: str, is_own: bool) -> State:
    """Note a wish; how the job stands, which may have ended already where its unique key means an old one."""
    values = {"id": job_id, "source": source, "message_id": message_id, "is_own": is_own}
    state = State(work.connection.execute(_AWAIT, values).scalar_one())
    work.connection.execute(_ADD, values)
    return state


def drop(work: UnitOfWork, job_id: str, *, source: str, message_id: str) -> bool:
    """Forget a wish; True when nobody else wants the job, which was made for this one."""
    values = {"id": job_id, "source": source, "message_id": message_id}
    work.connection.execute(_HOLD, values)
    is_own = work.connection.execute(_DROP, values).scalar()
    # A build that noted no wishes has made the job of this very message.
    return is_own is not False and not work.connection.execute(_OTHERS, values).scalar()
