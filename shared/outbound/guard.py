"""Owns when a call to a provider may be made and what is told of how it went. It must never make the call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from shared.errors import CircuitOpen, UpstreamUnavailable


class Verdict(StrEnum):
    """What a call says of its provider: alive, not, or nothing."""

    OK = "ok"
    FAILED = "failed"
    NEUTRAL = "neutral"


class Guard(Protocol):
    """What stands between a client and its provider: a circuit, a budget, or both."""

    def enter(self, cost: int = 1) -> str:
        """The permit of one call. Raises CircuitOpen or BudgetExhausted when it may not be made now."""
        ...

    def leave(self, permit: str, verdict: Verdict, reason: str = "") -> timedelta | None:
        """How the call went; how long to wait when its provider is not to be called any more, else None."""
        ...


@contextmanager
def watched(guard: Guard | None, judge: Callable[[UpstreamUnavailable], Verdict], *, cost: int = 1) -> Iterator[None]:
    """One call behind its guard. The failure that finds the circuit open, or opens it, is raised as CircuitOpen."""
    if guard is None:
        yield
        return
    permit, verdict, reason = guard.enter(cost), Verdict.NEUTRAL, ""
    try:
        yield
        verdict = Verdict.OK
    except UpstreamUnavailable as error:
        verdict, reason = judge(error), str(error)
        wait = guard.leave(permit, verdict, reason)
        permit = ""
        if wait is not None and verdict is Verdict.FAILED:
            raise CircuitOpen(
                f"{error}; it is not called for {wait.total_seconds():.1f} s", retry_after=wait
            ) from error
        raise
    finally:
        if permit:
            guard.leave(permit, verdict, reason)
