"""Owns the inside of a process for isolated jobs: one job at a time, through the same steps as in a worker.

It must never claim, never write an end, and never live on when its worker is gone.
"""

import fcntl
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

import structlog
from msgspec.structs import replace

from shared import clock
from shared.jobs.attempts import Attempt, perform_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.captured import Line, LogSink, Owner, install
from shared.jobs.isolation import frames
from shared.jobs.isolation.frames import FromProcess, Heard, Incoming, Logged, Ready, Run, Stop, ToProcess
from shared.jobs.outcomes import Lost, Outcome
from shared.jobs.progress import INTERVAL_SECONDS
from shared.jobs.running import INTERRUPTS, Running
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the jobs of one service need in this process."""

    jobs: Jobs
    broker: MillraceBroker
    resources: dict[type, object]


def die_with(lifeline: int) -> None:
    """Have the kernel end this process and what it starts when the other end of the lifeline closes (Linux).

    Elsewhere the closed wire does, as soon as a thread of Python may run.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgid(0))
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def serve(parts: Parts, wire: socket.socket) -> None:
    """Run what comes over the wire, until it closes."""
    service = _Service(parts, wire)
    parts.resources[LogSink] = _Lines(service.send)
    install()
    threading.Thread(target=service.listen, name="wire", daemon=True).start()
    threading.Thread(target=service.tell, name="words", daemon=True).start()
    service.send(Ready())
    service.work()


class _Lines(LogSink):
    """Every line goes to the worker at once: the last one before a crash is the one somebody wants to read."""

    def __init__(self, send: Callable[[FromProcess], None]) -> None:
        self._send = send

    def put(self, owner: Owner, line: Line, *, number: int, left_out: int = 0) -> bool:  # noqa: ARG002  # LogSink's signature
        """See LogSink; the worker counts for itself, so what was left out is told as it grows."""
        self._send(Logged(owner.token, line, left_out))
        return True


class _Service:
    """The main thread works, another listens."""

    def __init__(self, parts: Parts, wire: socket.socket) -> None:
        self._parts = parts
        self._wire = wire
        self._sending = threading.Lock()
        self._inbox: SimpleQueue[Run | None] = SimpleQueue()
        self._running: Running | None = None
        self._has_said = threading.Event()
        self._never = threading.Event()

    def send(self, frame: FromProcess) -> None:
        """One frame after the other, from whatever thread of the job."""
        with self._sending:
            frames.send(self._wire, frame)

    def work(self) -> None:
        while (run := self._inbox.get()) is not None:
            # The worker has looked; what this process took to boot counts for nothing.
            entry = replace(run.claimed.entry, check=0, due=clock.epoch_ms(clock.now()))
            claimed = replace(run.claimed, entry=entry)
            running = Running(claimed.held, said=self._has_said.set)
            self._running = running
            outcome = self._perform(run, Attempt(
                self._parts.jobs, self._parts.broker, self._parts.resources, run.worker, claimed, running
            ))  # fmt: skip
            self._running = None
            self.send(frames.ended(claimed.held.token, outcome))

    def _perform(self, run: Run, attempt: Attempt) -> Outcome:
        try:
            return perform_attempt(attempt)
        except Exception:  # as in a worker's thread: the last line of defence
            log.exception("attempt ended outside its steps", job_id=run.claimed.held.id)
            return Lost("ended outside its steps; the reaper has it")

    def tell(self) -> None:
        """What a worker's heartbeat does for its own threads: it hears who speaks, and sends the newest report late."""
        while True:
            self._has_said.wait()
            self._has_said.clear()
            running = self._running
            if running is None:
                continue
            self.send(Heard(running.held.token))
            self._never.wait(min(INTERVAL_SECONDS, running.stale_seconds / 4))
            if (send := running.unsent) is not None:
                send()

    def listen(self) -> None:
        incoming = Incoming(ToProcess)
        while chunk := self._received():
            incoming.feed(chunk)
            while (frame := incoming.take()) is not None:
                self._obey(frame)
        if self._running is not None:  # the worker is gone, and the lease with it
            os.killpg(os.getpgid(0), signal.SIGKILL)
        self._inbox.put(None)

    def _received(self) -> bytes:
        try:
            return self._wire.recv(64 * 1024)
        except OSError:
            return b""

    def _obey(self, frame: ToProcess) -> None:
        if isinstance(frame, Run):
            self._inbox.put(frame)
            return
        running = self._running
        if isinstance(frame, Stop) and running is not None and running.held.token == frame.token:
            running.interrupt(INTERRUPTS[frame.by])
