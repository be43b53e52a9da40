"""Owns the renewal of the named locks that this process holds. It must never renew for who is not coming back."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from shared import clock
from shared.errors import StoreUnavailable
from shared.jobs.scripts import Scripts

log = structlog.get_logger(__name__)
#: A lock is renewed when this part of its time has passed; a failed try is repeated after the same part of the rest.
RENEW_AT = 1 / 3
TICK_MIN_SECONDS = 0.01


@dataclass(slots=True, eq=False)
class HeldLock:
    """A lock of this process. `renewed_at` is monotonic, from before the call that took or renewed it."""

    name: str
    token: str
    ttl_ms: int
    is_wanted: Callable[[], bool]
    renewed_at: float
    is_lost: bool = False
    tried_at: float = 0.0

    @property
    def due_at(self) -> float:
        """When to renew it next."""
        return max(self.renewed_at, self.tried_at) + self.ttl_ms / 1000 * RENEW_AT


class Renewals:
    """Keeps the locks of one service alive, in one thread that begins with the first lock and then waits."""

    def __init__(self, scripts: Scripts) -> None:
        self.scripts = scripts
        self._changed = threading.Condition()
        self._held: dict[str, HeldLock] = {}
        self._thread: threading.Thread | None = None
        self._wakes_at = float("inf")

    def add(self, lock: HeldLock) -> None:
        """Renew it until it is removed, lost or not wanted any more."""
        with self._changed:
            self._held[lock.token] = lock
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="lock-renewal", daemon=True)
                self._thread.start()
            elif lock.due_at < self._wakes_at:
                self._changed.notify()

    def remove(self, lock: HeldLock) -> None:
        """It is about to be given back."""
        with self._changed:
            self._held.pop(lock.token, None)

    def _loop(self) -> None:
        while True:
            for lock in self._due():
                self._renew(lock)

    def _due(self) -> list[HeldLock]:
        """Those whose time has come, after waiting for the first of them."""
        with self._changed:
            self._wakes_at = min((lock.due_at for lock in self._held.values()), default=float("inf"))
            wait = self._wakes_at - clock.monotonic()
            if wait > 0:
                self._changed.wait(None if wait == float("inf") else max(wait, TICK_MIN_SECONDS))
            now = clock.monotonic()
            return [lock for lock in self._held.values() if lock.due_at <= now]

    def _renew(self, lock: HeldLock) -> None:
        asked_at = clock.monotonic()
        if not lock.is_wanted():
            self.remove(lock)
            return
        try:
            is_ours = self.scripts.lock("renew", lock.name, token=lock.token, ttl_ms=lock.ttl_ms)
        except StoreUnavailable:
            lock.tried_at = clock.monotonic()
            is_ours = (lock.tried_at - lock.renewed_at) * 1000 < lock.ttl_ms
        except Exception:  # the thread must outlive whatever one lock meets
            log.exception("lock not renewed", lock=lock.name)
            lock.tried_at = clock.monotonic()
            return
        else:
            lock.renewed_at = asked_at
        if not is_ours:
            with self._changed:
                lock.is_lost = lock.token in self._held
            self.remove(lock)
            if lock.is_lost:
                log.warning("lock lost", lock=lock.name)
