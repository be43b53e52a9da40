"""Owns the processes for isolated jobs of one service in one worker: kept, handed out, replaced.

It must never decide an outcome.
"""

import threading
from collections.abc import Callable, Sequence

import structlog

from shared import clock, metrics
from shared.jobs.isolation.frames import Run
from shared.jobs.isolation.process import IsolatedProcess, Killed, ProcessDied
from shared.jobs.outcomes import Decided, Done, Outcome
from shared.jobs.running import Interrupt, Running, Silent, TimedOut
from shared.jobs.scripts import Claimed

log = structlog.get_logger(__name__)
#: A process is replaced after so many jobs, so that what they leak stays bounded.
JOBS_LIMIT = 100


class IsolatedJobs:
    """As many processes as jobs run at once, at most `size`; each is started when first needed and then kept."""

    def __init__(self, command: Sequence[str], *, size: int, jobs_limit: int = JOBS_LIMIT) -> None:
        self._command = tuple(command)
        self._jobs_limit = jobs_limit
        self._permits = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[IsolatedProcess] = []
        self._is_closed = False

    def perform(self, claimed: Claimed, running: Running, *, worker: str, enter: Callable[..., None]) -> Done:
        """Run a job to its end while this thread waits.

        Raises Decided with any outcome but a good one, the interrupt that had its process killed, or ProcessDied.
        """
        with self._permits:
            process = self._take()
            enter(stop=process.interrupt)
            is_spent = True
            try:
                outcome = self._run(process, claimed, running, worker)
                is_spent = process.asked_by is not None or process.jobs_run >= self._jobs_limit
            finally:
                try:
                    running.leave()
                finally:
                    self._give_back(process, is_spent=is_spent)
        if isinstance(outcome, Done):
            return outcome
        raise Decided(outcome)

    def _run(self, process: IsolatedProcess, claimed: Claimed, running: Running, worker: str) -> Outcome:
        limit = running.deadline - clock.monotonic()
        running.deadline = running.heard_at = float("inf")  # booting is the platform's time, not the job's
        try:
            if not process.jobs_run:
                process.wait_ready()
            running.deadline = clock.monotonic() + limit
            running.hear()
            return process.perform(Run(claimed, worker), hear=running.hear).decoded()
        except Killed:
            _count(running, "killed")
            raise _why(process, running) from None
        except ProcessDied as error:
            _count(running, "signal" if "signal" in str(error) else "exit")
            raise

    def stop(self) -> None:
        """End every process; call it after the last attempt."""
        with self._lock:
            idle, self._idle, self._is_closed = self._idle, [], True
        for process in idle:
            process.close()

    def _take(self) -> IsolatedProcess:
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None:
                return IsolatedProcess(self._command)
            if process.is_alive:
                return process
            process.close()

    def _give_back(self, process: IsolatedProcess, *, is_spent: bool) -> None:
        with self._lock:
            keep = not (is_spent or self._is_closed)
            if keep:
                self._idle.append(process)
        if not keep:
            process.close()


def _why(process: IsolatedProcess, running: Running) -> BaseException:
    by: type[Interrupt] | None = process.asked_by
    if by is None:
        return ProcessDied("the process of the job did not boot in time and was killed")
    log.warning("process of a job killed", job=running.job, job_id=running.held.id, because=by.__name__)
    if not issubclass(by, TimedOut):
        return by("the process of the job was killed")
    what = "was silent for longer than its stale_after" if by is Silent else "ran longer than its timeout"
    error = by(f"{what}; its process did not end by itself and was killed")
    if tail := process.output.tail:
        error.add_note(f"its last output:\n{tail}")
    return error


def _count(running: Running, cause: str) -> None:
    metrics.ISOLATED_DEATHS.labels(queue=running.held.queue, job=running.job, cause=cause).inc()
