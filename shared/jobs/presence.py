"""Owns how it is known which queues have live workers. It must never decide who may run what: leases do."""

from collections.abc import Callable

from shared.errors import StoreUnavailable
from shared.jobs.maintenance.loop import Loop
from shared.jobs.submission import Jobs
from shared.jobs.worker import ServiceWorker

TELL_SECONDS = 5.0
#: A worker that has not told for so long is gone.
LIFE_MS = 15_000


def watch_presence(worker: ServiceWorker) -> Loop:
    """The loop by which a worker process tells that it serves its queues; not started yet."""
    return Loop(f"{worker.jobs.service}-presence", _tell(worker), interval_seconds=TELL_SECONDS)


def tell(jobs: Jobs, worker: str, *, life_ms: int = LIFE_MS) -> None:
    """This worker serves every queue of its service for so long. Raises StoreUnavailable."""
    keys = [jobs.scripts.keys.serving(queue) for queue in sorted(jobs.catalogue.queues)]
    if keys:
        jobs.scripts.run_alone("present", keys, [worker, life_ms])


def leave(worker: ServiceWorker) -> None:
    """It claims no more; when Redis does not answer, its life runs out by itself."""
    try:
        tell(worker.jobs, worker.name, life_ms=0)
    except StoreUnavailable:
        return


def _tell(worker: ServiceWorker) -> Callable[[], bool]:
    def turn() -> bool:
        # A loop that hangs claims nothing, whatever its process says.
        if worker.stalled() is None:
            tell(worker.jobs, worker.name)
        return False

    return turn
