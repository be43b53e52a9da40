"""Owns when a failed attempt runs again. Pure: no clock, no store, chance only as an argument."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from shared.errors import InvalidArgument

DEFAULT_CAP = timedelta(hours=1)
DEFAULT_JITTER = 0.2
KINDS = ("exponential", "linear", "fixed", "table", "function")
#: The delay after the failure of attempt n (from 1) with this error.
Rule: TypeAlias = Callable[[int, BaseException], timedelta]


@dataclass(frozen=True, slots=True)
class Backoff:
    """A sequence of delays. `table` wins over `kind`; `jitter` j takes a delay d to a random one in [d·(1-j), d].

    `rule` is asked by the kind `function` alone; what it answers is bounded by `cap`, and `delay` is for when it fails.
    """

    kind: str
    delay: timedelta
    cap: timedelta = DEFAULT_CAP
    jitter: float = DEFAULT_JITTER
    table: tuple[timedelta, ...] = ()
    rule: Rule | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidArgument(f"backoff {self.kind!r} is none of {', '.join(KINDS)}", field="kind", allowed=KINDS)
        if min(self.delay, self.cap, *self.table) < timedelta(0):
            raise InvalidArgument("a backoff cannot be negative", field="delay")
        if not 0 <= self.jitter <= 1:
            raise InvalidArgument(f"jitter must be from 0 to 1, got {self.jitter}", field="jitter")
        if (self.kind == "function") != callable(self.rule):
            raise InvalidArgument("the kind function, and no other, needs a function of (attempt, error)", field="rule")

    def after(self, attempt: int, *, chance: float, error: BaseException | None = None) -> timedelta:
        """The delay after the failure of attempt n (from 1) with `error`; `chance` is random in [0, 1).

        Raises what a function of the kind `function` raises, and InvalidArgument for what is no delay.

        Source: BullMQ's exponential is 2^(n-1)·delay (docs, guide/retrying-failing-jobs).
        """
        base = min(self._base(attempt, error), self.cap)
        return base * (1 - self.jitter * chance)

    def _base(self, attempt: int, error: BaseException | None) -> timedelta:
        if self.rule is not None and error is not None:
            return _checked(self.rule(attempt, error))
        if self.table:
            return self.table[min(attempt, len(self.table)) - 1]
        if self.kind == "exponential":
            # In seconds, since a timedelta overflows long before the cap is asked.
            seconds = self.delay.total_seconds() * 2.0 ** min(attempt - 1, 1000)
            return timedelta(seconds=min(seconds, self.cap.total_seconds()))
        if self.kind == "linear":
            return self.delay * attempt
        return self.delay


def _checked(answer: object) -> timedelta:
    if not isinstance(answer, timedelta) or answer < timedelta(0):
        raise InvalidArgument(f"a backoff must answer a timedelta of 0 or more, got {answer!r:.60}", field="rule")
    return answer


def exponential(seconds: float = 2, *, cap: timedelta = DEFAULT_CAP, jitter: float = DEFAULT_JITTER) -> Backoff:
    """2^(n-1) times `seconds` after the n-th failure."""
    return Backoff("exponential", timedelta(seconds=seconds), cap, jitter)


def linear(seconds: float, *, cap: timedelta = DEFAULT_CAP, jitter: float = DEFAULT_JITTER) -> Backoff:
    """n times `seconds` after the n-th failure."""
    return Backoff("linear", timedelta(seconds=seconds), cap, jitter)


def fixed(seconds: float, *, jitter: float = 0.0) -> Backoff:
    """The same delay after every failure, however long it is."""
    delay = timedelta(seconds=seconds)
    return Backoff("fixed", delay, max(delay, DEFAULT_CAP), jitter)


def table(*seconds: float, jitter: float = 0.0) -> Backoff:
    """The n-th delay after the n-th failure, the last one from then on."""
    delays = tuple(timedelta(seconds=value) for value in seconds)
    if not delays:
        raise InvalidArgument("a backoff table needs at least one delay", field="seconds")
    return Backoff("table", delays[0], max(delays), jitter, delays)


def computed(rule: Rule, *, cap: timedelta = DEFAULT_CAP, jitter: float = 0.0) -> Backoff:
    """What `rule(attempt, error)` answers, a timedelta; attempt counts from 1. It must not wait for anything.

    When it raises or answers no delay, that is logged and the delay is the shorter of 1 minute and `cap`.
    """
    return Backoff("function", min(timedelta(minutes=1), cap), cap, jitter, rule=rule)
