"""Owns a job's envelope in Redis: a Dramatiq message with our options. It must never hold what the record holds."""

from datetime import datetime
from typing import Any

import msgspec

from shared import clock
from shared.errors import Undecodable
from shared.jobs.ledger.records import Job
from shared.jobs.scripts import Push
from shared.jobs.states import State


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an attempt needs to know beside its arguments. Times are epoch milliseconds."""

    generation: int
    attempts_max: int
    timeout_ms: int
    created_ms: int
    tick_ms: int = 0
    is_durable: bool = True
    request_id: str = ""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The wire form of dramatiq.Message; `args` holds one object, the job's arguments."""

    queue_name: str
    actor_name: str
    args: tuple[msgspec.Raw]
    kwargs: dict[str, Any]
    options: Options
    message_id: str
    message_timestamp: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def encode(envelope: Envelope) -> str:
    """The envelope as JSON text."""
    return _encoder.encode(envelope).decode()


def decode(body: bytes) -> Envelope:
    """The envelope from JSON; raises Undecodable for anything else, so that one bad entry hurts only itself."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Undecodable(f"no envelope of ours: {str(error)[:200]}") from error


def push_of(job: Job, *, must_check: bool = False, is_durable: bool = True) -> Push:
    """A job on its way into the index. `must_check` makes its next attempt ask the row first, if it has one."""
    due = 0 if job.scheduled_for is None else clock.epoch_ms(job.scheduled_for)
    options = Options(
        generation=job.generation,
        attempts_max=job.attempts_max,
        timeout_ms=job.timeout_ms,
        created_ms=clock.epoch_ms(job.created_at),
        tick_ms=_ms(job.tick),
        is_durable=is_durable,
    )
    envelope = Envelope(
        queue_name=job.queue,
        actor_name=job.name,
        args=(msgspec.Raw(_encoder.encode(job.args)),),
        kwargs={},
        options=options,
        message_id=job.id,
        message_timestamp=options.created_ms,
    )
    return Push(
        id=job.id,
        generation=job.generation,
        queue=job.queue,
        name=job.name,
        priority=job.priority,
        due_ms=due,
        attempts_max=job.attempts_max,
        timeout_ms=job.timeout_ms,
        body=encode(envelope),
        # A running row counts the attempt that the lost entry had begun; what the platform loses costs none.
        attempts=job.attempts_made - (job.state is State.RUNNING and job.attempts_made > 0),
        crashes=job.crashes,
        must_check=must_check,
        is_durable=is_durable,
        wait_reason=job.wait_reason or "delay",
        state="retrying" if job.state is State.RETRYING else "scheduled",
    )


def _ms(instant: datetime | None) -> int:
    return 0 if instant is None else clock.epoch_ms(instant)
