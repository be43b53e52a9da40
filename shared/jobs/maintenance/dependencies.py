"""Owns what the end of a job did not reach in its own transaction: long chains, very many that waited.

It must never release what waits for a live job.
"""

from shared.jobs import keyed_nodes
from shared.jobs.ledger import edges
from shared.jobs.submission import Jobs

BATCH = 200


def follow_once(jobs: Jobs) -> bool:
    """Settle what still waits for jobs that have ended; True when there may be more."""
    with jobs.database.unit_of_work() as work:
        left = [*edges.lock_left(work, limit=BATCH), *keyed_nodes.left(work, limit=BATCH)]
        jobs.already_ended(work, left)
    return bool(left)
