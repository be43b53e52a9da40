"""Owns the heartbeat of one process: leases extended by name, time limits enforced.

It must never extend for a finished job.
"""

import threading

import structlog

from shared import clock, metrics
from shared.errors import StoreUnavailable
from shared.jobs.control_scripts import control_of
from shared.jobs.pacemaker import Pacemaker
from shared.jobs.running import LeaseGone, Running, Silent, TimedOut, Unwanted
from shared.jobs.stuck import StuckThreads
from shared.jobs.worker import ServiceWorker

log = structlog.get_logger(__name__)
TICK_SECONDS = 0.5
EXTEND_SECONDS = 8.0
#: A pause of this length is told: a job has held the interpreter's lock, or the machine stood still.
HELD_UP_SECONDS = 5.0
_LOST, _DOOMED, _OVERTIME = 0, 2, 3


class Heartbeat:
    """One thread that names every running attempt of every service of the process."""

    def __init__(self, workers: list[ServiceWorker], *, pacemaker: Pacemaker | None = None) -> None:
        self._workers = workers
        #: Extends while a job keeps this thread from running.
        self._pacemaker = pacemaker
        #: As many threads may be left behind as there are slots.
        self.stuck = StuckThreads(
            sum(queue.slots for worker in workers for queue in worker.jobs.catalogue.queues.values())
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="heartbeat", daemon=True)
        self._extended_at = clock.monotonic()
        #: How many running jobs were unwanted when each worker's were last asked for.
        self._told: dict[ServiceWorker, int] = {}

    def start(self) -> None:
        """Begin to beat; call it before the first claim: what is claimed then may hold up all that comes later."""
        if self._pacemaker is not None:
            self._pacemaker.beat()
        self._thread.start()

    def stop(self) -> None:
        """End; call it after the last attempt has settled."""
        self._stopping.set()
        self._thread.join(timeout=2)
        if self._pacemaker is not None:
            self._pacemaker.stop()

    def _loop(self) -> None:
        beaten_at = clock.monotonic()
        while not self._stopping.wait(TICK_SECONDS):
            if self._pacemaker is not None:
                self._pacemaker.beat()
            if (late := clock.monotonic() - beaten_at) > HELD_UP_SECONDS:
                self._tell_held_up(late)
            beaten_at = clock.monotonic()
            is_due = clock.monotonic() - self._extended_at >= EXTEND_SECONDS
            if is_due:
                self._extended_at = clock.monotonic()
            for worker in self._workers:
                running = worker.attempts.all()
                self._enforce(worker, running)
                if running and (self._is_told(worker) or is_due):
                    self._extend(worker, running)

    def _tell_held_up(self, seconds: float) -> None:
        jobs = {one.job for worker in self._workers for one in worker.attempts.all()}
        log.warning("heartbeat was held up", seconds=round(seconds, 1), jobs=sorted(jobs))

    def _is_told(self, worker: ServiceWorker) -> bool:
        """True when a job was cancelled while it ran, here or elsewhere: a cancel must not wait for the next beat."""
        try:
            unwanted = control_of(worker.jobs.scripts).unwanted()
        except StoreUnavailable:
            return False
        is_news = self._told.get(worker) != unwanted
        self._told[worker] = unwanted
        return is_news

    def _enforce(self, worker: ServiceWorker, attempts: list[Running]) -> None:
        at = clock.monotonic()
        for running in attempts:
            if (send := running.unsent) is not None:
                send()
            if at > running.deadline:
                running.interrupt(TimedOut)
            elif at > running.heard_at + running.stale_seconds:
                running.interrupt(Silent)
            if at > running.interrupted_at:
                self.stuck.look(worker, running)

    def _extend(self, worker: ServiceWorker, attempts: list[Running]) -> None:
        try:
            statuses = worker.jobs.scripts.extend([running.held for running in attempts])
        except StoreUnavailable as error:
            log.warning("heartbeat failed", service=worker.jobs.service, error=str(error))
            return
        except Exception:  # without the heartbeat every lease of this process would end
            log.exception("heartbeat failed", service=worker.jobs.service)
            return
        for running, status in zip(attempts, statuses, strict=True):
            if status in (_LOST, _OVERTIME):
                # An attempt that settled a moment ago is not running any more and has lost nothing.
                if running.interrupt(LeaseGone):
                    metrics.STALE_WRITES.labels(service=worker.jobs.service).inc()
            elif status == _DOOMED and not running.interrupt(Unwanted) and running.interrupted_by is None:
                self._told.pop(worker, None)  # its function has not begun yet: ask again soon
