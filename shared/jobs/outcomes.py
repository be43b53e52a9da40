"""Owns the verdicts a job may raise, and the outcome an attempt ends with. It must never write one anywhere."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

import msgspec

from shared.errors import InvalidArgument, PlatformError
from shared.errors import Unrecoverable as Unrecoverable

SCOPES = ("job", "queue", "limiter")


class Verdict(PlatformError):
    """Raised by a job to say how its attempt ends, instead of returning a status."""


class Retry(Verdict):
    """Try again after this long; the attempt counts."""

    def __init__(self, after: timedelta, reason: str = "") -> None:
        super().__init__(reason or f"asked for a retry in {after}")
        self.after = _checked(after)


class Snooze(Verdict):
    """Not now; run again after this long. Costs no attempt."""

    def __init__(self, after: timedelta, reason: str = "snoozed") -> None:
        super().__init__(reason)
        self.after = _checked(after)
        self.reason = reason


class RateLimited(Verdict):
    """An outside limit says not now; run again after this long. Costs no attempt.

    `scope` tells whom the limit is for: this job alone, its whole queue, or all that share its limiter.
    """

    def __init__(self, retry_after: timedelta, scope: str = "job") -> None:
        if scope not in SCOPES:
            raise InvalidArgument(
                f"scope must be job, queue or limiter, got {scope[:60]!r}", field="scope", allowed=SCOPES
            )
        super().__init__(f"rate limited for {retry_after}")
        self.retry_after = _checked(retry_after)
        self.scope = scope


class Cancel(Verdict):
    """The work is no longer wanted: final, never retried, not a failure."""


class Discard(Cancel):
    """The work turned out to be void: as Cancel, said by the job about its own input."""


MAX_DELAY = timedelta(days=366)


def _checked(after: timedelta) -> timedelta:
    if not timedelta(0) <= after <= MAX_DELAY:
        raise InvalidArgument(f"a delay must be from 0 to 366 days, got {after}", field="after")
    return after


class Reason(StrEnum):
    """Why a job is dead."""

    EXHAUSTED = "exhausted"
    UNRECOVERABLE = "unrecoverable"
    CRASHED = "crashed"
    UNDECODABLE = "undecodable"
    UNKNOWN_JOB = "unknown_job"
    INVALID_RESULT = "invalid_result"
    DEADLINE = "deadline"


class WaitReason(StrEnum):
    """Why a scheduled job waits."""

    DELAY = "delay"
    SNOOZED = "snoozed"
    RATE_LIMITED = "rate_limited"
    LOCK = "lock"
    STORE = "store"
    CIRCUIT = "circuit_open"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in an attempt: class name, message (≤ 2,000) and traceback (≤ 16,000 characters)."""

    type: str
    message: str
    traceback: str


class Done(msgspec.Struct, frozen=True, gc=False):
    """Ended well. `result_json` is the encoded result; `is_settled` when the unit of work committed it already."""

    result_json: bytes
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Runs again after `delay`; `counts` tells whether the attempt is spent."""

    delay: timedelta
    counts: bool
    wait_reason: str = ""
    failure: Failure | None = None
    #: Whom the delay is for: one of SCOPES.
    scope: str = "job"


@dataclass(frozen=True, slots=True)
class Buried:
    """Given up on."""

    reason: Reason
    failure: Failure


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Ended because it is not wanted any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """Not begun: its time was over. `over` says which one."""

    reason: str
    over: Literal["queue_ttl", "deadline"] = "queue_ttl"


@dataclass(frozen=True, slots=True)
class Released:
    """Given back by a clean stop; its place and its attempts are unchanged."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease or the generation is gone; nothing may be written."""

    reason: str


@dataclass(frozen=True, slots=True)
class Obsolete:
    """The row is final already: the entry goes, nothing runs."""


Outcome = Done | Again | Buried | Cancelled | Expired | Released | Lost | Obsolete


class Decided(Exception):
    """An attempt that ran in another process has ended there, with this outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"ended elsewhere: {type(outcome).__name__}")
        self.outcome = outcome
