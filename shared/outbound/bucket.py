"""Owns the pace of calls to one provider from this process. It must never sleep and never speak to the network."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from shared.clock import monotonic

#: A provider's 429 halves the pace, but never below this share of the agreed rate.
SLOWEST_SHARE = 1 / 16
#: Share of the agreed rate that comes back each minute after a 429.
RECOVERY_PER_MINUTE = 0.1


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per minute, the burst allowed on top, and how many seconds a caller may wait for its turn."""

    per_minute: float
    burst: int = 5
    max_wait: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.per_minute <= 1_000_000:
            raise ValueError(f"per_minute must be above 0 and at most 1,000,000, got {self.per_minute}")
        if not 1 <= self.burst <= 10_000:
            raise ValueError(f"burst must be 1 to 10,000, got {self.burst}")
        if not 0 <= self.max_wait <= 60:
            raise ValueError(f"max_wait must be 0 to 60 seconds, got {self.max_wait}")


@dataclass(frozen=True, slots=True)
class Permit:
    """Answer of the bucket: call after `wait_seconds`, or, when not granted, ask again after them."""

    granted: bool
    wait_seconds: float


class TokenBucket:
    """Thread-safe token bucket that a 429 closes for a time and slows down; the pace recovers slowly."""

    def __init__(self, rate: Rate, *, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._per_second = rate.per_minute / 60
        self._tokens = float(rate.burst)
        self._seen_at = clock()
        self._closed_until = self._seen_at

    def take(self) -> Permit:
        """Reserve one call. A reservation may lie up to `max_wait` ahead; a closed bucket grants nothing."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return Permit(granted=False, wait_seconds=self._closed_until - now)
            self._refill(now)
            wait = max(0.0, (1 - self._tokens) / self._per_second)
            if wait > self._rate.max_wait:
                return Permit(granted=False, wait_seconds=wait)
            self._tokens -= 1
            return Permit(granted=True, wait_seconds=wait)

    def close_for(self, seconds: float) -> None:
        """The provider refused: nothing passes for `seconds`, and half the pace after that."""
        with self._lock:
            now = self._clock()
            # Calls in flight together are refused together; they count as one refusal.
            if now >= self._closed_until:
                self._refill(now)
                slowest = self._rate.per_minute / 60 * SLOWEST_SHARE
                self._per_second = max(slowest, self._per_second / 2)
            self._closed_until = max(self._closed_until, now + seconds)
            self._tokens = 1.0
            self._seen_at = self._closed_until

    def closed_for(self) -> float:
        """Seconds until the provider's refusal ends; 0 when open."""
        with self._lock:
            return max(0.0, self._closed_until - self._clock())

    def per_minute(self) -> float:
        """The present pace."""
        with self._lock:
            return self._per_second * 60

    def _refill(self, now: float) -> None:
        elapsed = max(0.0, now - self._seen_at)
        self._tokens = min(float(self._rate.burst), self._tokens + elapsed * self._per_second)
        agreed = self._rate.per_minute / 60
        self._per_second = min(agreed, self._per_second + agreed * RECOVERY_PER_MINUTE * elapsed / 60)
        self._seen_at = max(self._seen_at, now)
