"""Owns how long finished jobs are kept. It must never say anything of jobs that are not finished."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidArgument
from shared.jobs.states import State

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=3660)
MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Keep:
    """Finished jobs are kept until they are older than `age` or `count` newer ones have finished in the same state."""

    age: timedelta
    count: int

    def __post_init__(self) -> None:
        if not SHORTEST <= self.age <= LONGEST:
            raise InvalidArgument(f"age must be from 1 minute to 3,660 days, got {self.age}", field="age")
        if not 0 <= self.count <= MOST:
            raise InvalidArgument(f"count must be from 0 to {MOST:,}, got {self.count:,}", field="count")

    def changed(self, *, hours: int | None, count: int | None) -> "Keep":
        """The same with what is given in place of what was."""
        age = self.age if hours is None else timedelta(hours=hours)
        return Keep(age, self.count if count is None else count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What a queue keeps, by how its jobs ended; `cancelled` holds for expired ones that are not given their own.

    Dead jobs are somebody's work to look at: they stay a month, and each one that goes is logged and counted.
    """

    completed: Keep = Keep(timedelta(hours=24), 20_000)
    dead: Keep = Keep(timedelta(days=30), 100_000)
    cancelled: Keep = Keep(timedelta(hours=24), 20_000)
    expired: Keep | None = None

    def by_state(self) -> Iterator[tuple[State, Keep]]:
        """Every final state with what holds for it."""
        yield State.COMPLETED, self.completed
        yield State.DEAD, self.dead
        yield State.CANCELLED, self.cancelled
        yield State.EXPIRED, self.expired or self.cancelled


#: Of queues that say nothing, and of rows whose queue the code does not have any more.
DEFAULT = Retention()
