"""Owns the attempts that run in this process now, and how one is interrupted. It must never touch a store."""

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from shared import clock
from shared.jobs.flags import Flag
from shared.jobs.scripts import Held

if TYPE_CHECKING:
    from shared.jobs.attempts import Attempt
    from shared.jobs.captured import Captured
    from shared.jobs.context import JobContext


class Interrupt(BaseException):
    """Raised into a job's thread from outside.

    A BaseException, so that a job's own `except Exception` cannot eat it.
    """


class TimedOut(Interrupt):
    """The attempt ran longer than its timeout."""


class Silent(TimedOut):
    """The attempt said nothing for longer than its stale_after."""


class LeaseGone(Interrupt):
    """The lease of the attempt is lost."""


class Unwanted(Interrupt):
    """The job was cancelled while it ran."""


class Stopping(Interrupt):
    """The worker's grace is over."""


class Abandoned(LeaseGone):
    """Raised in a thread that came back after its attempt was ended for it."""


#: Interrupts by name, as they travel to the process of an isolated job.
INTERRUPTS: dict[str, type[Interrupt]] = {
    kind.__name__: kind for kind in (TimedOut, Silent, LeaseGone, Unwanted, Stopping)
}
#: How an attempt that is no plain function in a thread is interrupted; must return at once.
Stop = Callable[[type[Interrupt]], None]


@dataclass(slots=True, eq=False)
class Running:
    """One attempt in one thread. `deadline` is monotonic seconds."""

    held: Held
    deadline: float = float("inf")
    #: When the time of the whole job is over, and whether that comes before the end of this attempt's.
    job_deadline: float = float("inf")
    ends_job: bool = False
    #: Seconds without a word after which the attempt is taken for stale, and when it said one last.
    stale_seconds: float = float("inf")
    heard_at: float = float("inf")
    #: Called with each word, where the attempt runs in a process of its own whose worker has to hear it.
    said: Callable[[], None] | None = None
    #: Sends what the attempt reported last and could not yet, so that the newest report never waits for the next one.
    unsent: Callable[[], None] | None = None
    job: str = "unknown"
    is_cancelled: Flag = field(default_factory=Flag)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: int | None = None
    interrupted_by: type[Interrupt] | None = None
    interrupted_at: float = float("inf")
    is_abandoned: bool = False
    #: Whose function runs; what ends the attempt when its thread does not come back.
    attempt: "Attempt | None" = None
    context: "JobContext | None" = None
    #: What it has logged; made with its first line.
    lines: "Captured | None" = None
    #: Its function has returned: what is still said in its name is nobody's.
    is_over: bool = False
    _stop: Stop | None = None

    def limit(self, seconds: float, *, stale_after: timedelta | None) -> None:
        """The attempt may run so long from now on, or less where its job has less left."""
        at = clock.monotonic()
        self.deadline = at + seconds
        if self.job_deadline < self.deadline:
            self.deadline, self.ends_job = self.job_deadline, True
        if stale_after is not None:
            self.heard_at, self.stale_seconds = at, stale_after.total_seconds()

    def hear(self) -> None:
        """The job has said something."""
        self.heard_at = clock.monotonic()
        if self.said is not None:
            self.said()

    def enter(
        self, attempt: "Attempt | None" = None, context: "JobContext | None" = None, *, stop: Stop | None = None
    ) -> None:
        """The job's function starts in the current thread, or where `stop` reaches it."""
        with self._lock:
            self._thread = threading.get_ident()
            self._stop = stop
            self.attempt = attempt
            self.context = context

    def leave(self) -> None:
        """The job's function is over; nothing may be raised into this thread for it any more.

        Raises Abandoned when the attempt was ended without it.
        """
        with self._lock:
            if self._thread is not None and self.interrupted_by is not None and self._stop is None:
                _raise_in(self._thread, None)
            self._thread = None
        if self.is_abandoned:
            raise Abandoned("the attempt was ended while its thread did not come back")

    def interrupt(self, by: type[Interrupt]) -> bool:
        """Raise `by` in the job's thread, once; False when its function is not running or was interrupted before.

        C code that never returns to Python is not interrupted.
        """
        self.is_cancelled.set()
        with self._lock:
            if self._thread is None or self.interrupted_by is not None:
                return False
            self.interrupted_by = by
            self.interrupted_at = clock.monotonic()
            if self._stop is not None:
                self._stop(by)
            else:
                _raise_in(self._thread, by)
            return True

    def abandon(self) -> int | None:
        """Take from its thread the right to end this attempt; returns that thread, None when it has just come back."""
        with self._lock:
            if self._thread is None or self.interrupted_by is None or self.is_abandoned:
                return None
            self.is_abandoned = True
            return self._thread


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    target = ctypes.c_ulong(thread)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(target, ctypes.py_object(kind) if kind is not None else None)


class RunningAttempts:
    """The attempts of one service in this process. Every step is one of the interpreter's own, which needs no lock."""

    def __init__(self) -> None:
        self._attempts: dict[str, Running] = {}

    def add(self, running: Running) -> None:
        """From claim on, so that the heartbeat names it."""
        self._attempts[running.held.token] = running

    def remove(self, running: Running) -> None:
        """After its outcome is written, or lost. What it ran goes at once, without a look for what refers to itself."""
        self._attempts.pop(running.held.token, None)
        running.attempt = running.context = None

    def all(self) -> list[Running]:
        """A copy: what is walked does not change."""
        return list(self._attempts.values())
