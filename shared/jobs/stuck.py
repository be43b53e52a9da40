"""Owns attempts whose thread takes no notice of its interrupt: ended without it, their slots given to new threads.

It must never end one whose thread came back, and never leave more threads behind than its bound.
"""

import sys
import threading
import traceback
from typing import TYPE_CHECKING

import structlog

from shared import clock, metrics
from shared.jobs.attempts import Attempt
from shared.jobs.running import Interrupt, Running, Stopping
from shared.jobs.verdicts import decide

if TYPE_CHECKING:
    from shared.jobs.worker import ServiceWorker

log = structlog.get_logger(__name__)
#: How long a thread may take to notice that it was interrupted; C code that never returns to Python does not.
PATIENCE_SECONDS = 5.0
#: At a stop the process is about to go: what does not end is given back at once.
STOPPING_PATIENCE_SECONDS = 1.25


class StuckThreads:
    """The threads of one process that were left to themselves."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._was_full = False

    def look(self, worker: "ServiceWorker", running: Running) -> None:
        """End the attempt without its thread when it has had its time. The end is written by a thread of its own."""
        patience = STOPPING_PATIENCE_SECONDS if running.interrupted_by is Stopping else PATIENCE_SECONDS
        if clock.monotonic() < running.interrupted_at + patience or running.is_abandoned:
            return
        if self.count() >= self.limit and running.interrupted_by is not Stopping:
            self._say_full()
            return
        thread = running.abandon()
        attempt, by = running.attempt, running.interrupted_by
        if thread is None or attempt is None or by is None:
            return
        with self._lock:
            self._threads.extend(each for each in threading.enumerate() if each.ident == thread)
        threading.Thread(target=self._end, args=(worker, attempt, thread, by), name="stuck-end", daemon=True).start()

    def _end(self, worker: "ServiceWorker", attempt: Attempt, thread: int, by: type[Interrupt]) -> None:
        running = attempt.running
        error = by("the thread did not notice its interrupt and was left to itself" if by is Stopping else "")
        error.add_note(f"its thread is still here:\n{_stack_of(thread)}")
        metrics.STUCK_ATTEMPTS.labels(queue=running.held.queue, job=running.job).inc()
        log.error(
            "attempt is stuck", job=running.job, job_id=running.held.id, because=by.__name__, left_threads=self.count(),
            remedy='give what it calls a timeout, or declare the job with isolation="process"', at=_stack_of(thread),
        )  # fmt: skip
        context = running.context
        attempts_max = context.attempts_max if context is not None else 1
        outcome = decide(attempt, attempt.jobs.catalogue.jobs[running.job], error, attempts_max=attempts_max)
        worker.abandon(attempt, outcome, thread=thread, seconds=clock.monotonic() - attempt.claimed.received)

    def count(self) -> int:
        """How many of them still run."""
        with self._lock:
            self._threads = [each for each in self._threads if each.is_alive()]
            return len(self._threads)

    def advice(self) -> str | None:
        """None while there is none, else how many; shown, since the others run on."""
        left = self.count()
        return f"{left} of at most {self.limit} threads are stuck in jobs that cannot be interrupted" if left else None

    def trouble(self) -> str | None:
        """None while more could be left, else that only a new process cures it."""
        return f"{self.limit} threads are stuck; restart this process" if self.count() >= self.limit else None

    def _say_full(self) -> None:
        if not self._was_full:
            self._was_full = True
            log.error("too many stuck threads", limit=self.limit, remedy="restart this process; its slots stay taken")


def _stack_of(thread: int) -> str:
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)[-12:]) if frame is not None else "gone"
