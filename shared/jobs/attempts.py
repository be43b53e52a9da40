"""Owns one attempt of a job, as a visible list of steps. It must never claim, and never write without the lease."""

from datetime import timedelta
from typing import Any

import msgspec
from dramatiq.middleware import SkipMessage
from msgspec import structs

from shared import clock, logs
from shared.db import database_errors
from shared.errors import (
    PlatformError,
    StoreUnavailable,
)
from shared.jobs import beginnings, payloads
from shared.jobs.broker import MillraceBroker, message_of
from shared.jobs.captured import capturing
from shared.jobs.context import JobContext
from shared.jobs.crash_points import crash_point
from shared.jobs.definitions import Arguments, JobDefinition
from shared.jobs.elsewhere import JobExited, perform_elsewhere
from shared.jobs.failures import MESSAGE_MAX, failure_of
from shared.jobs.ledger import ledger
from shared.jobs.messages import Envelope, envelope_of, with_args
from shared.jobs.outcomes import (
    Again,
    Buried,
    Decided,
    Done,
    Failure,
    Obsolete,
    Outcome,
    Reason,
    WaitReason,
)  # fmt: skip
from shared.jobs.running import Interrupt, Running
from shared.jobs.scripts import Claimed
from shared.jobs.settlement import done_record, settle
from shared.jobs.states import State
from shared.jobs.submission import Jobs
from shared.jobs.time_limits import time_left
from shared.jobs.times import NO_TIMES
from shared.jobs.verdicts import STORE_DELAY, InvalidResult, decide

QUARANTINE_MAX = 64 * 1024
UNKNOWN_JOB_DELAY = timedelta(seconds=30)
#: The result of a function that returns nothing, as it is written.
_NOTHING = b"null"


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
        if attempt.claimed.must_check and envelope.options.is_durable:
            begun = _checked(attempt)
            if not isinstance(begun, Attempt):
                return begun
            attempt, envelope = begun, envelope_of(begun.claimed)
        return _perform(attempt, envelope)


def _checked(attempt: Attempt) -> Outcome | Attempt:
    """After a loss, a crash or a retry the row decides whether to run; a start that frees a key is committed first."""
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


def _overdue(attempt: Attempt) -> Outcome | None:
    """A job whose time is over does not begin; what is left of it bounds this attempt."""
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
    times = envelope.options.times or (definition.times if definition else NO_TIMES)
    if times.are_kept and (expired := _overdue(attempt)) is not None:
        return expired
    if definition is None:
        return _unknown(attempt, envelope)
    try:
        arguments = payloads.stored(definition.arguments, envelope.args[0])
    except (PlatformError, msgspec.DecodeError) as error:
        return Buried(Reason.UNDECODABLE, failure_of(error))
    attempt.running.limit(envelope.options.timeout_ms / 1000, stale_after=times.stale_after)
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
        raised = JobExited(f"the job called for the end of its process: {error}")
        raise raised from error
    except (Exception, Interrupt) as error:
        raised = error
        raise
    finally:
        if message is not None:
            broker.emit_after("process_message", message, result=result, exception=raised)
        raised = None  # it holds this frame, and so all of this attempt
    if isinstance(result, Done):
        raise Decided(result)
    return result


def _commit(attempt: Attempt, context: JobContext, result: Any, *, is_durable: bool) -> Outcome:
    encoded = _NOTHING if result is None else _encoded(result)
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


def _encoded(result: Any) -> bytes:
    try:
        encoded = msgspec.json.encode(result)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidResult(f"the result is no JSON: {error}") from error
    if len(encoded) > payloads.MAX_BYTES:
        raise InvalidResult(f"the result has {len(encoded):,} bytes, at most {payloads.MAX_BYTES:,} are kept")
    if payloads.holds_nul(encoded):
        raise InvalidResult("the result holds the NUL character, which cannot be stored")
    return encoded


def _unknown(attempt: Attempt, envelope: Envelope) -> Outcome:
    """A name this build does not know may be known to a newer one beside it, so the job waits before it is dead."""
    failure = Failure("UnknownJob", f"this worker knows no job {envelope.actor_name!r}", "")
    if attempt.claimed.attempt >= envelope.options.attempts_max:
        return Buried(Reason.UNKNOWN_JOB, failure)
    return Again(UNKNOWN_JOB_DELAY, counts=True, failure=failure)


def _quarantined(claimed: Claimed, error: PlatformError) -> Outcome:
    raw = claimed.body[: QUARANTINE_MAX // 2].hex()
    return Buried(Reason.UNDECODABLE, Failure("Undecodable", str(error)[:MESSAGE_MAX], f"raw bytes, hex: {raw}"))
