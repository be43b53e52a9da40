"""Owns what stands between jobs and providers: circuits and budgets, put before a client's calls or a whole job.

It must never be asked for a job that declares neither.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from dramatiq.middleware import SkipMessage

from shared.errors import (
    BudgetExhausted,
    CircuitOpen,
    ConfigurationInvalid,
    LeaseLost,
    LockHeld,
    Permanent,
    Rejected,
    StoreUnavailable,
    UpstreamRateLimited,
)
from shared.jobs.budgets import Spending
from shared.jobs.circuits import Circuit
from shared.jobs.definitions import JobDefinition
from shared.jobs.outcomes import Retry
from shared.jobs.outcomes import Verdict as Raised
from shared.jobs.providers import Breaker, Budget
from shared.jobs.running import Interrupt, TimedOut
from shared.jobs.submission import Jobs
from shared.outbound import Guard, Verdict

_SAYS_NOTHING = (
    Raised, UpstreamRateLimited, LockHeld, StoreUnavailable, LeaseLost, Permanent, Rejected, SkipMessage, Interrupt
)  # fmt: skip


class Guards:
    """Makes the guards of one service's clients; handed to what `Service.guarded` makes at boot."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def of(self, *, breaker: Breaker | None = None, budget: Budget | None = None) -> Guard:
        """The guard of one client. Raises ConfigurationInvalid for what the service does not declare."""
        catalogue = self._jobs.catalogue
        if breaker is not None and catalogue.breakers.get(breaker.name) != breaker:
            raise ConfigurationInvalid(
                [f"breaker {breaker.name} is missing in Service.breakers of {catalogue.service}"]
            )
        if budget is not None and catalogue.budgets.get(budget.name) != budget:
            raise ConfigurationInvalid([f"budget {budget.name} is missing in Service.budgets of {catalogue.service}"])
        return _Both(
            Circuit(self._jobs, breaker) if breaker is not None else None,
            Spending(self._jobs, budget) if budget is not None else None,
        )


class _Both:
    """A circuit, a budget, or both; a call that the circuit refuses costs nothing."""

    def __init__(self, circuit: Circuit | None, spending: Spending | None) -> None:
        self._circuit = circuit
        self._spending = spending

    def enter(self, cost: int = 1) -> str:
        permit = self._circuit.enter(cost) if self._circuit is not None else "uncounted"
        if self._spending is not None:
            try:
                self._spending.spend(cost)
            except BudgetExhausted:
                self.leave(permit, Verdict.NEUTRAL)
                raise
        return permit

    def leave(self, permit: str, verdict: Verdict, reason: str = "") -> timedelta | None:
        return self._circuit.leave(permit, verdict, reason) if self._circuit is not None else None


@contextmanager
def guarded(jobs: Jobs, definition: JobDefinition[Any, Any]) -> Iterator[None]:
    """Run a job's function behind its breaker. Raises CircuitOpen when it may not run, or when its failure opens it."""
    if definition.breaker is None:
        yield
        return
    circuit = Circuit(jobs, definition.breaker)
    permit = circuit.enter()
    try:
        yield
    except BaseException as error:
        verdict = verdict_on(error)
        wait = circuit.leave(permit, verdict, f"{type(error).__name__}: {error}")
        if wait is not None and verdict is Verdict.FAILED:
            raise CircuitOpen(f"{type(error).__name__}: {error}", retry_after=wait) from error
        raise
    circuit.leave(permit, Verdict.OK)


def verdict_on(error: BaseException) -> Verdict:
    """What a job's error says of whatever its breaker guards: a job's own input, a lock or a stop say nothing."""
    if isinstance(error, Retry | TimedOut):
        return Verdict.FAILED
    return Verdict.NEUTRAL if isinstance(error, _SAYS_NOTHING) or not isinstance(error, Exception) else Verdict.FAILED
