"""Owns what services tell each other of jobs that one's flow has in another: ends, and that they are not wanted.

It must never take the word of a service for a job that was not sent to it, and never act on a message twice.
"""

import uuid
from dataclasses import dataclass

import msgspec

from shared.db import UnitOfWork
from shared.errors import Forbidden, InvalidArgument
from shared.jobs import payloads
from shared.jobs.control.cancellations import cancel_rows, withdraw
from shared.jobs.control.subjects import checked_reason
from shared.jobs.exchange import inbox
from shared.jobs.ledger import outcome_wishes, remote_rows
from shared.jobs.ledger.records import Job
from shared.jobs.states import FINAL, State
from shared.jobs.submission import Jobs

ERROR_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The end of a job as the service that ran it tells it; `id` is its message's."""

    source: str
    id: str
    message_id: str
    job_id: str
    state: State
    result_json: str
    error: str


def want_outcome(jobs: Jobs, work: UnitOfWork, job: Job, *, source: str, message_id: str) -> None:
    """Have `source` told how this job ends, in the transaction that takes its message. Raises InvalidArgument."""
    if job.seq == 0:
        raise InvalidArgument("a job with durable=False keeps no row, so its outcome cannot be told", field="name")
    identity = checked_id(message_id, field="idempotency_key")
    state = outcome_wishes.add(work, job.id, source=source, message_id=identity, is_own=not job.already_existed)
    if state in FINAL:  # its unique key means one that has ended
        jobs.already_ended(work, [(job.id, state)])


def take_outcome(jobs: Jobs, told: Told) -> bool:
    """End the node that stands for this job; False when nobody waits for it, or it was known.

    Raises Forbidden for a job that was not sent to this service; InvalidArgument.
    """
    if told.state not in FINAL:
        allowed = sorted(str(state) for state in FINAL)
        raise InvalidArgument(f"state must be a final one, got {told.state}", field="state", allowed=allowed)
    _check_result(told.result_json)
    message_id, job_id = checked_id(told.message_id, field="message_id"), checked_id(told.job_id, field="job_id")
    with jobs.database.unit_of_work() as work:
        sent = remote_rows.sent_to(work, message_id)
        if sent is None:  # its flow is gone, or has sent it anew
            return False
        peer, known_id = sent
        if peer != told.source or known_id not in (None, job_id):
            raise Forbidden(f"job {job_id} of message {message_id} was not sent to {told.source[:60]!r}")
        key = f"outcome:{checked_id(told.id, field='id')}"
        receipt = inbox.once(work, told.source, key, lambda within: _end(jobs, within, told, message_id))
        return receipt.is_first and bool(receipt.result)


def withdraw_node(jobs: Jobs, *, source: str, message_id: str, reason: str) -> bool:
    """Cancel the job that was made of this message, unless others want it; True when it was live.

    A message that has not come yet is remembered as taken, and makes no job when it comes.
    """
    message_id = checked_id(message_id, field="message_id")
    cancelled: list[Job] = []
    with jobs.database.unit_of_work() as work:
        receipt = inbox.once(work, source, message_id, lambda _: None)
        if receipt.result is None:
            return False
        job_id = checked_id(str(receipt.result), field="message_id")
        if outcome_wishes.drop(work, job_id, source=source, message_id=message_id):
            text = f"its flow in {source}: {checked_reason(reason) or 'not wanted any more'}"
            cancelled = cancel_rows(jobs, work, [job_id], reason=text)
    withdraw(jobs, cancelled)
    return bool(cancelled)


def _end(jobs: Jobs, work: UnitOfWork, told: Told, message_id: str) -> bool:
    error = f"in {told.source}: {payloads.storable(told.error, ERROR_MAX)}"
    ended = remote_rows.end(work, message_id, state=told.state, result=told.result_json or None, error=error)
    if ended is not None and ended[1]:
        jobs.ended(work, [(ended[0], told.state)])
    return ended is not None


def _check_result(text: str) -> None:
    raw = text.encode()
    if len(raw) > payloads.MAX_BYTES:
        raise InvalidArgument(f"result_json must have at most {payloads.MAX_BYTES:,} bytes", field="result_json")
    try:
        msgspec.json.decode(raw or b"null")
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidArgument("result_json is no JSON", field="result_json") from error
    if payloads.holds_nul(raw):
        raise InvalidArgument("result_json holds the NUL character", field="result_json")


def checked_id(text: str, *, field: str) -> str:
    """A UUID as another service gives it. Raises InvalidArgument."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise InvalidArgument(f"{field} must be a UUID", field=field) from error
