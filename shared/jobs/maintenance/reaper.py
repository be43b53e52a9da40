"""Owns expired leases: work of dead or frozen processes goes back to its old place.

It must never judge by client clocks.
"""

import structlog

from shared.jobs.crash_points import crash_point
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 100


def reap_once(jobs: Jobs) -> bool:
    """Take back up to a batch of expired leases of every queue; True when a queue may have more."""
    has_more = False
    for queue in jobs.catalogue.queues:
        crash_point("reap.looking")
        reclaimed, buried = jobs.scripts.reclaim(queue, limit=BATCH)
        if reclaimed or buried:
            crash_point("reap.reclaimed")
            log.warning("leases expired", service=jobs.service, queue=queue, reclaimed=reclaimed, buried=buried)
        has_more = has_more or reclaimed + buried >= BATCH
    return has_more
