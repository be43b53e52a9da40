"""Owns the shapes of schedules over HTTP, in and out. It must never decide anything about one."""

from collections.abc import Iterable
from datetime import UTC
from typing import Annotated, Any, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, Field

from protos.jobs.v1 import schedules_pb2 as pb
from services.gateway.domain import instants
from services.gateway.rest.answers import embedded, instant
from services.gateway.rest.body import Document, StrictBody, args_text
from services.gateway.rest.job_actions import Reason
from services.gateway.rest.query import Name
from services.gateway.rest.schemas import TIME

MAX_MS = 2**62
MAX_NUMBER = 2**31 - 1
Milliseconds = Annotated[int, Field(ge=0, le=MAX_MS)]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Time = Annotated[str, Field(max_length=64)]
MisfireWord = Literal["skip", "fire_once", "backfill"]
OverlapWord = Literal["skip", "buffer_one", "buffer_all", "cancel_other", "allow"]
StateWord = Literal["active", "stopped", "finished"]
OutcomeWord = Literal["fired", "skipped", "buffered", "missed", "refused", "coalesced"]
Service = Annotated[Name | None, Field(description="Needed where several services fit.")]
_TIMES = ("at", "starts_at", "ends_at")
_CRON = "5 or 6 fields (6: seconds first), @daily and so on, or a name such as EVERY_5_MINUTES or DAILY_3AM."


class SpecBody(StrictBody):
    """What a schedule says: exactly one of cron, every_ms and at."""

    job: Name | None = Field(None, description="Name of the job it submits.")
    args: dict[str, Any] = Field(default_factory=dict, description="The job's arguments.")
    cron: str | None = Field(None, max_length=1_000, description=_CRON)
    every_ms: Milliseconds | None = Field(None, description="1,000 to 366 days; counted from starts_at, else 1970.")
    at: Time | None = Field(None, description="One instant, RFC 3339 with zone.")
    timezone: str | None = Field(None, max_length=100, description="IANA name for cron; UTC by default.")
    starts_at: Time | None = Field(None, description="No run lies before it.")
    ends_at: Time | None = Field(None, description="No run lies at or after it.")
    max_runs: Number | None = Field(None, description="Jobs the clock may submit in all.")
    jitter_ms: Milliseconds | None = Field(None, description="Each run up to so much later; at most 1 day.")
    run_on_init: bool | None = Field(None, description="Runs once when it is made, beside its rhythm.")
    misfire: MisfireWord | None = Field(None, description="What becomes of runs nobody fired in time; fire_once.")
    misfire_window_ms: Milliseconds | None = Field(None, description="How late fire_once still fires; an hour.")
    misfire_max: Number | None = Field(None, description="How many runs backfill makes up for; 10 of at most 100.")
    overlap: OverlapWord | None = Field(None, description="What becomes of a run while one before it is live; skip.")
    pause_after: Number | None = Field(None, description="Stops itself after so many dead jobs in a row.")


class CreateBody(SpecBody):
    """A new schedule."""

    name: Name = Field(description="1 to 100 letters, digits, or any of - _ . : @")
    job: Name = Field(description="Name of the job it submits.")
    service: Service = None


class PreviewBody(SpecBody):
    """A schedule that need not exist."""

    service: Service = None
    next_runs: int = Field(5, ge=1, le=100)
    after: Time | None = Field(None, description="Runs after this instant; now by default.")


class UpdateBody(SpecBody):
    """What shall be different; the fields left out stay, null takes a value away."""

    service: Service = None
    reset: bool = Field(False, description="Back to what code declares; excludes the others.")
    reason: Reason = ""


class VerbBody(StrictBody):
    """Of which service, and why."""

    service: Service = None
    reason: Reason = ""


class BackfillBody(VerbBody):
    """A time that is over."""

    start: Time = Field(description="The first instant, RFC 3339 with zone.")
    end: Time = Field(description="The first instant after it.")
    in_turn: bool = Field(False, description="One after the other instead of beside each other.")


class ScheduleAnswer(BaseModel):
    """A schedule and where it stands."""

    name: str
    service: str
    job: str
    args: dict[str, Any]
    cron: str | None
    every_ms: int | None
    at: str | None
    timezone: str
    starts_at: str | None
    ends_at: str | None
    max_runs: int | None
    jitter_ms: int
    run_on_init: bool
    misfire: MisfireWord
    misfire_window_ms: int | None
    misfire_max: int
    overlap: OverlapWord
    pause_after: int | None
    description: str = Field(description="Its rhythm in plain English.")
    state: StateWord
    stop_reason: str | None
    declared: bool = Field(description="Code declares it.")
    edited: bool = Field(description="A person has changed it; boot leaves it alone.")
    missed: bool = Field(description="Due for more than 45 s, and nobody has fired it.")
    next_run_at: str | None = Field(description=TIME)
    last_run_at: str | None
    last_fired_at: str | None
    last_job_id: str | None
    last_error: str | None
    runs_made: int
    failures: int
    buffered: int
    created_at: str
    updated_at: str
    next_runs: list[str]


