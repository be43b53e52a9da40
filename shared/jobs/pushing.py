"""Owns how committed rows come into the index. It must never wait for Redis, nor push what is not committed."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

import structlog

from shared import clock
from shared.db import Database
from shared.errors import StoreUnavailable
from shared.jobs.crash_points import crash_point
from shared.jobs.linger import Linger
from shared.jobs.scripts import PUSH_DEADLINE_MS, Push, Scripts

log = structlog.get_logger(__name__)
T = TypeVar("T")
CLOCK_SAMPLE_SECONDS = 30.0
PUSH_BATCH = 500


class Pushing:
    """Whatever cannot be pushed now is left to the relay, which is woken."""

    def __init__(self, database: Database, scripts: Scripts, *, lingers: bool = True) -> None:
        self._database = database
        self._scripts = scripts
        self._lingers = lingers
        self._linger = Linger(self._send)
        self._offset_ms: float | None = None
        self._sampled_at = 0.0

    def deadline(self) -> int | None:
        """Redis time until which a push without the row's lock is safe; None when Redis does not tell its time now."""
        at = clock.monotonic()
        if self._offset_ms is None or at - self._sampled_at > CLOCK_SAMPLE_SECONDS:
            try:
                self._offset_ms = self._scripts.time_ms() - clock.monotonic() * 1000
                self._sampled_at = at
            except StoreUnavailable:
                self._offset_ms = None
                return None
        return int(at * 1000 + self._offset_ms) + PUSH_DEADLINE_MS

    def send(self, pushes: Sequence[Push], *, deadline_ms: int | None) -> None:
        """Send them; those of a producer in a hurry in a moment, with the next ones.

        The answers are read by the next push. One that is never read is a lost one: the relay looks every 2 s, and the
        index refuses what comes after its deadline (rule 5).
        """
        crash_point("submit.committed")
        may_linger = self._lingers and len(pushes) == 1
        if not may_linger or deadline_ms is None or not self._linger.takes(pushes[0], deadline_ms):
            self._send(pushes, deadline_ms)
        crash_point("submit.pushed")

    def settle(self) -> None:
        """Wait until what was sent last is in the index."""
        self._linger.flush()
        if self._scripts.settle_ahead():
            self._wake_relay()

    def _send(self, pushes: Sequence[Push], deadline_ms: int | None) -> None:
        try:
            if deadline_ms is None:
                raise StoreUnavailable("Redis does not tell its time")
            left = self._scripts.enqueue_ahead(_each_sent(batches(pushes, PUSH_BATCH)), deadline_ms=deadline_ms)
        except StoreUnavailable as error:
            left = len(pushes)
            log.warning("push left to the relay", jobs=len(pushes), error=str(error))
        if left:
            self._wake_relay()

    def _wake_relay(self) -> None:
        try:
            self._database.notify("millrace_relay")
        except StoreUnavailable:
            log.warning("relay not woken; it looks by itself")


def batches(values: Sequence[T], size: int) -> Iterator[list[T]]:
    """Slices of at most `size`, in order."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def _each_sent(pushes: Iterator[list[Push]]) -> Iterator[list[Push]]:
    for batch in pushes:
        yield batch
        crash_point("submit.batch_pushed")
