"""Owns the attempts that run in this process now, and how one is interrupted. It must never touch a store."""

import ctypes
import threading
from dataclasses import dataclass, field

from shared.jobs.flags import Flag
from shared.jobs.scripts import Held


class Interrupt(BaseException):
    """Raised into a job's thread from outside.

    A BaseException, so that a job's own `except Exception` cannot eat it.
    """


class TimedOut(Interrupt):
    """The attempt ran longer than its timeout."""


class LeaseGone(Interrupt):
    """The lease of the attempt is lost."""


class Unwanted(Interrupt):
    """The job was cancelled while it ran."""


class Stopping(Interrupt):
    """The worker's grace is over."""


@dataclass(slots=True, eq=False)
class Running:
    """One attempt in one thread. `deadline` is monotonic seconds."""

    held: Held
    deadline: float = float("inf")
    job: str = "unknown"
    is_cancelled: Flag = field(default_factory=Flag)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: int | None = None
    interrupted_by: type[Interrupt] | None = None

    def enter(self) -> None:
        """The job's function starts in the current thread."""
        with self._lock:
            self._thread = threading.get_ident()

    def leave(self) -> None:
        """The job's function is over; nothing may be raised into this thread for it any more."""
        with self._lock:
            if self._thread is not None and self.interrupted_by is not None:
                _raise_in(self._thread, None)
            self._thread = None

    def interrupt(self, by: type[Interrupt]) -> bool:
        """Raise `by` in the job's thread, once; False when its function is not running or was interrupted before.

        C code that never returns to Python is not interrupted.
        """
        self.is_cancelled.set()
        with self._lock:
            if self._thread is None or self.interrupted_by is not None:
                return False
            self.interrupted_by = by
            _raise_in(self._thread, by)
            return True


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    target = ctypes.c_ulong(thread)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(target, ctypes.py_object(kind) if kind is not None else None)


class RunningAttempts:
    """The attempts of one service in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: dict[str, Running] = {}

    def add(self, running: Running) -> None:
        """From claim on, so that the heartbeat names it."""
        with self._lock:
            self._attempts[running.held.token] = running

    def remove(self, running: Running) -> None:
        """After its outcome is written, or lost."""
        with self._lock:
            self._attempts.pop(running.held.token, None)

    def all(self) -> list[Running]:
        """A copy, to walk without the lock."""
        with self._lock:
            return list(self._attempts.values())
