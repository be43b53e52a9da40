"""Owns the values that cross the ledger's border: a job as read, a submission, an outcome record. No SQL here."""

from datetime import datetime
from typing import Any, NewType

import msgspec

from shared import clock
from shared.jobs.entries import decode_record, lua_string
from shared.jobs.index_ids import from_index
from shared.jobs.states import State
from shared.jobs.times import Times
from shared.jobs.uniqueness import Unique

JobId = NewType("JobId", str)


class Job(msgspec.Struct, frozen=True, gc=False):
    """One request for work, as the ledger and the live entry together show it. Times are aware UTC.

    A Struct, as all that is made once a job: a frozen dataclass takes ten times as long to make.
    """

    seq: int
    id: JobId
    generation: int
    name: str
    queue: str
    state: State
    priority: int
    args: dict[str, Any]
    attempts_made: int
    attempts_max: int
    crashes: int
    timeout_ms: int
    wait_reason: str
    result: Any
    error: dict[str, Any] | None
    progress: dict[str, Any] | None
    tick: datetime | None
    created_at: datetime
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    group_key: str = ""
    #: Others wait for its end, or its flow counts it.
    is_awaited: bool = False
    #: As the answer to a submission: its key meant this job already, and nothing new was made.
    already_existed: bool = False
    #: Times of its own in milliseconds (times.py); None = as it is declared.
    times: dict[str, int] | None = None
    #: From then on its result is not told any more.
    result_expires_at: datetime | None = None
    #: Of the call that led to it; None where none did.
    request_id: str | None = None

    @property
    def result_expired(self) -> bool:
        """True when it had a result whose time is over: `result` is None then, as it is where there was none."""
        return self.result_expires_at is not None and self.result_expires_at <= clock.now()


class Submission(msgspec.Struct, frozen=True, gc=False):
    """A validated request, ready to become a row. `args_json` is the checked text of one JSON object."""

    id: JobId
    name: str
    queue: str
    priority: int
    args_json: str
    attempts_max: int
    timeout_ms: int
    scheduled_for: datetime | None = None
    tick: datetime | None = None
    parent_id: str | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    is_durable: bool = True
    group_key: str = ""
    #: Limits of its time that PostgreSQL has to keep; None for none.
    times: Times | None = None
    unique: Unique | None = None
    unique_key: str = ""
    sequence: str = ""
    #: What its row keeps of its times, in milliseconds; None = as it is declared.
    own_times: dict[str, int] | None = None

    @property
    def keeps_times(self) -> bool:
        """True when something of its times is written beside its row, or in it."""
        return self.times is not None or self.own_times is not None

    @property
    def is_keyed(self) -> bool:
        """True when a key decides whether it becomes a job, or when it may start."""
        return self.unique is not None or self.sequence != ""


class OutcomeRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a job ended, as its entry keeps it until PostgreSQL has it. Times are Redis milliseconds."""

    state: str
    generation: int
    attempts: int
    token: str
    worker: str
    started: int
    finished: int
    crashes: int = 0
    reason: str = ""
    error_type: str = ""
    error_message: str = ""
    error_traceback: str = ""
    result: msgspec.Raw = msgspec.Raw(b"null")
    #: Its own number, of an attempt that costs none and so is not among `attempts`; else 0.
    number: int = 0

    @property
    def error(self) -> dict[str, str] | None:
        """The error as rows keep it; None for a job that ended well."""
        if not (self.error_type or self.reason):
            return None
        return {
            "type": self.error_type,
            "message": self.error_message,
            "traceback": self.error_traceback,
            "reason": self.reason,
        }


class Event(msgspec.Struct, frozen=True, gc=False):
    """One transition as the stream tells it. `due_ms` and `started_ms` are 0 when they do not apply."""

    event_id: str
    job_id: str
    generation: int
    queue: str
    name: str
    state: State
    kind: str
    attempts: int
    at_ms: int
    due_ms: int
    token: str
    worker: str
    started_ms: int
    extra: str
    is_durable: bool = True
    crashes: int = 0


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """One stream entry as lua/events.lua writes it: when, and four values an event."""

    at_ms: int
    fours: list[msgspec.Raw]


_told = msgspec.msgpack.Decoder(_Told).decode
_text = msgspec.msgpack.Decoder(str).decode
#: Kinds that name the state an event leads to, whatever state the record had when it was told.
_ENDINGS = {
    "completed": State.COMPLETED, "dead": State.DEAD, "cancelled": State.CANCELLED, "dropped": State.CANCELLED,
    "expired": State.EXPIRED,
}  # fmt: skip


def events_from_stream(event_id: bytes, fields: dict[bytes, bytes]) -> list[Event]:
    """The events of one stream entry, oldest first, each with an id of its own: "<entry>.<place>".

    Raises KeyError or ValueError for anything that lua/events.lua did not write.
    """
    told = _told(fields[b"e"])
    return [
        _event(f"{event_id.decode()}.{at // 4}", told.at_ms, *told.fours[at : at + 4])
        for at in range(0, len(told.fours), 4)
    ]


def _event(
    event_id: str, at_ms: int, name: msgspec.Raw, kind: msgspec.Raw, record: msgspec.Raw, extra: msgspec.Raw
) -> Event:
    entry = decode_record(lua_string(bytes(record)))
    told_kind = _text(kind)
    state = _ENDINGS.get(told_kind) or State(entry.state)
    is_waiting = state in (State.SCHEDULED, State.RETRYING)
    return Event(
        event_id=event_id,
        job_id=from_index(lua_string(bytes(name))),
        generation=entry.generation,
        queue=entry.queue,
        name=entry.name,
        state=state,
        kind=told_kind,
        attempts=entry.attempts,
        at_ms=at_ms,
        due_ms=entry.due if is_waiting else 0,
        token=entry.token,
        worker=entry.worker,
        started_ms=entry.started,
        extra=_text(extra),
        is_durable=entry.durable == 1,
        crashes=entry.crashes,
    )
