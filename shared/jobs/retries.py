"""Owns when a failed attempt runs again. Pure: no clock, no store, chance only as an argument."""

from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidArgument

DEFAULT_CAP = timedelta(hours=1)
DEFAULT_JITTER = 0.2
KINDS = ("exponential", "linear", "fixed", "table")


@dataclass(frozen=True, slots=True)
class Backoff:
    """A sequence of delays. `table` wins over `kind`; `jitter` j takes a delay d to a random one in [d·(1-j), d]."""

    kind: str
    delay: timedelta
    cap: timedelta = DEFAULT_CAP
    jitter: float = DEFAULT_JITTER
    table: tuple[timedelta, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidArgument(f"backoff {self.kind!r} is none of {', '.join(KINDS)}", field="kind", allowed=KINDS)
        if min(self.delay, self.cap, *self.table) < timedelta(0):
            raise InvalidArgument("a backoff cannot be negative", field="delay")
        if not 0 <= self.jitter <= 1:
            raise InvalidArgument(f"jitter must be from 0 to 1, got {self.jitter}", field="jitter")

    def after(self, attempt: int, *, chance: float) -> timedelta:
        """The delay after the failure of attempt n (from 1); `chance` is random in [0, 1).

        Source: BullMQ's exponential is 2^(n-1)·delay (docs, guide/retrying-failing-jobs).
        """
        base = min(self._base(attempt), self.cap)
        return base * (1 - self.jitter * chance)

    def _base(self, attempt: int) -> timedelta:
        if self.table:
            return self.table[min(attempt, len(self.table)) - 1]
        if self.kind == "exponential":
            # In seconds, since a timedelta overflows long before the cap is asked.
            seconds = self.delay.total_seconds() * 2.0 ** min(attempt - 1, 1000)
            return timedelta(seconds=min(seconds, self.cap.total_seconds()))
        if self.kind == "linear":
            return self.delay * attempt
        return self.delay


def exponential(seconds: float = 2, *, cap: timedelta = DEFAULT_CAP, jitter: float = DEFAULT_JITTER) -> Backoff:
    """2^(n-1) times `seconds` after the n-th failure."""
    return Backoff("exponential", timedelta(seconds=seconds), cap, jitter)


def linear(seconds: float, *, cap: timedelta = DEFAULT_CAP, jitter: float = DEFAULT_JITTER) -> Backoff:
    """n times `seconds` after the n-th failure."""
    return Backoff("linear", timedelta(seconds=seconds), cap, jitter)


def fixed(seconds: float, *, jitter: float = 0.0) -> Backoff:
    """The same delay after every failure."""
    return Backoff("fixed", timedelta(seconds=seconds), DEFAULT_CAP, jitter)


def table(*seconds: float, jitter: float = 0.0) -> Backoff:
    """The n-th delay after the n-th failure, the last one from then on."""
    delays = tuple(timedelta(seconds=value) for value in seconds)
    if not delays:
        raise InvalidArgument("a backoff table needs at least one delay", field="seconds")
    return Backoff("table", delays[0], max(delays), jitter, delays)
