"""Owns what people do to one queue over HTTP: pause, resume, limits, drain, clean; each leaves an audit row.

It must never count anything itself.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import jobs_pb2
from services.gateway.auth.audit import AuditTrail
from services.gateway.auth.gate import may_administer, may_operate
from services.gateway.clients.control import Control
from services.gateway.domain import instants
from services.gateway.domain.roles import Principal
from services.gateway.rest.answers import json_answer
from services.gateway.rest.body import StrictBody, documented, optional, typed
from services.gateway.rest.job_actions import MAX_REASON_CHARACTERS, Admin, ControlHere, Operator, Reason, TrailHere
from services.gateway.rest.query import Name, no_query
from services.gateway.rest.queues import settings_json
from shared.errors import InvalidArgument

routes = APIRouter(prefix="/api/v1/queues", tags=["queues"])
MAX_JOBS = 10_000
MAX_AGE_SECONDS = 3660 * 86_400
DAY_MS = 86_400_000
WaitingWord = Literal["queued", "scheduled", "retrying"]
FinalWord = Literal["completed", "dead", "cancelled", "expired"]
Service = Annotated[Name | None, Field(description="Needed where several services have a queue of this name.")]
QueueName = Name


class QueueBody(StrictBody):
    """Of which service, and why."""

    service: Service = None
    reason: Reason = ""


class PauseBody(QueueBody):
    """Until when."""

    until: str | None = Field(None, max_length=64, description="End of the pause, RFC 3339 with zone; none by default.")


class LimitsBody(QueueBody):
    """What shall be different; the fields left out stay, null takes a limit away."""

    slots: int | None = Field(None, ge=1, le=1_000, description="Jobs one worker process runs at once.")
    max_running: int | None = Field(None, ge=0, le=100_000, description="Limit over all processes.")
    rate_limit: int | None = Field(None, ge=0, le=10_000, description="Starts in any window.")
    rate_window_ms: int | None = Field(None, ge=100, le=DAY_MS)
    group_max_running: int | None = Field(None, ge=0, le=100_000, description="Of any one group, over all processes.")
    age_ms: int | None = Field(
        None, ge=0, le=366 * DAY_MS, description="A lower priority that waited so long gets a tenth of the starts."
    )
    reset: bool = Field(False, description="Back to what code declares; excludes the others.")


class DrainBody(StrictBody):
    """What of the waiting jobs shall be cancelled. A dry run needs no reason."""

    service: Service = None
    reason: str = Field("", max_length=MAX_REASON_CHARACTERS, description="Kept with every job.")
    states: list[WaitingWord] = Field(["queued"], min_length=1, max_length=3)
    limit: int = Field(MAX_JOBS, ge=1, le=MAX_JOBS)
    dry_run: bool = False


class CleanBody(QueueBody):
    """What of the finished jobs shall be deleted."""

    state: FinalWord
    older_than_seconds: int = Field(ge=0, le=MAX_AGE_SECONDS)
    limit: int = Field(1_000, ge=1, le=MAX_JOBS)
    dry_run: bool = False


class QueueSettingsAnswer(BaseModel):
    """A queue's settings as they hold now."""

    name: str
    service: str
    paused: bool
    paused_until: str | None
    slots: int
    max_running: int | None
    rate_limit: int | None
    rate_window_ms: int | None
    group_max_running: int | None
    age_ms: int


class CountAnswer(BaseModel):
    """How many jobs were (or, in a dry run, would be) touched; with `has_more`, call again for the rest."""

    jobs: int
    has_more: bool
    dry_run: bool


_LIMITS = {"slots", "max_running", "rate_limit", "rate_window_ms", "group_max_running", "age_ms"}
_OPERATE = [Depends(may_operate), Depends(no_query)]
_ADMINISTER = [Depends(may_administer), Depends(no_query)]
_PAUSING: dict[str, Any] = {
    "dependencies": _OPERATE,
    "response_model": QueueSettingsAnswer,
    "openapi_extra": documented(QueueBody, is_needed=False),
}
OptionalBody = Annotated[QueueBody, Depends(optional(QueueBody))]


