"""Owns pushes that wait a moment to travel together. It must never hold one longer, nor keep what it cannot send.

A producer in a hurry would otherwise pay for a call to Redis with every job, and Redis for each of them. Who submits
now and then never waits. The producers of Kafka do the same under the same name (`linger.ms`).
"""

import atexit
import threading
import weakref
from collections.abc import Callable

import structlog

from shared import clock
from shared.jobs.scripts import Push

log = structlog.get_logger(__name__)
#: A producer is in a hurry when it pushes again so soon.
HURRY_SECONDS = 0.001
#: How long a push waits for company.
LINGER_SECONDS = 0.002
#: As many wait at most; whoever brings one more sends them all.
LINGER_MAX = 100
#: The thread that sends ends when nobody was in a hurry for so long.
_IDLE_SECONDS = 1.0


class Linger:
    """Any thread may push; a thread of its own sends what waits, in order."""

    def __init__(self, send: Callable[[list[Push], int], None]) -> None:
        """`send` takes pushes and the Redis time in ms until which they are good."""
        self._send = send
        self._lock = threading.Lock()
        #: Held while a batch is on its way, so that a later one cannot pass it.
        self._sending = threading.Lock()
        self._waiting: list[Push] = []
        self._deadline_ms = 0
        self._pushed_at = float("-inf")
        self._bell = threading.Event()
        self._thread: threading.Thread | None = None
        atexit.register(_flush_at_exit, weakref.ref(self))

    def takes(self, push: Push, deadline_ms: int) -> bool:
        """True when this push has been taken and will be sent within LINGER_SECONDS; False when it is to go at once."""
        with self._lock:
            now = clock.monotonic()
            is_hurried, self._pushed_at = now - self._pushed_at < HURRY_SECONDS, now
            if not is_hurried and not self._waiting:
                return False
            self._deadline_ms = min(deadline_ms, self._deadline_ms) if self._waiting else deadline_ms
            self._waiting.append(push)
            is_full = len(self._waiting) >= LINGER_MAX
            if len(self._waiting) == 1:
                self._call()
        if is_full:
            self.flush()
        return True

    def flush(self) -> None:
        """Send what waits, now."""
        with self._sending:
            with self._lock:
                waiting, self._waiting = self._waiting, []
                deadline_ms = self._deadline_ms
            if waiting:
                self._send(waiting, deadline_ms)

    def _call(self) -> None:
        self._bell.set()
        if self._thread is None or not self._thread.is_alive():  # none yet, none any more, or left behind by a fork
            self._thread = threading.Thread(target=self._work, name="pushes", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        pause = threading.Event()
        while True:
            if not self._bell.wait(_IDLE_SECONDS):
                with self._lock:
                    if not self._waiting:
                        self._thread = None
                        return
            self._bell.clear()
            pause.wait(LINGER_SECONDS)
            try:
                self.flush()
            except Exception:  # the relay has these; the next ones must still go
                log.exception("pushes were not sent")


def _flush_at_exit(ref: "weakref.ref[Linger]") -> None:
    linger = ref()
    if linger is not None:
        linger.flush()
