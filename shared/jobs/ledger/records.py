"""Owns the values that cross the ledger's border: a job as read, a submission, an outcome record. No SQL here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType

import msgspec

from shared.jobs.states import State

JobId = NewType("JobId", str)


@dataclass(frozen=True, slots=True)
class Job:
    """One request for work, as the ledger and the live entry together show it. Times are aware UTC."""

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


@dataclass(frozen=True, slots=True)
class Submission:
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


@dataclass(frozen=True, slots=True)
class Event:
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


_event = msgspec.msgpack.Decoder(
    tuple[str, int, str, str, str, str, int, int, float, str, str, float, str]  # the order of lua/record.lua
)


def event_from_stream(event_id: bytes, fields: dict[bytes, bytes]) -> Event:
    """Decode one stream entry as lua/record.lua wrote it. Raises KeyError or ValueError for anything else."""
    job_id, generation, queue, name, state, kind, attempts, at, due, token, worker, started, extra = _event.decode(
        fields[b"e"]
    )
    return Event(
        event_id=event_id.decode(),
        job_id=job_id,
        generation=generation,
        queue=queue,
        name=name,
        state=State(state),
        kind=kind,
        attempts=attempts,
        at_ms=at,
        due_ms=int(due),
        token=token,
        worker=worker,
        started_ms=int(started),
        extra=extra,
    )
