"""Owns reading how full the queues are. O(1) in the number of jobs; it must never count by scanning."""

from dataclasses import dataclass
from typing import Any

from shared.jobs.connection import store_errors
from shared.jobs.scripts import Scripts
from shared.jobs.submission import Jobs


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """One queue now, by the index; totals are monotonic while the index lives."""

    queue: str
    queued: int
    scheduled: int
    retrying: int
    running: int
    oldest_queued_ms: int
    started: int
    completed: int
    retried: int
    dead: int


def read_counts(jobs: Jobs) -> list[QueueCounts]:
    """All queues of the service in two round trips, whatever their depth. Raises StoreUnavailable."""
    names = sorted(jobs.catalogue.queues)
    keys = jobs.scripts.keys
    with store_errors():
        pipeline = jobs.scripts.client.pipeline(transaction=False)
        for name in names:
            pipeline.zcard(keys.of_queue(name, "ready"))
            pipeline.zcard(keys.of_queue(name, "delayed"))
            pipeline.zcard(keys.of_queue(name, "running"))
            pipeline.hgetall(keys.of_queue(name, "count"))
            pipeline.zcard(keys.of_queue(name, "parked"))
        answers = pipeline.execute()
    ages = _Ages(jobs.scripts.client, jobs.service).oldest(names)
    return [_counts(name, answers[5 * i : 5 * i + 5], ages[i]) for i, name in enumerate(names)]


class _Ages(Scripts):
    """The one script that only reads."""

    def oldest(self, queues: list[str]) -> list[int]:
        """For how long the oldest queued job of each has waited, in milliseconds; at most 100 gates are looked at."""
        return list(self._run("oldest", queues, [len(queues)]))


def _counts(name: str, answers: list[Any], oldest_ms: int) -> QueueCounts:
    ready, delayed, running, raw, parked = answers
    totals = {key.decode(): int(value) for key, value in raw.items()}
    retrying = max(0, totals.get("retrying", 0))
    return QueueCounts(
        queue=name,
        queued=ready + parked,
        scheduled=max(0, delayed - retrying),
        retrying=retrying,
        running=running,
        oldest_queued_ms=oldest_ms,
        started=totals.get("started", 0),
        completed=totals.get("completed", 0),
        retried=totals.get("retried", 0),
        dead=totals.get("dead", 0),
    )
