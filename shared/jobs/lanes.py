"""Owns one queue's share of this process: its slots, its threads, how much it may hold.

It must never talk to a store.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.jobs.attempts import Attempt

#: While runs average below this, a lane may hold what starts within START_WITHIN_SECONDS, at most HOLD_MAX jobs.
SHORT_RUN_SECONDS = 0.005
START_WITHIN_SECONDS = 0.05
HOLD_MAX = 100
#: Weight of the newest run in the average.
_WEIGHT = 0.1


class Lane:
    """Runs at most `size` attempts of one queue at once, each in a thread of its own."""

    def __init__(self, queue: str, size: int, run: "Callable[[Lane, Attempt], None]", *, name: str) -> None:
        self.queue = queue
        self.size = size
        self._run = run
        self._name = name
        self._waiting: SimpleQueue[Attempt | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._in_hand = 0
        #: Starts long, so that a lane proves its runs short before it holds more than its slots.
        self._average_seconds = SHORT_RUN_SECONDS

    @property
    def in_hand(self) -> int:
        """Jobs claimed and not yet ended."""
        return self._in_hand

    def wants(self) -> int:
        """How many more jobs to claim now; 0 while it holds enough."""
        window = self._window()
        free = window - self._in_hand
        # A lane of short runs refills when half empty, one claim for many jobs, but never lets a slot stand idle.
        if self._in_hand >= self.size and self._in_hand > window // 2:
            return 0
        return max(0, free)

    def _window(self) -> int:
        average = self._average_seconds
        if average >= SHORT_RUN_SECONDS:
            return self.size
        startable = int(self.size * START_WITHIN_SECONDS / max(average, 1e-5))
        return max(self.size, min(HOLD_MAX, startable))

    def resize(self, size: int) -> None:
        """Run this many at once from now on; what runs beyond it ends first."""
        with self._lock:
            self.size = size

    def put(self, attempt: "Attempt") -> None:
        """Run it in the next free slot."""
        with self._lock:
            self._in_hand += 1
            if len(self._threads) < min(self.size, self._in_hand):
                thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._waiting.put(attempt)

    def ended(self, seconds: float) -> None:
        """One attempt has ended after this long."""
        with self._lock:
            self._in_hand -= 1
        self._average_seconds += (seconds - self._average_seconds) * _WEIGHT

    def close(self) -> "list[Attempt]":
        """End the threads after what they run now; returns what had not started."""
        left: list[Attempt] = []
        while not self._waiting.empty():
            attempt = self._waiting.get()
            if attempt is not None:
                left.append(attempt)
        for _ in self._threads:
            self._waiting.put(None)
        return left

    def without(self, thread: int) -> "Lane":
        """Leave a thread that does not come back to itself; a new one takes its place."""
        with self._lock:
            self._threads = [each for each in self._threads if each.ident != thread]
            fresh = threading.Thread(target=self._work, name=f"{self._name}-again", daemon=True)
            self._threads.append(fresh)
            fresh.start()
        return self

    def _work(self) -> None:
        while (attempt := self._waiting.get()) is not None:
            self._run(self, attempt)
            if attempt.running.is_abandoned or self._is_surplus():
                return

    def _is_surplus(self) -> bool:
        """True when this thread is one more than a lane that was made smaller may have; it is forgotten then."""
        with self._lock:
            if len(self._threads) <= self.size:
                return False
            self._threads.remove(threading.current_thread())
            return True
