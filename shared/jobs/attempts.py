"""Owns one attempt of a job, as a visible list of steps. It must never claim, and never write without the lease."""

import random
from datetime import timedelta
from typing import Any

import msgspec
from dramatiq.middleware import SkipMessage
from msgspec import structs

from shared import clock, logs
from shared.db import database_errors
from shared.errors import (
    BudgetExhausted,
    CircuitOpen,
    LeaseLost,
    LockHeld,
    OutcomeRefused,
    Permanent,
    PlatformError,
    Rejected,
    StoreUnavailable,
    UpstreamRateLimited,
)
from shared.jobs import beginnings, payloads
from shared.jobs.broker import MillraceBroker, message_of
from shared.jobs.captured import capturing
from shared.jobs.context import JobContext
from shared.jobs.crash_points import crash_point
from shared.jobs.definitions import Arguments, JobDefinition
from shared.jobs.delays import delay_after
from shared.jobs.elsewhere import JobExited, ProcessCrashed, perform_elsewhere
from shared.jobs.failures import MESSAGE_MAX, failure_of
from shared.jobs.ledger import ledger
from shared.jobs.messages import Envelope, envelope_of, with_args
from shared.jobs.outcomes import (
    Again,
    Buried,
    Cancel,
    Cancelled,
    Decided,
    Done,
    Failure,
    Lost,
    Obsolete,
    Outcome,
    RateLimited,
    Reason,
    Released,
    Retry,
    Snooze,
    WaitReason,
)  # fmt: skip
from shared.jobs.running import Interrupt, LeaseGone, Running, Stopping, TimedOut, Unwanted
from shared.jobs.scripts import Claimed
from shared.jobs.settlement import done_record, settle
from shared.jobs.states import State
from shared.jobs.submission import Jobs
from shared.jobs.time_limits import time_left
from shared.jobs.times import NO_TIMES

QUARANTINE_MAX = 64 * 1024
UNKNOWN_JOB_DELAY = timedelta(seconds=30)
STORE_DELAY = timedelta(seconds=2)
LOCK_DELAY = timedelta(seconds=1)


class Attempt(msgspec.Struct, frozen=True):
    """What one attempt needs; made by the worker for each claimed job."""

    jobs: Jobs
    broker: MillraceBroker
    resources: dict[type, object]
    worker: str
    claimed: Claimed
    running: Running


def run_attempt(attempt: Attempt) -> Outcome:
    """Decode, bind, check, perform, decide, settle. Never raises: whatever happens becomes an outcome."""
    return settle(attempt.jobs, attempt.claimed, attempt.worker, perform_attempt(attempt))


def perform_attempt(attempt: Attempt) -> Outcome:
    """Every step but the last: the outcome is the caller's to write."""
    try:
        envelope = envelope_of(attempt.claimed)
    except PlatformError as error:
        return _quarantined(attempt.claimed, error)
    with logs.bound(
        service=attempt.jobs.service, queue=envelope.queue_name, job=envelope.actor_name,
        job_id=attempt.claimed.held.id, attempt=attempt.claimed.attempt, **envelope.origin,
    ):  # fmt: skip
        begun = _checked(attempt, envelope)
        if not isinstance(begun, Attempt):
            return begun
        if begun is not attempt:
            envelope = envelope_of(begun.claimed)
        return _timed(begun, envelope) or _perform(begun, envelope)


def _checked(attempt: Attempt, envelope: Envelope) -> Outcome | Attempt:
    """After a loss, a crash or a retry the row decides whether to run; a start that frees a key is committed first."""
    if not (attempt.claimed.must_check and envelope.options.is_durable):
        return attempt
    held = attempt.claimed.held
    try:
        with attempt.jobs.database.unit_of_work() as work:
            row = beginnings.begin(work, held.id, held.generation)
    except StoreUnavailable as error:
        return Again(STORE_DELAY, counts=False, wait_reason=WaitReason.STORE, failure=failure_of(error))
    if row.wait is not None:
        return Again(row.wait, counts=False, wait_reason=WaitReason.DELAY)
    if not row.is_live:
        return Obsolete()
    args = row.args
    return attempt if args is None else structs.replace(attempt, claimed=with_args(attempt.claimed, args))


def _timed(attempt: Attempt, envelope: Envelope) -> Outcome | None:
    """A job whose time is over does not begin; what is left of it bounds this attempt."""
    definition = attempt.jobs.catalogue.jobs.get(envelope.actor_name)
    if not (envelope.options.times or (definition.times if definition else NO_TIMES)).are_kept:
        return None
    try:
        with attempt.jobs.database.unit_of_work() as work:
            held = attempt.claimed.held
            left = time_left(work, held.id, held.generation, due_ms=attempt.claimed.entry.due)
    except StoreUnavailable as error:
        return Again(STORE_DELAY, counts=False, wait_reason=WaitReason.STORE, failure=failure_of(error))
    attempt.running.job_deadline = clock.monotonic() + left.seconds
    return left.refusal(attempt=attempt.claimed.attempt)


