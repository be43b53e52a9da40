"""Owns what may be declared of an outside provider: when to stop calling it, and how much of it may be used. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.errors import InvalidArgument
from shared.jobs.limits import NAME, Limiter

MAX_FAILURES = 10_000
MAX_PROBES = 100
MAX_BUDGET = 10**12
SHORTEST, LONGEST = timedelta(milliseconds=100), timedelta(days=1)
#: A budget's windows begin at multiples of its length since 1970, UTC: those of a day at midnight.
SHORTEST_BUDGET, LONGEST_BUDGET = timedelta(seconds=1), timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Breaker:
    """Stops calls of what fails: `failures` in a row, or as many within `window` that are `ratio` of all calls in it.

    Open for `cooldown`, twice as long after each failed probe up to `cooldown_max`; then at most `probes` calls at once
    try it, and as many that go well close it. What does not answer within `probe_time` gives its place to another.
    No job dies of a provider that is down, whatever its attempts are: the failure that opens a circuit, and those of
    its probes, cost none, nor does that of a last attempt until others' calls have gone well between its own, twice.
    """

    name: str
    failures: int = 3
    ratio: float = 0.5
    window: timedelta = timedelta(minutes=1)
    cooldown: timedelta = timedelta(seconds=15)
    cooldown_max: timedelta = timedelta(minutes=2)
    probes: int = 1
    probe_time: timedelta = timedelta(minutes=1)

    def __post_init__(self) -> None:
        _check_name("breaker", self.name)
        if not 1 <= self.failures <= MAX_FAILURES:
            raise InvalidArgument(f"failures of breaker {self.name} must be from 1 to 10,000", field="failures")
        if not 0 < self.ratio <= 1:
            raise InvalidArgument(f"ratio of breaker {self.name} must be above 0 and at most 1", field="ratio")
        if not 1 <= self.probes <= MAX_PROBES:
            raise InvalidArgument(f"probes of breaker {self.name} must be from 1 to {MAX_PROBES}", field="probes")
        for field in ("window", "cooldown", "cooldown_max", "probe_time"):
            if not SHORTEST <= getattr(self, field) <= LONGEST:
                raise InvalidArgument(f"{field} of breaker {self.name} must be from 100 ms to 1 day", field=field)
        if self.cooldown_max < self.cooldown:
            raise InvalidArgument(f"cooldown_max of breaker {self.name} is below its cooldown", field="cooldown_max")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a provider sells for a time: at most `points` in each window of `per`, whoever calls; `soft` is a share.

    Crossing the soft cap is told once a window; at the hard cap calls wait for the next one.
    """

    name: str
    points: int
    per: timedelta = timedelta(days=1)
    soft: float = 0.8

    def __post_init__(self) -> None:
        _check_name("budget", self.name)
        if not 1 <= self.points <= MAX_BUDGET:
            raise InvalidArgument(f"points of budget {self.name} must be from 1 to {MAX_BUDGET:,}", field="points")
        if not SHORTEST_BUDGET <= self.per <= LONGEST_BUDGET:
            raise InvalidArgument(f"the window of budget {self.name} must be from 1 s to 31 days", field="per")
        if not 0 < self.soft <= 1:
            raise InvalidArgument(f"soft of budget {self.name} must be above 0 and at most 1", field="soft")


P = TypeVar("P", Breaker, Budget, Limiter)


def by_name(service: str, declared: Iterable[P | None], problems: list[str]) -> dict[str, P]:
    """What a service declares, by name; where two of one name say different things, a problem is added."""
    said = [one for one in declared if one is not None]
    known = {one.name: one for one in said}
    problems.extend(
        f"two jobs of {service} say different things of {type(one).__name__.lower()} {one.name}"
        for one in said
        if one != known[one.name]
    )
    return known


def _check_name(kind: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise InvalidArgument(f"{kind} name {name!r} must match {NAME.pattern}", field="name")
