"""Owns what may be said of limits: names, limiters that services share, and which numbers are allowed. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidArgument

#: The same rule for queues, jobs and limiters: it keeps Redis keys, metrics labels and URLs free of surprises.
NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
#: Highest limit of a job or a group.
MAX_RUNNING = 100_000
MAX_POINTS = 1_000_000
SHORTEST_WINDOW, LONGEST_WINDOW = timedelta(milliseconds=100), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `starts` starts in any window of `per`, over all processes."""

    starts: int
    per: timedelta

    def __post_init__(self) -> None:
        if not 1 <= self.starts <= 10_000:
            raise InvalidArgument(f"a rate must be from 1 to 10,000 starts, got {self.starts}", field="rate")
        if not timedelta(milliseconds=100) <= self.per <= timedelta(days=1):
            raise InvalidArgument(f"a rate's window must be from 100 ms to 1 day, got {self.per}", field="per")


@dataclass(frozen=True, slots=True)
class Limiter:
    """A budget of points that jobs of all services share by its name: at most `points` in any window of `per`.

    Where services say different things, the strictest holds; what an operator set last goes before all of them.
    """

    name: str
    points: int
    per: timedelta

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InvalidArgument(f"limiter name {self.name!r} must match {NAME.pattern}", field="name")
        if not 1 <= self.points <= MAX_POINTS:
            raise InvalidArgument(
                f"points of limiter {self.name} must be from 1 to {MAX_POINTS:,}, got {self.points}", field="points"
            )
        if not SHORTEST_WINDOW <= self.per <= LONGEST_WINDOW:
            raise InvalidArgument(
                f"the window of limiter {self.name} must be from 100 ms to 1 day, got {self.per}", field="per"
            )


def limit_problems(name: str, *, max_running: int | None, limiter: Limiter | None, cost: int) -> list[str]:
    """What is wrong with the limits that a job is declared with."""
    problems = []
    if max_running is not None and not 1 <= max_running <= MAX_RUNNING:
        problems.append(f"max_running of job {name} must be from 1 to {MAX_RUNNING:,}, got {max_running}")
    if limiter is None and cost != 1:
        problems.append(f"job {name} has a cost of {cost} and no limiter to take it from")
    if limiter is not None and not 1 <= cost <= limiter.points:
        problems.append(
            f"cost of job {name} must be from 1 to the {limiter.points:,} points of its limiter, got {cost}"
        )
    return problems
