"""Owns the sending of messages to other services over gRPC. It must never send what has not been committed."""

import random
from datetime import timedelta

import grpc
import structlog

from shared import clock, logs, metrics
from shared.errors import AlreadyExists, Forbidden, InvalidArgument, NotFound, PlatformError, UnknownService
from shared.jobs.exchange import line
from shared.jobs.exchange.line import Claimed, Verdict
from shared.jobs.exchange.refusals import end_refused
from shared.jobs.exchange.requests import deliver
from shared.jobs.payloads import storable
from shared.jobs.retries import exponential
from shared.jobs.submission import Jobs
from shared.rpc import Peers, from_rpc_error

log = structlog.get_logger(__name__)
BATCH = 20
#: A turn ends here even if a peer hangs; with one call more it stays within the lease of what it has claimed.
TURN_SECONDS = 20.0
BACKOFF = exponential(1, cap=timedelta(minutes=5))
#: A message is given up when it is this old and still not taken, and never sent again this long after its first try:
#: the peer's inbox knows it for 48 hours.
GIVE_UP = timedelta(hours=12)
ATTEMPTS_MAX = 150
#: A message that the peer itself fails on lets the ones behind it pass after so many tries.
ORDERED_ATTEMPTS = 5
#: The peer failed on this message; after any other failure whatever else waits for it would fare the same.
_OF_THE_MESSAGE = frozenset(
    {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED,
     grpc.StatusCode.UNIMPLEMENTED}
)  # fmt: skip
#: What no repetition cures: the caller's own fault.
_REFUSALS = (InvalidArgument, NotFound, AlreadyExists, Forbidden)


def deliver_once(jobs: Jobs, peers: Peers) -> bool:
    """Send what waits, a batch to each peer, oldest first; True when there may be more.

    Any number of copies may run: one at a time has a peer's line, and the peer knows a repeated message by its id.
    """
    with jobs.database.unit_of_work() as work:
        names = line.waiting_peers(work)
    random.shuffle(names)  # so that a peer that hangs does not always cost the same others their turn
    ends_at = clock.monotonic() + TURN_SECONDS
    has_more = False
    for name in names:
        if clock.monotonic() >= ends_at:
            return True
        has_more = _deliver_to(jobs, peers, name, ends_at) or has_more
    return has_more


def _deliver_to(jobs: Jobs, peers: Peers, peer: str, ends_at: float) -> bool:
    with jobs.database.unit_of_work() as work:
        messages = line.claim(work, peer, limit=BATCH)
    if not messages:
        return False
    verdicts = _send_in_order(jobs, peers, peer, messages, ends_at)
    unsent = messages[len(verdicts) :]
    with jobs.database.unit_of_work() as work:
        if verdicts:
            line.note(work, verdicts)
            for message, verdict in zip(messages, verdicts, strict=False):
                if message.kind == "node" and verdict.state == "failed":
                    end_refused(jobs, work, message.id, peer=peer, text=(verdict.error or {}).get("message", ""))
        if unsent:
            line.give_back(work, unsent)
    for message, verdict in zip(messages, verdicts, strict=False):
        _tell(jobs.service, peer, message, verdict)
    return verdicts[-1].state != "waiting" if verdicts else True


def _send_in_order(jobs: Jobs, peers: Peers, peer: str, messages: list[Claimed], ends_at: float) -> list[Verdict]:
    """One verdict a message, up to the first that the others have to wait for."""
    verdicts: list[Verdict] = []
    for message in messages:
        if clock.monotonic() >= ends_at:
            break
        verdict = _send(jobs, peers, peer, message)
        verdicts.append(verdict)
        if verdict.is_peer_down or (verdict.state == "waiting" and verdict.keeps_order and message.keeps_order):
            break
    return verdicts


def _send(jobs: Jobs, peers: Peers, peer: str, message: Claimed) -> Verdict:
    if message.tried_seconds > GIVE_UP.total_seconds():
        return _failed(
            message, "OutcomeUnknown", "it was first sent so long ago that the peer may not know it any more"
        )
    try:
        with logs.bound(**({"request_id": message.request_id} if message.request_id else {})):
            peer_job_id = deliver(jobs.service, peers, peer, message)
    except grpc.RpcError as error:
        is_down = not hasattr(error, "code") or error.code() not in _OF_THE_MESSAGE
        return _refused(message, from_rpc_error(error, peer=peer), is_peer_down=is_down)
    except UnknownService as error:
        known = ", ".join(error.allowed) or "none"
        missing = UnknownService(f"MILLRACE_SERVICES of the scheduler names no service {peer!r}; it has: {known}")
        return _later(message, missing, is_peer_down=True)
    except PlatformError as error:
        return _later(message, error, is_peer_down=True)
    except ValueError as error:  # a row that another build has written: it must not hold up the others
        return _failed(message, "Undecodable", f"this build cannot read it: {error}")
    return Verdict(seq=message.seq, state="sent", peer_job_id=peer_job_id)


def _refused(message: Claimed, error: PlatformError, *, is_peer_down: bool) -> Verdict:
    if isinstance(error, _REFUSALS):
        return _failed(message, type(error).__name__, str(error), field=getattr(error, "field", ""))
    return _later(message, error, is_peer_down=is_peer_down)


def _later(message: Claimed, error: PlatformError, *, is_peer_down: bool) -> Verdict:
    if message.age_seconds > GIVE_UP.total_seconds() or message.attempts >= ATTEMPTS_MAX:
        return _failed(message, type(error).__name__, str(error))
    delay = BACKOFF.after(message.attempts, chance=random.random())  # noqa: S311  # jitter, not a secret
    return Verdict(
        seq=message.seq,
        state="waiting",
        error=_error(type(error).__name__, str(error)),
        keeps_order=is_peer_down or message.attempts < ORDERED_ATTEMPTS,
        delay_seconds=delay.total_seconds(),
        is_peer_down=is_peer_down,
    )


def _failed(message: Claimed, kind: str, text: str, *, field: str = "") -> Verdict:
    return Verdict(seq=message.seq, state="failed", error=_error(kind, text, field=field))


def _error(kind: str, text: str, *, field: str = "") -> dict[str, str]:
    return {"type": kind, "message": storable(text, 2000), "field": storable(field, 100)}


def _tell(service: str, peer: str, message: Claimed, verdict: Verdict) -> None:
    outcome = "retried" if verdict.state == "waiting" else verdict.state
    metrics.OUTBOX_MESSAGES.labels(service=service, peer=peer, outcome=outcome).inc()
    if verdict.state == "failed":
        log.error(
            "message to another service failed", service=service, peer=peer, job=message.job, message_id=message.id,
            attempts=message.attempts, error=verdict.error,
        )  # fmt: skip
