"""Owns the gauges of queue depth and age. It must never run in more than the scheduler's process."""

from shared import metrics
from shared.jobs.queue_counts import read_counts
from shared.jobs.submission import Jobs


def gauge_once(jobs: Jobs) -> bool:
    """Set every queue's gauges to what the index says now."""
    for counts in read_counts(jobs):
        labels = {"service": jobs.service, "queue": counts.queue}
        for state in ("queued", "scheduled", "retrying", "running"):
            metrics.QUEUE_DEPTH.labels(**labels, state=state).set(getattr(counts, state))
        metrics.OLDEST_QUEUED_SECONDS.labels(**labels).set(counts.oldest_queued_ms / 1000)
    return False
