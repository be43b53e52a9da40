"""Owns a look every few milliseconds at lanes that hold more than they run: nothing may wait there for long.

It must sleep while there is nothing to watch.
"""

import threading
from collections.abc import Callable, Collection

import structlog

from shared.jobs.lanes import Lane

log = structlog.get_logger(__name__)
TICK_SECONDS = 0.005


class Shepherd:
    """One thread a worker. `see_to` is told each time whether something waited for a whole tick; True = look again."""

    def __init__(self, lanes: Collection[Lane], see_to: Callable[[bool], bool], *, name: str) -> None:
        self._lanes = lanes
        self._see_to = see_to
        self._is_awake = False
        self._is_expected = False
        self._called = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._called.set()

    def call(self) -> None:
        """A lane was given jobs."""
        if not self._is_awake:
            self._called.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._called.wait()
            self._is_awake = True
            self._called.clear()
            while self._is_needed() and not self._stopping.wait(TICK_SECONDS):
                self._look()
            self._is_awake = False
            if self._is_needed():  # given jobs while it fell asleep
                self._called.set()

    def _is_needed(self) -> bool:
        return self._is_expected or any(lane.in_hand and (lane.pace.is_short or lane.is_behind) for lane in self._lanes)

    def _look(self) -> None:
        try:
            has_waited = [lane.look() for lane in self._lanes]
            self._is_expected = self._see_to(any(has_waited))
        except Exception:  # without it a slow run would hold up the whole lane
            log.exception("a look at the lanes failed")
