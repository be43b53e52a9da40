"""Owns a test's hold on shared.clock. It must never pretend to move the stores' clocks:

leases, limits and due times go by Redis and PostgreSQL, so `drain(with_scheduled=...)` moves due times instead.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

from shared import clock
from shared.errors import InvalidArgument


class FrozenClock:
    """The clock of this process while a test holds it; made by `freeze`."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held

    @property
    def now(self) -> datetime:
        """What `clock.now()` says."""
        return clock.now()

    def move_to(self, instant: datetime) -> datetime:
        """Hold the clock at another instant, earlier or later; returns it."""
        if instant.tzinfo is None:
            raise InvalidArgument("instant must carry a time zone", field="instant")
        self._held.enter_context(clock.frozen(instant))
        return clock.now()

    def tick(self, by: timedelta) -> datetime:
        """Move the clock; returns what it says now."""
        return self.move_to(clock.now() + by)


@contextmanager
def freeze(instant: datetime | None = None) -> Iterator[FrozenClock]:
    """Hold `clock.now()` at `instant` (None: now) for a block; it goes on afterwards, whatever happens in the block."""
    with ExitStack() as held:
        frozen = FrozenClock(held)
        frozen.move_to(instant or clock.now())
        yield frozen
