"""Owns the healing of a crash between commit and push: rows that nobody pushed.

It must never push without the row's lock.
"""

from shared import metrics
from shared.jobs.crash_points import crash_point
from shared.jobs.ledger import ledger, queries
from shared.jobs.messages import push_of
from shared.jobs.submission import Jobs

BATCH = 500


def relay_once(jobs: Jobs) -> bool:
    """Push one batch of unpushed rows while holding them (rule 5); True when there may be more.

    Rows are stamped by the index's own `enqueued` event; an entry that was there already has been stamped or will be.
    """
    with jobs.database.unit_of_work() as work:
        rows = queries.lock_unpushed(work, limit=BATCH)
        if not rows:
            return False
        crash_point("relay.locked")
        statuses = jobs.scripts.enqueue([push_of(row, must_check=True) for row in rows], deadline_ms=0)
        crash_point("relay.pushed")
        # A row whose older generation still runs is not in the index yet; it is tried again.
        ledger.stamp_pushed(work, [row.id for row, status in zip(rows, statuses, strict=True) if status >= 0])
        crash_point("relay.stamped")
    metrics.RELAY_PUSHED.labels(service=jobs.service).inc(sum(1 for status in statuses if status == 1))
    return len(rows) == BATCH
