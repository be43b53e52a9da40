"""Owns a job's body in Redis, and the envelope that body and record make together: a Dramatiq message with our options.

The body must never repeat what the record holds.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared import clock
from shared.errors import Undecodable
from shared.jobs.ledger.records import Job
from shared.jobs.scripts import Claimed, Push
from shared.jobs.states import State
from shared.jobs.times import Times, times_in_ms

#: Jobs due later than this stay in PostgreSQL until the relay's horizon reaches them (rule 9).
PUSH_HORIZON = timedelta(hours=1)


class Options(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an attempt needs to know beside its arguments. Times are epoch milliseconds."""

    generation: int
    attempts_max: int
    timeout_ms: int
    created_ms: int
    tick_ms: int = 0
    is_durable: bool = True
    request_id: str = ""
    times: Times | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The wire form of dramatiq.Message; `args` holds one object, the job's arguments."""

    queue_name: str
    actor_name: str
    args: tuple[msgspec.Raw]
    kwargs: dict[str, Any]
    options: Options
    message_id: str
    message_timestamp: int

    @property
    def origin(self) -> dict[str, object]:
        """The request that led to it: bound, it is in all the job logs, and goes with all it submits or sends."""
        return {"request_id": self.options.request_id} if self.options.request_id else {}


class _Body(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """As it is kept, JSON text: [arguments, tick_ms, request_id, times], or where that is all the arguments alone."""

    args: msgspec.Raw
    tick_ms: int = 0
    request_id: str = ""
    #: Its own, in milliseconds, where it has some.
    times: dict[str, int] | None = None


_encoder = msgspec.json.Encoder()
_decode_body = msgspec.json.Decoder(_Body).decode
_decode_args = msgspec.json.Decoder(msgspec.Raw).decode


def envelope_of(claimed: Claimed) -> Envelope:
    """The envelope of a claimed job; raises Undecodable when its body is none, so a bad one hurts only itself."""
    try:
        body = _body_in(claimed.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Undecodable(f"no body of ours: {str(error)[:200]}") from error
    entry = claimed.entry
    created_ms = entry.enqueued - entry.age
    options = Options(
        generation=entry.generation,
        attempts_max=entry.attempts_max,
        timeout_ms=entry.timeout,
        created_ms=created_ms,
        tick_ms=body.tick_ms,
        is_durable=entry.durable != 0,
        request_id=body.request_id,
        times=times_in_ms(body.times),
    )
    return Envelope(
        queue_name=entry.queue,
        actor_name=entry.name,
        args=(body.args,),
        kwargs={},
        options=options,
        message_id=claimed.held.id,
        message_timestamp=created_ms,
    )


def with_args(claimed: Claimed, args: msgspec.Raw) -> Claimed:
    """The same claim with other arguments in its body, which a process of its own is given as well."""
    body = msgspec.structs.replace(_body_in(claimed.body), args=args)
    return msgspec.structs.replace(claimed, body=_encoder.encode(body))


def push_of(job: Job, *, must_check: bool = False, is_durable: bool = True) -> Push:
    """A job on its way into the index. `must_check` makes its next attempt ask the row first, if it has one."""
    due = 0 if job.scheduled_for is None else clock.epoch_ms(job.scheduled_for)
    return Push(
        id=job.id,
        generation=job.generation,
        queue=job.queue,
        name=job.name,
        priority=job.priority,
        due_ms=due,
        attempts_max=job.attempts_max,
        timeout_ms=job.timeout_ms,
        body=_body_of(job),
        # A running row counts the attempt that the lost entry had begun; what the platform loses costs none.
        attempts=job.attempts_made - (job.state is State.RUNNING and job.attempts_made > 0),
        crashes=job.crashes,
        must_check=must_check,
        is_durable=is_durable,
        wait_reason=job.wait_reason or "delay",
        state="retrying" if job.state is State.RETRYING else "scheduled",
        group=job.group_key,
        created_ms=clock.epoch_ms(job.created_at),
    )


def _body_of(job: Job) -> str:
    args = _encoder.encode(job.args)
    if job.tick is None and not job.request_id and job.times is None:
        return args.decode()
    return _encoder.encode(_Body(msgspec.Raw(args), _ms(job.tick), job.request_id or "", job.times)).decode()


def _body_in(body: bytes) -> _Body:
    if body.startswith(b"{"):
        return _Body(_decode_args(body))
    found = _decode_body(body)
    if not bytes(found.args).startswith(b"{"):
        raise Undecodable("no body of ours: its arguments are no object")
    return found


def pushes_of(jobs: Sequence[Job], *, must_check: bool = False) -> list[Push]:
    """How jobs travel into the index; those that are due late do not yet, nor those that wait for others."""
    horizon = clock.now() + PUSH_HORIZON
    near = [
        job
        for job in jobs
        if (job.scheduled_for is None or job.scheduled_for < horizon) and job.state is not State.BLOCKED
    ]
    # A requeue may be cancelled again before this push, where the entry of the generation before hides it.
    return [push_of(job, must_check=must_check or job.generation > 1) for job in near]


def _ms(instant: datetime | None) -> int:
    return 0 if instant is None else clock.epoch_ms(instant)