class ScheduleList(BaseModel):
    """Schedules by service and name."""

    items: list[ScheduleAnswer]
    next_cursor: str | None
    unavailable: list[str] = Field(description="Services that did not answer; their schedules are missing.")


class TickAnswer(BaseModel):
    """One run, expected and actual."""

    expected_at: str = Field(description=TIME)
    fired_at: str
    late_ms: int
    outcome: OutcomeWord
    cause: Literal["clock", "trigger", "backfill"]
    stands_for: int = Field(description="Runs decided on here: itself, and earlier ones that were passed over.")
    job_id: str | None
    job_state: str | None
    started_at: str | None
    finished_at: str | None
    reason: str | None


class TickList(BaseModel):
    """Runs, newest first."""

    items: list[TickAnswer]
    next_cursor: str | None


class PreviewAnswer(BaseModel):
    """What a schedule means."""

    description: str
    next_runs: list[str]


class TriggeredAnswer(BaseModel):
    """The job that was submitted."""

    job_id: str
    queue: str
    service: str


class BackfillAnswer(BaseModel):
    """What a backfill came to."""

    fired: int
    buffered: int
    known: int = Field(description="Runs that had their job before.")
    coalesced: int = Field(description="Runs whose unique key meant a job that was there.")


def spec_message(body: SpecBody, document: Document, *, name: str = "") -> pb.ScheduleSpec:
    """What a body says, for the service."""
    given = body.model_dump(include=set(SpecBody.model_fields) - {"args", "misfire", "overlap"}, exclude_none=True)
    given |= {field: instants.parse(given[field], field) for field in _TIMES if field in given}
    if body.misfire is not None:
        given["misfire"] = f"MISFIRE_POLICY_{body.misfire.upper()}"
    if body.overlap is not None:
        given["overlap"] = f"OVERLAP_POLICY_{body.overlap.upper()}"
    return pb.ScheduleSpec(name=name, args_json=args_text(document), **given)


def mask_of(body: UpdateBody) -> list[str]:
    """The fields a body wants different."""
    fields = body.model_fields_set & set(SpecBody.model_fields)
    return sorted("args_json" if field == "args" else field for field in fields)


def schedule_json(schedule: pb.Schedule) -> dict[str, Any]:
    """A schedule as the API promises it."""
    spec = schedule.spec
    optional = {
        field: getattr(spec, field) if spec.HasField(field) else None
        for field in ("cron", "every_ms", "max_runs", "misfire_window_ms", "pause_after")
    }
    times = {field: instant(spec, field) for field in _TIMES}
    stood = {
        field: instant(schedule, field)
        for field in ("next_run_at", "last_run_at", "last_fired_at", "created_at", "updated_at")
    }
    return {
        "name": spec.name,
        "service": schedule.service,
        "job": spec.job,
        "args": embedded(spec.args_json),
        "timezone": spec.timezone,
        "jitter_ms": spec.jitter_ms,
        "run_on_init": spec.run_on_init,
        "misfire": pb.MisfirePolicy.Name(spec.misfire).removeprefix("MISFIRE_POLICY_").lower(),
        "misfire_max": spec.misfire_max,
        "overlap": pb.OverlapPolicy.Name(spec.overlap).removeprefix("OVERLAP_POLICY_").lower(),
        "description": schedule.description,
        "state": pb.ScheduleState.Name(schedule.state).removeprefix("SCHEDULE_STATE_").lower(),
        "stop_reason": schedule.stop_reason or None,
        "declared": schedule.declared,
        "edited": schedule.edited,
        "missed": schedule.missed,
        "last_job_id": schedule.last_job_id or None,
        "last_error": schedule.last_error or None,
        "runs_made": schedule.runs_made,
        "failures": schedule.failures,
        "buffered": schedule.buffered,
        "next_runs": rendered(schedule.next_runs),
        **optional,
        **times,
        **stood,
    }


def tick_json(tick: pb.Tick) -> dict[str, object]:
    """A tick as the API promises it."""
    return {
        "expected_at": instant(tick, "expected_at"),
        "fired_at": instant(tick, "fired_at"),
        "late_ms": max(0, tick.fired_at.ToMilliseconds() - tick.expected_at.ToMilliseconds()),
        "outcome": pb.TickOutcome.Name(tick.outcome).removeprefix("TICK_OUTCOME_").lower(),
        "cause": tick.cause,
        "stands_for": tick.stands_for,
        "job_id": tick.job_id or None,
        "job_state": tick.job_state or None,
        "started_at": instant(tick, "started_at"),
        "finished_at": instant(tick, "finished_at"),
        "reason": tick.reason or None,
    }


def rendered(stamps: Iterable[Timestamp]) -> list[str]:
    """Timestamps as text."""
    return [instants.render(stamp.ToDatetime(tzinfo=UTC)) for stamp in stamps]