def _perform(attempt: Attempt, envelope: Envelope) -> Outcome:
    attempt.running.job = envelope.actor_name
    definition = attempt.jobs.catalogue.jobs.get(envelope.actor_name)
    if definition is None:
        return _unknown(attempt, envelope)
    try:
        arguments = payloads.stored(definition.arguments, envelope.args[0])
    except (PlatformError, msgspec.DecodeError) as error:
        return Buried(Reason.UNDECODABLE, failure_of(error))
    stale_after = (envelope.options.times or definition.times).stale_after
    attempt.running.limit(envelope.options.timeout_ms / 1000, stale_after=stale_after)
    context = JobContext(attempt.jobs, attempt.claimed, envelope, attempt.running, attempt.resources)
    try:
        with database_errors(), capturing(attempt.running):
            crash_point("attempt.beginning")
            result = _call(attempt, definition, context, arguments, envelope)
            crash_point("attempt.returned")
            return _commit(attempt, context, result, is_durable=envelope.options.is_durable)
    except BaseException as error:  # the one place that turns whatever a job raises into an outcome
        work = context.take_final()
        if work is not None:
            work.rollback()
        if not isinstance(error, Exception | Interrupt):  # a death in a test; its transaction is over as well
            raise
        return decide(attempt, definition, error, attempts_max=envelope.options.attempts_max)
    finally:
        context.free_locks()


def _call(
    attempt: Attempt, definition: JobDefinition[Any, Any], context: JobContext, arguments: Arguments, envelope: Envelope
) -> Any:
    broker = attempt.broker
    message = message_of(envelope) if broker.has_middleware else None
    if message is not None:
        try:
            broker.emit_before("process_message", message)
        except SkipMessage:
            broker.emit_after("skip_message", message)
            raise
    result: Any = None
    raised: BaseException | None = None
    try:
        if definition.is_plain and not attempt.claimed.crashes:
            attempt.running.enter(attempt, context)
            try:
                result = definition.function(context, arguments)
            finally:
                attempt.running.leave()
        else:
            result = perform_elsewhere(attempt, definition, context, arguments)
    except SystemExit as error:
        exited = raised = JobExited(f"the job called for the end of its process: {error}")
        raise exited from error
    except (Exception, Interrupt) as error:
        raised = error
        raise
    finally:
        if message is not None:
            broker.emit_after("process_message", message, result=result, exception=raised)
    if isinstance(result, Done):
        raise Decided(result)
    return result


def _commit(attempt: Attempt, context: JobContext, result: Any, *, is_durable: bool) -> Outcome:
    try:
        encoded = msgspec.json.encode(result)
    except (TypeError, ValueError, OverflowError) as error:
        raise _InvalidResult(f"the result is no JSON: {error}") from error
    if len(encoded) > payloads.MAX_BYTES:
        raise _InvalidResult(f"the result has {len(encoded):,} bytes, at most {payloads.MAX_BYTES:,} are kept")
    if payloads.holds_nul(encoded):
        raise _InvalidResult("the result holds the NUL character, which cannot be stored")
    work = context.take_final()
    if work is None:
        return Done(encoded)
    if is_durable:  # a job without a row has no outcome to record beside its writes
        job_id = attempt.claimed.held.id
        if ledger.mark_done(work, job_id, done_record(attempt.claimed, attempt.worker, encoded)):
            attempt.jobs.ended(work, [(job_id, State.COMPLETED)])
    crash_point("attempt.marked")
    work.commit()  # millrace: allow commit because the outcome commits with the job's writes
    crash_point("attempt.committed")
    work.run_hooks()
    crash_point("attempt.hooked")
    return Done(encoded, is_settled=True)


class _InvalidResult(Permanent):
    """A result that cannot be kept."""


def decide(
    attempt: Attempt, definition: JobDefinition[Any, Any], error: BaseException, *, attempts_max: int
) -> Outcome:
    """What an error means: final, or again, and when."""
    outcome = _verdict(error)
    if outcome is not None:
        return outcome
    failure = failure_of(error)
    if isinstance(error, _InvalidResult):
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


def _unknown(attempt: Attempt, envelope: Envelope) -> Outcome:
    """A name this build does not know may be known to a newer one beside it, so the job waits before it is dead."""
    failure = Failure("UnknownJob", f"this worker knows no job {envelope.actor_name!r}", "")
    if attempt.claimed.attempt >= envelope.options.attempts_max:
        return Buried(Reason.UNKNOWN_JOB, failure)
    return Again(UNKNOWN_JOB_DELAY, counts=True, failure=failure)


def _quarantined(claimed: Claimed, error: PlatformError) -> Outcome:
    raw = claimed.body[: QUARANTINE_MAX // 2].hex()
    return Buried(Reason.UNDECODABLE, Failure("Undecodable", str(error)[:MESSAGE_MAX], f"raw bytes, hex: {raw}"))
