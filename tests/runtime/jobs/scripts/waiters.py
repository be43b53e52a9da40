"""Owns idle workers for tests: threads blocked on a queue's wake-up key, and how many of them still are."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared import clock
from shared.jobs.connection import connect
from tests.runtime.jobs.scripts.index import Index, Q

PATIENCE_SECONDS = 10.0


class Waiters:
    """`count` idle workers of one queue."""

    def __init__(self, index: Index, count: int, queue: str) -> None:
        self._index = index
        self._name = f"waiter-{queue}"
        self._key = index.keys.of_queue(queue, "wake")
        arguments = index.client.connection_pool.connection_kwargs
        url = f"redis://:{arguments['password']}@{arguments['host']}:{arguments['port']}/{arguments['db']}"
        self._client = connect(url, name=self._name)
        self._threads = [threading.Thread(target=self._wait, daemon=True) for _ in range(count)]

    def _wait(self) -> None:
        self._client.blpop([self._key], timeout=PATIENCE_SECONDS)

    def blocked(self) -> int:
        """How many are blocked now. Redis serves a waiter in the same turn as the push that wakes it."""
        clients = self._index.client.client_list()
        return sum(1 for one in clients if one["name"] == self._name and "b" in one["flags"])

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        give_up_at = clock.monotonic() + PATIENCE_SECONDS
        while self.blocked() < len(self._threads):
            assert clock.monotonic() < give_up_at, "the waiters do not block"

    def release(self) -> None:
        """Let all go home."""
        while any(thread.is_alive() for thread in self._threads):
            self._index.client.rpush(self._key, "home")
        self._client.close()


@contextmanager
def idle_workers(index: Index, count: int, queue: str = Q) -> Iterator[Waiters]:
    """Workers that are blocked when the block begins."""
    index.drain_wakes(queue)
    waiters = Waiters(index, count, queue)
    waiters.start()
    try:
        yield waiters
    finally:
        waiters.release()
