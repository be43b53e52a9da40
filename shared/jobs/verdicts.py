"""Owns what an error that ended a job's function means: final, or again, and when. It must never write it anywhere."""

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dramatiq.middleware import SkipMessage

from shared.errors import (
    BudgetExhausted,
    CircuitOpen,
    LeaseLost,
    LockHeld,
    OutcomeRefused,
    Permanent,
    Rejected,
    StoreUnavailable,
    UpstreamRateLimited,
)
from shared.jobs import payloads
from shared.jobs.definitions import JobDefinition
from shared.jobs.delays import delay_after
from shared.jobs.elsewhere import ProcessCrashed
from shared.jobs.failures import MESSAGE_MAX, failure_of
from shared.jobs.outcomes import (
    Again,
    Buried,
    Cancel,
    Cancelled,
    Decided,
    Lost,
    Obsolete,
    Outcome,
    RateLimited,
    Reason,
    Released,
    Retry,
    Snooze,
    WaitReason,
)
from shared.jobs.running import LeaseGone, Stopping, TimedOut, Unwanted

if TYPE_CHECKING:
    from shared.jobs.attempts import Attempt

STORE_DELAY = timedelta(seconds=2)
LOCK_DELAY = timedelta(seconds=1)


class InvalidResult(Permanent):
    """A result that cannot be kept."""


def decide(
    attempt: "Attempt", definition: JobDefinition[Any, Any], error: BaseException, *, attempts_max: int
) -> Outcome:
    """What an error means: final, or again, and when."""
    outcome = _verdict(error)
    if outcome is not None:
        return outcome
    failure = failure_of(error)
    if isinstance(error, InvalidResult):
        return Buried(Reason.INVALID_RESULT, failure)
    if isinstance(error, ProcessCrashed):
        return Buried(Reason.CRASHED, failure)
    if isinstance(error, Permanent | Rejected):
        return Buried(Reason.UNRECOVERABLE, failure)
    if isinstance(error, TimedOut) and attempt.running.ends_job:
        return Buried(Reason.DEADLINE, failure)
    if attempt.claimed.attempt >= attempts_max:
        return Buried(Reason.EXHAUSTED, failure)
    if isinstance(error, Retry):
        return Again(error.after, counts=True, failure=failure)
    delay = delay_after(attempt.jobs.catalogue.backoff_of(definition), attempt.claimed.attempt, error)
    return Again(delay, counts=True, failure=failure)


def _verdict(error: BaseException) -> Outcome | None:
    """Outcomes that cost no attempt, or end the job without being a failure; None for everything else."""
    match error:
        case Decided():
            return error.outcome
        case OutcomeRefused():
            return Obsolete()
        case LeaseGone() | LeaseLost():
            return Lost(str(error) or "lease lost")
        case Stopping():
            return Released()
        case Unwanted() | Cancel() | SkipMessage():
            return Cancelled(payloads.storable(error, MESSAGE_MAX) or f"ended by {type(error).__name__}")
    return _later(error)


def _later(error: BaseException) -> Outcome | None:
    match error:
        case Snooze():
            return Again(error.after, counts=False, wait_reason=WaitReason.SNOOZED)
        case RateLimited():
            reason = WaitReason.RATE_LIMITED
            return Again(error.retry_after, counts=False, wait_reason=reason, scope=error.scope)
        case CircuitOpen():
            # Spread, so that those who wait for one circuit do not all come back at once for its few probes.
            delay = error.retry_after * random.uniform(1, 1.5)  # noqa: S311  # jitter, not a secret
            return Again(delay, counts=False, wait_reason=WaitReason.CIRCUIT, failure=failure_of(error))
        case BudgetExhausted():
            return Again(error.retry_after, counts=False, wait_reason=WaitReason.BUDGET)
        case UpstreamRateLimited():
            return Again(error.retry_after, counts=False, wait_reason=WaitReason.RATE_LIMITED)
        case LockHeld():
            return Again(LOCK_DELAY * random.uniform(0.5, 1.5), counts=False, wait_reason=WaitReason.LOCK)  # noqa: S311  # jitter, not a secret
        case StoreUnavailable():
            return Again(STORE_DELAY, counts=False, wait_reason=WaitReason.STORE, failure=failure_of(error))
    return None
