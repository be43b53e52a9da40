"""Owns a flag that costs nothing until somebody waits for it: every attempt has one, few are ever waited for."""

import threading

_making = threading.Lock()


class Flag:
    """Set once, by any thread; `wait` as threading.Event has it."""

    __slots__ = ("_event", "_is_set")

    def __init__(self) -> None:
        self._is_set = False
        self._event: threading.Event | None = None

    def set(self) -> None:
        """Wake everybody who waits; for good."""
        self._is_set = True
        if self._event is not None:
            self._event.set()

    def is_set(self) -> bool:
        """True once set."""
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """True as soon as it is set, False when seconds have passed before."""
        with _making:
            event = self._event = self._event or threading.Event()
        # Whoever sets it from here on sees the event; whoever did so before is seen here.
        return self._is_set or event.wait(seconds)
