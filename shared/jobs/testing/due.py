"""Owns letting the time of waiting jobs come, in the index alone. It must never change a row."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from shared import clock
from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.connection import store_errors
from shared.jobs.ledger import queries
from shared.jobs.messages import push_of
from shared.jobs.submission import Jobs

PAGE = 500
_LONG_AGO_MS = 1
_NOT_YET_PUSHED = sa.text("""
SELECT id::text FROM job
WHERE finished_at IS NULL AND pushed_at IS NULL AND state = 'scheduled' AND queue = ANY(:queues)
  AND (CAST(:until AS timestamptz) IS NULL OR scheduled_for <= :until)
ORDER BY seq LIMIT :limit
""")


def bring_forward(jobs: Jobs, queues: Sequence[str] | None = None, *, until: datetime | None = None) -> int:
    """Make due now what is due until then (None: ever) in these queues (None: all); returns how many jobs that were."""
    if until is not None and until.tzinfo is None:
        raise InvalidArgument("until must carry a time zone", field="until")
    names = list(jobs.catalogue.queues) if queues is None else list(queues)
    with jobs.database.unit_of_work() as work:
        _push_far(jobs, work, names, until)
    latest = "+inf" if until is None else clock.epoch_ms(until)
    moved = 0
    for queue in names:
        key = jobs.scripts.keys.of_queue(queue, "delayed")
        with store_errors():
            due = jobs.scripts.client.zrangebyscore(key, _LONG_AGO_MS + 1, latest)
            if due:
                jobs.scripts.client.zadd(key, dict.fromkeys(due, _LONG_AGO_MS), xx=True)
        moved += len(due)
    return moved


def _push_far(jobs: Jobs, work: UnitOfWork, queues: list[str], until: datetime | None) -> None:
    """Jobs due in more than an hour are in no index yet; the relay would bring them when their time comes near."""
    values = {"queues": queues, "until": until, "limit": PAGE}
    ids = [row.id for row in work.connection.execute(_NOT_YET_PUSHED, values)]
    rows = queries.lock_live(work, ids) if ids else []
    if rows:
        jobs.scripts.enqueue([push_of(row) for row in rows], deadline_ms=0)
