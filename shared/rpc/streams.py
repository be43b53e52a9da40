"""Owns how many streams a server holds open. It must never let streams take the threads that unary calls need."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Transient


class StreamsExhausted(Transient):
    """All stream slots of a server are taken; try again later or on another replica."""


class StreamSlots:
    """A fixed number of slots; each open stream holds one for as long as its generator lives."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Streams open now."""
        return self._held

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Take a slot for the block. Raises StreamsExhausted, which gRPC callers see as RESOURCE_EXHAUSTED."""
        with self._lock:
            if self._held >= self.limit:
                raise StreamsExhausted(f"all {self.limit} streams of this server are in use")
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
