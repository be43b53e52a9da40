"""Owns the shape of every background loop: start, stop, run_once. It must never let one fault end the loop."""

import threading
from collections.abc import Callable

import structlog

from shared import clock
from shared.errors import PlatformError

log = structlog.get_logger(__name__)
FAULT_PAUSE_SECONDS = 1.0


class Loop:
    """A thread that calls `run_once` every `interval_seconds`, soon after `wake()`, and again while it returns True.

    Any number of copies may run, in any number of processes: each `run_once` is safe beside another.
    """

    def __init__(
        self,
        name: str,
        run_once: Callable[[], bool],
        *,
        interval_seconds: float,
        pause: Callable[[], float] | None = None,
    ) -> None:
        """`pause` says how long to sleep when the interval is not a constant; it is asked after each turn."""
        self.name = name
        self._pause = pause
        self._run_once = run_once
        self._interval = interval_seconds
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._turned_at = clock.monotonic()
        self._fault = ""

    def start(self) -> None:
        """Begin."""
        self._turned_at = clock.monotonic()
        self._thread.start()

    def wake(self) -> None:
        """Run soon; harmless at any time and from any thread."""
        self._wake.set()

    def request_stop(self) -> None:
        """End after the current turn; does not wait for it."""
        self._stopping.set()
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait for the end of the current turn. A turn cut off by the end of the process leaves nothing half-done."""
        self._thread.join(timeout=seconds)

    def trouble(self) -> str | None:
        """None while the loop works; else its last fault, or that it hangs."""
        silence = clock.monotonic() - self._turned_at
        if silence > max(30.0, 5 * self._interval):
            return f"{self.name} has not turned for {silence:.0f} s"
        return self._fault or None

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            self._turned_at = clock.monotonic()
            try:
                has_more = self._run_once()
                self._fault = ""
            except PlatformError as error:
                has_more = False
                self._note(error)
            except Exception as error:  # a loop outlives every fault
                has_more = False
                self._note(error)
                log.exception("loop failed", loop=self.name)
            if self._fault:
                self._stopping.wait(FAULT_PAUSE_SECONDS)
            elif not has_more:
                self._wake.wait(self._seconds())

    def _seconds(self) -> float:
        try:
            return self._interval if self._pause is None else self._pause()
        except Exception as error:  # noqa: BLE001  # a loop outlives every fault
            self._note(error)
            return FAULT_PAUSE_SECONDS

    def _note(self, error: Exception) -> None:
        if not self._fault:
            log.warning("loop in trouble", loop=self.name, error=str(error)[:500])
        self._fault = f"{type(error).__name__}: {str(error)[:200]}"