@routes.post(
    "/{name}/pause",
    dependencies=_OPERATE,
    response_model=QueueSettingsAnswer,
    openapi_extra=documented(PauseBody, is_needed=False),
)
def pause_queue(
    who: Operator,
    control: ControlHere,
    trail: TrailHere,
    name: QueueName,
    body: Annotated[PauseBody, Depends(optional(PauseBody))],
) -> Response:
    """Let no job of the queue start, for good or until a time; running ones go on. Answered once it holds."""
    until = instants.parse(body.until, "until") if body.until is not None else None
    return _set(control, trail, who, "PauseQueue", jobs_pb2.PauseQueueRequest(queue=name, until=until), body)


@routes.post("/{name}/resume", **_PAUSING)
def resume_queue(
    who: Operator, control: ControlHere, trail: TrailHere, name: QueueName, body: OptionalBody
) -> Response:
    """Let the jobs of the queue start again."""
    return _set(control, trail, who, "ResumeQueue", jobs_pb2.ResumeQueueRequest(queue=name), body)


@routes.patch(
    "/{name}", dependencies=_ADMINISTER, response_model=QueueSettingsAnswer, openapi_extra=documented(LimitsBody)
)
def change_queue(
    who: Admin,
    control: ControlHere,
    trail: TrailHere,
    name: QueueName,
    body: Annotated[LimitsBody, Depends(typed(LimitsBody))],
) -> Response:
    """Change a queue's limits for all processes; answered once they hold."""
    given = body.model_dump(include=body.model_fields_set & _LIMITS)
    if given.get("age_ms", 0) is None:
        raise InvalidArgument("age_ms is no limit that could be taken away; give milliseconds", field="age_ms")
    zeros = {field: value or 0 for field, value in given.items()}
    request = jobs_pb2.UpdateQueueRequest(queue=name, reset=body.reset, **zeros)
    return _set(control, trail, who, "UpdateQueue", request, body)


@routes.post("/{name}/drain", dependencies=_ADMINISTER, response_model=CountAnswer, openapi_extra=documented(DrainBody))
def drain_queue(
    who: Admin,
    control: ControlHere,
    trail: TrailHere,
    name: QueueName,
    body: Annotated[DrainBody, Depends(typed(DrainBody))],
) -> Response:
    """Cancel what waits in the queue, oldest first; a dry run only counts."""
    states = [f"JOB_STATE_{state.upper()}" for state in body.states]
    request = jobs_pb2.DrainQueueRequest(
        queue=name, states=states, reason=body.reason, dry_run=body.dry_run, limit=body.limit
    )
    return _count(control, trail, who, "DrainQueue", request, service=body.service, reason=body.reason)


@routes.post("/{name}/clean", dependencies=_ADMINISTER, response_model=CountAnswer, openapi_extra=documented(CleanBody))
def clean_queue(
    who: Admin,
    control: ControlHere,
    trail: TrailHere,
    name: QueueName,
    body: Annotated[CleanBody, Depends(typed(CleanBody))],
) -> Response:
    """Delete jobs of the queue that ended long ago; a dry run only counts."""
    state: Any = f"JOB_STATE_{body.state.upper()}"
    request = jobs_pb2.CleanQueueRequest(
        queue=name, state=state, older_than_ms=body.older_than_seconds * 1000, limit=body.limit, dry_run=body.dry_run
    )
    return _count(control, trail, who, "CleanQueue", request, service=body.service, reason=body.reason)


def _set(control: Control, trail: AuditTrail, who: Principal, method: str, request: Any, body: QueueBody) -> Response:
    before = control.queue(request.queue, service=body.service or "")
    with trail.action(
        who, method, service=before.service, target=before.name, before=settings_json(before), reason=body.reason
    ) as action:
        after = settings_json(control.call(before.service, method, request).queue)
        action.after = after
    return json_answer(after)


def _count(
    control: Control, trail: AuditTrail, who: Principal, method: str, request: Any, *, service: str | None, reason: str
) -> Response:
    before = control.queue(request.queue, service=service or "")
    if request.dry_run:
        return _counted(control.call(before.service, method, request), is_dry=True)
    counts = {"queued": before.queued, "scheduled": before.scheduled, "retrying": before.retrying}
    with trail.action(who, method, service=before.service, target=before.name, before=counts, reason=reason) as action:
        answer = control.call(before.service, method, request)
        action.after = {"jobs": answer.jobs, "has_more": answer.has_more}
    return _counted(answer, is_dry=False)


def _counted(answer: Any, *, is_dry: bool) -> Response:
    return json_answer({"jobs": answer.jobs, "has_more": answer.has_more, "dry_run": is_dry})
