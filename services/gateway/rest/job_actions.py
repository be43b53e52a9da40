"""Owns what people do to one job over HTTP: cancel, retry, change, remove; each leaves an audit row.

It must never decide what a state allows.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field
from starlette.responses import Response

from protos.jobs.v1 import jobs_pb2
from services.gateway.auth.audit import AuditTrail
from services.gateway.auth.gate import may_administer, may_operate
from services.gateway.clients.control import Control
from services.gateway.clients.jobs import STATE_WORDS
from services.gateway.domain import instants
from services.gateway.domain.roles import Principal
from services.gateway.rest.answers import instant, json_answer
from services.gateway.rest.body import StrictBody, documented, optional, typed
from services.gateway.rest.jobs import canonical_id, job_json
from services.gateway.rest.query import Name, no_query
from services.gateway.rest.schemas import JobAnswer

routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
MAX_REASON_CHARACTERS = 500
Reason = Annotated[str, Field(max_length=MAX_REASON_CHARACTERS, description="Kept in the audit log.")]


class ReasonBody(StrictBody):
    """Why."""

    reason: Reason = ""


class JobChange(StrictBody):
    """What shall be different of a waiting job; the fields left out stay."""

    priority: int | None = Field(None, ge=1, le=5, description="1 critical to 5 batch.")
    queue: Name | None = Field(None, description="Another queue of the same service.")
    scheduled_for: str | None = Field(None, max_length=64, description="Earliest start, RFC 3339 with zone.")
    run_now: bool = Field(False, description="Due at once; excludes scheduled_for.")
    reason: Reason = ""


def control_of(request: Request) -> Control:
    """What the app was composed with."""
    control: Control = request.app.state.control
    return control


def trail_of(request: Request) -> AuditTrail:
    """What the app was composed with."""
    trail: AuditTrail = request.app.state.audit
    return trail


ControlHere = Annotated[Control, Depends(control_of)]
TrailHere = Annotated[AuditTrail, Depends(trail_of)]
Operator = Annotated[Principal, Depends(may_operate)]
Admin = Annotated[Principal, Depends(may_administer)]
JobId = Annotated[str, Path(alias="id", description="UUID.")]
OptionalReason = Annotated[ReasonBody, Depends(optional(ReasonBody))]
_OPERATE = [Depends(may_operate), Depends(no_query)]
_ACTING: dict[str, Any] = {
    "dependencies": _OPERATE,
    "response_model": JobAnswer,
    "openapi_extra": documented(ReasonBody, is_needed=False),
}


@routes.post("/{id}/cancel", **_ACTING)
def cancel_job(who: Operator, control: ControlHere, trail: TrailHere, job_id: JobId, body: OptionalReason) -> Response:
    """Cancel a job for good; a running one is interrupted within a second. 409 when it has ended otherwise."""
    request = jobs_pb2.CancelJobRequest(id=canonical_id(job_id), reason=body.reason)
    return _act(control, trail, who, "CancelJob", request, reason=body.reason)


@routes.post("/{id}/retry", **_ACTING)
def retry_job(who: Operator, control: ControlHere, trail: TrailHere, job_id: JobId, body: OptionalReason) -> Response:
    """Run a finished job again with all its attempts. 409 while it is live."""
    request = jobs_pb2.RequeueJobRequest(id=canonical_id(job_id))
    return _act(control, trail, who, "RequeueJob", request, reason=body.reason)


@routes.patch("/{id}", dependencies=_OPERATE, response_model=JobAnswer, openapi_extra=documented(JobChange))
def change_job(
    who: Operator,
    control: ControlHere,
    trail: TrailHere,
    job_id: JobId,
    body: Annotated[JobChange, Depends(typed(JobChange))],
) -> Response:
    """Change a waiting job's priority, queue or time; answered once it holds. 409 when it runs or has ended."""
    at = instants.parse(body.scheduled_for, "scheduled_for") if body.scheduled_for is not None else None
    request = jobs_pb2.UpdateJobRequest(
        id=canonical_id(job_id), priority=body.priority or 0, queue=body.queue or "", scheduled_for=at,
        run_now=body.run_now,
    )  # fmt: skip
    return _act(control, trail, who, "UpdateJob", request, reason=body.reason)


@routes.delete("/{id}", status_code=204, dependencies=[Depends(may_administer), Depends(no_query)])
def remove_job(who: Admin, control: ControlHere, trail: TrailHere, job_id: JobId) -> Response:
    """Delete a finished job with its history. 409 while it is live: cancel it first."""
    request = jobs_pb2.DeleteJobRequest(id=canonical_id(job_id))
    before = control.job(request.id)
    with trail.action(who, "DeleteJob", service=before.service, target=before.id, before=_kept(before)) as action:
        control.call(before.service, "DeleteJob", request)
        action.after = {}
    return Response(status_code=204)


def _act(control: Control, trail: AuditTrail, who: Principal, method: str, request: Any, *, reason: str) -> Response:
    before = control.job(request.id)
    with trail.action(
        who, method, service=before.service, target=before.id, before=_kept(before), reason=reason
    ) as action:
        job = control.call(before.service, method, request).job
        action.after = _kept(job)
    return json_answer(job_json(job))


def _kept(job: jobs_pb2.Job) -> dict[str, Any]:
    """What the audit log keeps of a job: what a verb can change, never its arguments."""
    return {
        "name": job.name, "queue": job.queue, "state": STATE_WORDS[job.state], "priority": job.priority,
        "generation": job.generation, "attempts_made": job.attempts_made,
        "scheduled_for": instant(job, "scheduled_for"),
    }  # fmt: skip
