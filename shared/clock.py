"""Owns the process's view of time; tests replace it. It must never decide leases or limits:

those use Redis TIME and PostgreSQL now().
"""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Clock:
    """The one replaceable source; frozen to a moment while `frozen_at` is set."""

    frozen_at: datetime | None = None


_clock = _Clock()


def now() -> datetime:
    """The current instant, aware, UTC."""
    return _clock.frozen_at or datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never jumps; only differences mean anything."""
    return time.monotonic()


def thread_seconds() -> float:
    """Seconds for which the calling thread has had a processor."""
    return time.thread_time()


def thread_waits() -> int:
    """How often the calling thread has waited for something; that another took its processor does not count."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def epoch_ms(instant: datetime) -> int:
    """Milliseconds since 1970 of an aware instant, rounded down."""
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_epoch_ms(milliseconds: int) -> datetime:
    """The aware UTC instant of a millisecond count."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold `now()` at one instant; for tests."""
    before = _clock.frozen_at
    _clock.frozen_at = at
    try:
        yield
    finally:
        _clock.frozen_at = before
