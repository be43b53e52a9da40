"""Owns how a worker learns that a queue's slots were changed. It must never decide what they are: the table does."""

from collections.abc import Callable

from shared.jobs.maintenance.loop import Loop
from shared.jobs.meters import send_samples
from shared.jobs.queue_settings import read
from shared.jobs.worker import ServiceWorker

LOOK_SECONDS = 3.0


def watch_slots(worker: ServiceWorker) -> Loop:
    """The loop that keeps a worker's lanes as wide as their queues' settings say; not started yet."""
    return Loop(f"{worker.jobs.service}-slots", _look(worker), interval_seconds=LOOK_SECONDS)


def _look(worker: ServiceWorker) -> Callable[[], bool]:
    def turn() -> bool:
        with worker.jobs.database.unit_of_work() as work:
            settings = read(work)
        for setting in settings:
            worker.resize(setting.queue, setting.slots)
        send_samples(worker.jobs, worker.name, worker.meters)
        return False

    return turn
