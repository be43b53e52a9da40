"""Owns one process for isolated jobs, as its worker holds it. It must never outlive its worker, nor be forked only.

Linux kills it together with what it started when the worker dies: SIGIO comes when the lifeline's other end closes.
"""

import os
import selectors
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress

from shared import clock
from shared.errors import Transient, Undecodable
from shared.jobs import captured
from shared.jobs.isolation import frames
from shared.jobs.isolation.frames import Ended, FromProcess, Heard, Incoming, Logged, Ready, Run, Stop
from shared.jobs.isolation.output import Output
from shared.jobs.running import Interrupt

#: A job that was interrupted may clean up for this long before its process is killed.
GRACE_SECONDS = 1.0
BOOT_SECONDS = 30.0
_CHUNK = 64 * 1024


class ProcessDied(Transient):
    """The process of an isolated job ended under it; the message names the signal or the exit code."""

    #: False when it died before it was given the job.
    had_begun = False


class Killed(Exception):
    """It was killed because it did not end by itself in time."""


class IsolatedProcess:
    """One process; runs one job after the other. Not shared between threads, but for `interrupt`."""

    def __init__(self, command: Sequence[str]) -> None:
        self.jobs_run = 0
        self.asked_by: type[Interrupt] | None = None
        self.output = Output()
        self._incoming = Incoming(FromProcess)
        self._kill_at = float("inf")
        self._token = ""
        self._wire, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        self._printed, printed = os.pipe()
        self._woken, self._waker = os.pipe()
        logs = os.dup(2)
        given = (theirs.fileno(), lifeline, logs)
        try:
            self._process = subprocess.Popen(
                [*command, *map(str, given)], stdin=subprocess.DEVNULL, stdout=printed, stderr=printed,
                pass_fds=given, start_new_session=True,
            )  # fmt: skip
        finally:
            theirs.close()
            for descriptor in (lifeline, printed, logs):
                os.close(descriptor)
        self._selector = selectors.DefaultSelector()
        for source in (self._wire, self._printed, self._woken):
            self._selector.register(source, selectors.EVENT_READ)

    @property
    def is_alive(self) -> bool:
        """False once it has ended."""
        return self._process.poll() is None

    def interrupt(self, by: type[Interrupt]) -> None:
        """Have the waiting thread interrupt the job; from any thread, returns at once."""
        self.asked_by = by
        os.write(self._waker, b"!")

    def wait_ready(self) -> None:
        """Until it has booted. Raises ProcessDied, or Killed when it was interrupted or took too long."""
        self._kill_at = clock.monotonic() + BOOT_SECONDS
        if not isinstance(self._next(), Ready):
            raise Undecodable("the process of an isolated job did not say that it is ready")
        self._kill_at = float("inf")

    def perform(self, run: Run, *, hear: Callable[[], None]) -> Ended:
        """Run one job; `hear` is called when it has said something.

        Raises ProcessDied, or Killed when it did not end in time after an interrupt.
        """
        self.jobs_run += 1
        self._token = run.claimed.held.token
        self.output.restart()
        with suppress(OSError):  # it has died since it was last used: read how
            frames.send(self._wire, run)
        if self.asked_by is not None:
            self._pass_on()
        while True:
            frame = self._next()
            if isinstance(frame, Ended) and frame.token == self._token:
                return frame
            if isinstance(frame, Logged) and frame.token == self._token:
                _keep(frame)
            if isinstance(frame, Heard) and frame.token == self._token:
                hear()

    def close(self) -> None:
        """End it, whatever it does, and everything it has started."""
        if self._wire.fileno() < 0:
            return
        with suppress(OSError):  # a group whose last process has gone
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._selector.close()
        self._wire.close()
        for descriptor in (self._lifeline, self._printed, self._woken, self._waker):
            os.close(descriptor)

    def _next(self) -> FromProcess:
        while (frame := self._incoming.take()) is None:
            left = self._kill_at - clock.monotonic()
            events = self._selector.select(None if left == float("inf") else max(0.0, left))
            if not events and clock.monotonic() >= self._kill_at:
                raise Killed
            for key, _ in events:
                self._read(key.fd)
        found: FromProcess = frame
        return found

    def _read(self, source: int) -> None:
        if source == self._woken:
            os.read(source, _CHUNK)
            self._pass_on()
        elif source == self._printed:
            self._print()
        elif chunk := self._received():
            self._incoming.feed(chunk)
        else:
            raise self._death()

    def _received(self) -> bytes:
        try:
            return self._wire.recv(_CHUNK)
        except ConnectionError:
            return b""

    def _print(self) -> bool:
        chunk = os.read(self._printed, _CHUNK)
        if chunk:
            self.output.feed(chunk)
        else:
            self._selector.unregister(self._printed)  # closed by the job; its wire tells when it ends
        return bool(chunk)

    def _pass_on(self) -> None:
        """Tell the job; it is killed a moment later. Before it has booted there is nobody to tell."""
        if self.asked_by is None:
            return
        if not self._token:
            raise Killed
        self._kill_at = min(self._kill_at, clock.monotonic() + GRACE_SECONDS)
        with suppress(OSError):
            frames.send(self._wire, Stop(self._token, self.asked_by.__name__))

    def _death(self) -> ProcessDied:
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)  # what it has started goes with it
        try:
            code = self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return ProcessDied("the process of the job closed its wire and did not end")
        while self._printed in self._selector.get_map() and self._print():
            pass
        error = ProcessDied(f"the process of the job {_ending(code)}")
        error.had_begun = bool(self._token)
        if tail := self.output.tail:
            error.add_note(f"its last output:\n{tail}")
        return error


def _keep(frame: Logged) -> None:
    """One line of the job this thread waits for; what its process said before it died is here already."""
    lines = captured.current()
    if lines is not None and frame.left_out:
        lines.left_out_elsewhere(frame.left_out, frame.line.at_ms)
    elif lines is not None:
        lines.add(captured.bounded(frame.line))


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended by itself with exit code {code}"
    name = signal.Signals(-code).name
    hint = "; when nobody sent it, the kernel was out of memory" if -code == signal.SIGKILL else ""
    return f"was killed by {name} (signal {-code}){hint}"
