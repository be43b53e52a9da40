"""Owns how much time a job may be given beside the timeout of one attempt, declared or for one submission. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.errors import InvalidArgument

SHORTEST, LONGEST = timedelta(milliseconds=10), timedelta(days=366)
MS = timedelta(milliseconds=1)
FIELDS = ("queue_ttl", "deadline", "stale_after", "result_ttl")


@dataclass(frozen=True, slots=True)
class Times:
    """How long a job may wait, live and be silent, and how long its result is told.

    `queue_ttl`: not begun so long after it was due, it is expired. `deadline`: from when it was due, for all attempts
    and the waits between them together; then it is dead, or expired if it never began. `stale_after`: an attempt that
    says nothing (progress, a step, a cursor) for so long is ended as if it had reached its timeout. `result_ttl`: from
    its end; then its result is gone, also for jobs that wait for it, and its reading says so.
    """

    queue_ttl: timedelta | None = None
    deadline: timedelta | None = None
    stale_after: timedelta | None = None
    result_ttl: timedelta | None = None

    def __post_init__(self) -> None:
        for field in FIELDS:
            value = getattr(self, field)
            if value is not None and not SHORTEST <= value <= LONGEST:
                raise InvalidArgument(f"{field} must be from 10 ms to 366 days, got {value}", field=field)

    @property
    def are_kept(self) -> bool:
        """True when PostgreSQL has to watch the clock for each job."""
        return self.queue_ttl is not None or self.deadline is not None

    def problems(self, job: str, *, is_durable: bool) -> list[str]:
        """What does not fit the rest of a job's declaration."""
        found = self.misfits(is_durable=is_durable)
        return [f"job {job} {text}" for text in found.values()]

    def misfits(self, *, is_durable: bool) -> dict[str, str]:
        """The fields that such a job cannot have, and why."""
        found = {}
        for field in ("queue_ttl", "deadline", "result_ttl"):
            if getattr(self, field) is not None and not is_durable:
                found[field] = f"has a {field}, which durable=False cannot keep"
        return found

    def over(self, declared: "Times") -> "Times":
        """These, and where they say nothing what is declared."""
        return replace(declared, **{name: value for name in FIELDS if (value := getattr(self, name)) is not None})

    def in_ms(self) -> dict[str, int]:
        """As rows and entries keep them."""
        return {f"{name}_ms": value // MS for name in FIELDS if (value := getattr(self, name)) is not None}


NO_TIMES = Times()


def times_in_ms(kept: Mapping[str, int] | None) -> Times | None:
    """What a row or an entry keeps; None for nothing. A name that a newer build wrote is passed over."""
    if kept is None:
        return None
    return Times(**{name: kept[f"{name}_ms"] * MS for name in FIELDS if f"{name}_ms" in kept})
