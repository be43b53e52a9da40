"""Owns how much time a job may be given beside the timeout of one attempt. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidArgument

SHORTEST, LONGEST = timedelta(milliseconds=10), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Times:
    """How long a job may wait, live and be silent.

    `queue_ttl`: not begun so long after it was due, it is expired. `deadline`: from when it was due, for all attempts
    and the waits between them together; then it is dead, or expired if it never began. `stale_after`: an attempt that
    says nothing (progress, a step, a cursor) for so long is ended as if it had reached its timeout.
    """

    queue_ttl: timedelta | None = None
    deadline: timedelta | None = None
    stale_after: timedelta | None = None

    def __post_init__(self) -> None:
        for field in ("queue_ttl", "deadline", "stale_after"):
            value = getattr(self, field)
            if value is not None and not SHORTEST <= value <= LONGEST:
                raise InvalidArgument(f"{field} must be from 10 ms to 366 days, got {value}", field=field)

    @property
    def are_kept(self) -> bool:
        """True when PostgreSQL has to keep something of it for each job."""
        return self.queue_ttl is not None or self.deadline is not None

    def problems(self, job: str, *, is_durable: bool, is_isolated: bool) -> list[str]:
        """What does not fit the rest of a job's declaration."""
        problems = []
        if self.are_kept and not is_durable:
            problems.append(f"job {job} has a queue_ttl or a deadline, which durable=False cannot keep")
        if self.stale_after is not None and is_isolated:
            problems.append(f"job {job} runs in a process of its own, where stale_after is not seen; give it a timeout")
        return problems


NO_TIMES = Times()
