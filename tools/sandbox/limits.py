"""Owns the providers' own limits on calls a minute. It must never act unless the sandbox was told to enforce them."""

import threading
from collections import deque
from collections.abc import Callable, Mapping

WINDOW_SECONDS = 60.0


class CallLimits:
    """A sliding minute per provider."""

    def __init__(self, per_minute: Mapping[str, int], *, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._limits = dict(per_minute)
        self._calls: dict[str, deque[float]] = {name: deque(maxlen=limit) for name, limit in per_minute.items()}

    def refused_for(self, provider: str) -> float | None:
        """Count a call; seconds until the next is allowed when this one is one too many, else None."""
        with self._lock:
            now = self._now()
            calls = self._calls[provider]
            if len(calls) == self._limits[provider] and now - calls[0] < WINDOW_SECONDS:
                return WINDOW_SECONDS - (now - calls[0])
            calls.append(now)
            return None
