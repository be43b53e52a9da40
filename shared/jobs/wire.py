"""Owns the translation between ledger values and protos/jobs/v1. It must never decide anything."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import jobs_pb2
from shared.clock import from_epoch_ms
from shared.errors import InvalidArgument
from shared.jobs.ledger.records import Event, Job
from shared.jobs.states import State

STATES: dict[State, Any] = {state: jobs_pb2.JobState.Value(f"JOB_STATE_{state.name}") for state in State}
_BY_NUMBER = {number: state for state, number in STATES.items()}


def state_of(number: int) -> State | None:
    """The state of an enum number; None for unspecified."""
    if number == jobs_pb2.JOB_STATE_UNSPECIFIED:
        return None
    state = _BY_NUMBER.get(number)
    if state is None:
        raise InvalidArgument(f"unknown state {number}", field="state", allowed=[str(known) for known in State])
    return state


def timestamp(instant: datetime | None) -> Timestamp | None:
    """A proto timestamp, or None."""
    if instant is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(instant.astimezone(UTC).replace(tzinfo=None))
    return stamp


def instant_of(message: Any, field: str) -> datetime | None:
    """An aware instant of a proto field; None when absent. Raises InvalidArgument outside years 1 to 9999."""
    if not message.HasField(field):
        return None
    try:
        return getattr(message, field).ToDatetime(tzinfo=UTC)  # type: ignore[no-any-return]  # generated code is untyped
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(f"{field} is no valid time", field=field) from error


def progress_of(value: dict[str, Any] | None) -> Any:
    """A proto progress, or None."""
    if not value:
        return None
    eta_ms, data = value.get("eta_ms"), value.get("data")
    return jobs_pb2.Progress(
        done=value["done"],
        total=value["total"],
        note=value.get("note", ""),
        stage=value.get("stage", ""),
        eta=timestamp(from_epoch_ms(eta_ms)) if eta_ms is not None else None,
        data_json=msgspec.json.encode(data).decode() if data is not None else "",
    )


def job_to_wire(job: Job, service: str) -> Any:
    """A job as protos/jobs/v1 has it."""
    error = job.error
    return jobs_pb2.Job(
        id=job.id,
        service=service,
        queue=job.queue,
        name=job.name,
        state=STATES[job.state],
        priority=job.priority,
        attempts_made=job.attempts_made,
        attempts_max=job.attempts_max,
        progress=progress_of(job.progress),
        args_json=msgspec.json.encode(job.args).decode(),
        result_json=msgspec.json.encode(job.result).decode() if job.state is State.COMPLETED else "",
        error=jobs_pb2.JobError(
            type=error.get("type", ""),
            message=error.get("message", ""),
            traceback=error.get("traceback", ""),
            reason=error.get("reason", ""),
        )
        if error
        else None,
        created_at=timestamp(job.created_at),
        scheduled_for=timestamp(job.scheduled_for),
        started_at=timestamp(job.started_at),
        finished_at=timestamp(job.finished_at),
        generation=job.generation,
        crashes=job.crashes,
        wait_reason=job.wait_reason,
        result_expires_at=timestamp(job.result_expires_at),
        request_id=job.request_id or "",
    )


def event_to_wire(event: Event) -> Any:
    """An event as protos/jobs/v1 has it."""
    progress = msgspec.json.decode(event.extra) if event.kind == "progress" and event.extra else None
    return jobs_pb2.WatchEventsResponse(
        event_id=event.event_id,
        job_id=event.job_id,
        queue=event.queue,
        name=event.name,
        state=STATES[event.state],
        progress=progress_of(progress),
        at=timestamp(datetime.fromtimestamp(event.at_ms / 1000, UTC)),
        generation=event.generation,
        kind=event.kind,
    )
