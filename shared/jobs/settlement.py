"""Owns writing an attempt's outcome into the index, under its lease. It must never give up silently."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec
import structlog

from shared import clock, metrics
from shared.errors import StoreUnavailable
from shared.jobs import limiters
from shared.jobs.crash_points import crash_point
from shared.jobs.ledger.records import OutcomeRecord
from shared.jobs.outcomes import Again, Buried, Cancelled, Done, Expired, Failure, Lost, Obsolete, Outcome, Released
from shared.jobs.scripts import Claimed, Completion
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
#: Redis may be away this long before an outcome is abandoned to the reaper; the token still protects a late write.
PERSIST_SECONDS = 120.0
MS = timedelta(milliseconds=1)
EVENT_ERROR_MAX = 4_000


def settle(jobs: Jobs, claimed: Claimed, worker: str, outcome: Outcome) -> Outcome:
    """Write the outcome; when the lease turns out to be lost nothing is written and Lost is returned."""
    if isinstance(outcome, Lost):
        metrics.STALE_WRITES.labels(service=jobs.service).inc()
        log.warning("attempt lost", job_id=claimed.held.id, reason=outcome.reason)
        return outcome
    crash_point("settle.decided")
    try:
        is_written = _persist(lambda: _write(jobs, claimed, worker, outcome))
    except StoreUnavailable as error:
        log.error(
            "outcome abandoned to the reaper", job_id=claimed.held.id, error=str(error), outcome=type(outcome).__name__
        )
        return Lost("Redis did not answer")
    crash_point("settle.written")
    if not is_written:
        metrics.STALE_WRITES.labels(service=jobs.service).inc()
        log.warning("stale outcome refused", job_id=claimed.held.id, outcome=type(outcome).__name__)
        return Lost("another holder has the job")
    return outcome


def _write(jobs: Jobs, claimed: Claimed, worker: str, outcome: Outcome) -> bool:
    held, scripts = claimed.held, jobs.scripts
    match outcome:
        case Done():
            return scripts.complete([completion_of(claimed, worker, outcome)])[0]
        case Again():
            state, kind = ("retrying", "retrying") if outcome.counts else ("scheduled", "snoozed")
            extra = _event_error(outcome.failure) if outcome.counts else outcome.wait_reason
            _close(jobs, claimed, outcome)
            return scripts.retry(
                held, state=state, delay_ms=max(1, outcome.delay // MS), counts=outcome.counts,
                wait_reason=outcome.wait_reason, kind=kind, error=extra,
            )  # fmt: skip
        case Buried():
            record = _record(claimed, worker, "dead", b"null", failure=outcome.failure, reason=outcome.reason)
            return scripts.bury(held, state="dead", outcome=_encode(record), error=_event_error(outcome.failure))
        case Cancelled():
            failure = Failure("Cancelled", outcome.reason[:2000], "")
            record = _record(claimed, worker, "cancelled", b"null", failure=failure, reason="cancelled")
            return scripts.bury(held, state="cancelled", outcome=_encode(record), error=_event_error(failure))
        case Expired():
            failure = Failure("JobExpired", outcome.reason, "")
            record = _record(claimed, worker, "expired", b"null", failure=failure, reason=outcome.over)
            # It was handed out and not begun: that is no attempt.
            record = msgspec.structs.replace(record, attempts=claimed.attempt - 1, number=claimed.attempt)
            return scripts.bury(held, state="expired", outcome=_encode(record), error=_event_error(failure))
        case Released():
            return scripts.release(held)
        case Obsolete():
            return scripts.drop(held.id, held.queue, generation=held.generation, token=held.token) > 0
        case Lost():
            return False


def _close(jobs: Jobs, claimed: Claimed, outcome: Again) -> None:
    """The delay is for more than this job: close its queue or its limiter. Repeating it changes nothing."""
    definition = jobs.catalogue.jobs.get(claimed.entry.name)
    if outcome.scope == "queue":
        jobs.scripts.close(claimed.held.queue, closed_ms=max(1, outcome.delay // MS))
    elif outcome.scope == "limiter" and definition is not None and definition.limiter is not None:
        limiters.close(jobs.scripts, definition.limiter.name, outcome.delay)


def completion_of(claimed: Claimed, worker: str, outcome: Done) -> Completion:
    """The end of an attempt that went well, ready to be written; its record only when PostgreSQL has not got it."""
    is_unkept = outcome.is_settled or not claimed.entry.durable
    record = "" if is_unkept else _encode(done_record(claimed, worker, outcome.result_json))
    return Completion(claimed.held, record, outcome.is_settled)


def done_record(claimed: Claimed, worker: str, result: bytes) -> OutcomeRecord:
    """The record of an attempt that ended well."""
    return _record(claimed, worker, "completed", result)


def _persist(write: Callable[[], bool]) -> bool:
    """Repeat a write while Redis is away. Each script is safe to repeat: the token admits it once."""
    give_up_at = clock.monotonic() + PERSIST_SECONDS
    nap = 0.1
    while True:
        try:
            return write()
        except StoreUnavailable:
            if clock.monotonic() > give_up_at:
                raise
            time.sleep(nap * random.uniform(0.5, 1.0))  # noqa: S311  # jitter, not a secret
            nap = min(nap * 2, 2.0)


def _record(
    claimed: Claimed, worker: str, state: str, result: bytes, *, failure: Failure | None = None, reason: str = ""
) -> OutcomeRecord:
    return OutcomeRecord(
        state=state,
        generation=claimed.held.generation,
        attempts=claimed.attempt,
        token=claimed.held.token,
        worker=worker,
        started=claimed.started_ms,
        finished=claimed.now_ms(),
        crashes=claimed.crashes,
        reason=reason,
        error_type=failure.type if failure else "",
        error_message=failure.message if failure else "",
        error_traceback=failure.traceback if failure else "",
        result=msgspec.Raw(result),
    )


def _encode(record: OutcomeRecord) -> str:
    return msgspec.json.encode(record).decode()


def _event_error(failure: Failure | None) -> str:
    if failure is None:
        return ""
    error = {"type": failure.type, "message": failure.message, "traceback": failure.traceback[-EVENT_ERROR_MAX:]}
    return msgspec.json.encode({**error, "reason": ""}).decode()
