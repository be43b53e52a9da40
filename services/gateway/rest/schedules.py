"""Owns /api/v1/schedules: it turns HTTP into calls and back. It must never decide anything about a schedule."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from protos.jobs.v1 import schedules_pb2 as pb
from services.gateway.auth.audit import AuditTrail
from services.gateway.auth.gate import may_administer, may_operate, may_view
from services.gateway.clients.schedules import Schedules
from services.gateway.domain import instants
from services.gateway.domain.roles import Principal
from services.gateway.rest.answers import json_answer, list_answer
from services.gateway.rest.body import Document, documented, optional, read_document, typed
from services.gateway.rest.job_actions import Admin, Operator, TrailHere
from services.gateway.rest.query import MAX_NAME_CHARACTERS, KnownQuery, PageQuery, check_query, no_query
from services.gateway.rest.schedule_bodies import (
    BackfillAnswer,
    BackfillBody,
    CreateBody,
    PreviewAnswer,
    PreviewBody,
    ScheduleAnswer,
    ScheduleList,
    TickList,
    TriggeredAnswer,
    UpdateBody,
    VerbBody,
    mask_of,
    rendered,
    schedule_json,
    spec_message,
    tick_json,
)

routes = APIRouter(prefix="/api/v1/schedules", tags=["schedules"])


class ScheduleQuery(KnownQuery):
    """Of which service."""

    service: str = Field("", max_length=MAX_NAME_CHARACTERS)


class OneQuery(ScheduleQuery):
    """How many of its next runs."""

    next_runs: int = Field(5, ge=0, le=100)


class ListQuery(PageQuery):
    """Which schedules, and which page of them."""

    service: str = Field("", max_length=MAX_NAME_CHARACTERS)
    job: str = Field("", max_length=MAX_NAME_CHARACTERS)


class TicksQuery(PageQuery):
    """Of which service, and which page."""

    service: str = Field("", max_length=MAX_NAME_CHARACTERS)


def _schedules(request: Request) -> Schedules:
    schedules: Schedules = request.app.state.schedules
    return schedules


Here = Annotated[Schedules, Depends(_schedules)]
ScheduleName = Annotated[str, Path(alias="name", max_length=200)]
OptionalVerb = Annotated[VerbBody, Depends(optional(VerbBody))]
_VIEW = [Depends(may_view), Depends(check_query)]
_OPERATE = [Depends(may_operate), Depends(no_query)]
_VERB: dict[str, Any] = {
    "dependencies": _OPERATE,
    "openapi_extra": documented(VerbBody, is_needed=False),
}


@routes.get("", dependencies=_VIEW, response_model=ScheduleList)
def list_schedules(schedules: Here, query: Annotated[ListQuery, Query()]) -> Response:
    """List the schedules of all services, by service and name."""
    page = schedules.list(service=query.service, job=query.job, limit=query.limit, cursor=query.cursor)
    shown = [schedule_json(schedule) for schedule in page.schedules]
    return list_answer(shown, next_cursor=page.cursor, unavailable=list(page.unavailable))


@routes.post(
    "", status_code=201, dependencies=_OPERATE, response_model=ScheduleAnswer, openapi_extra=documented(CreateBody)
)
def create_schedule(
    who: Operator,
    schedules: Here,
    trail: TrailHere,
    document: Annotated[Document, Depends(read_document)],
    body: Annotated[CreateBody, Depends(typed(CreateBody))],
) -> Response:
    """Make a schedule. 409 when its service has one of this name."""
    service = schedules.owner(body.job, service=body.service or "")
    request = pb.CreateScheduleRequest(schedule=spec_message(body, document, name=body.name))
    with trail.action(who, "CreateSchedule", service=service, target=body.name, before={}) as action:
        shown = schedule_json(schedules.call(service, "CreateSchedule", request).schedule)
        action.after = kept(shown)
    return json_answer(shown, status=201, headers={"Location": f"{routes.prefix}/{body.name}"})


@routes.post(
    "/preview",
    dependencies=[Depends(may_operate), Depends(no_query)],
    response_model=PreviewAnswer,
    openapi_extra=documented(PreviewBody),
)
def preview_schedule(
    schedules: Here,
    document: Annotated[Document, Depends(read_document)],
    body: Annotated[PreviewBody, Depends(typed(PreviewBody))],
) -> Response:
    """Check a schedule that need not exist: its rhythm in words and its next runs. 422 names what is wrong."""
    after = instants.parse(body.after, "after") if body.after is not None else None
    request = pb.PreviewScheduleRequest(schedule=spec_message(body, document), next_runs=body.next_runs, after=after)
    answer = schedules.preview(request, service=body.service or "")
    return json_answer({"description": answer.description, "next_runs": rendered(answer.next_runs)})


@routes.get("/{name}", dependencies=_VIEW, response_model=ScheduleAnswer)
def get_schedule(schedules: Here, name: ScheduleName, query: Annotated[OneQuery, Query()]) -> Response:
    """Read one schedule with its next runs."""
    return json_answer(schedule_json(schedules.find(name, service=query.service, next_runs=query.next_runs)))


@routes.get("/{name}/history", dependencies=_VIEW, response_model=TickList)
def list_ticks(schedules: Here, name: ScheduleName, query: Annotated[TicksQuery, Query()]) -> Response:
    """List what came of each run, expected against actual, newest first; kept for 7 days."""
    service = schedules.find(name, service=query.service).service
    request = pb.ListTicksRequest(name=name, page_size=query.limit, page_token=query.cursor)
    answer = schedules.call(service, "ListTicks", request)
    return list_answer([tick_json(tick) for tick in answer.ticks], next_cursor=answer.next_page_token)


@routes.patch("/{name}", dependencies=_OPERATE, response_model=ScheduleAnswer, openapi_extra=documented(UpdateBody))
def change_schedule(
    who: Operator,
    schedules: Here,
    trail: TrailHere,
    name: ScheduleName,
    document: Annotated[Document, Depends(read_document)],
    body: Annotated[UpdateBody, Depends(typed(UpdateBody))],
) -> Response:
    """Change a schedule; boot does not overwrite it any more. A changed rhythm starts anew from now."""
    request = pb.UpdateScheduleRequest(name=name, schedule=spec_message(body, document), reset=body.reset)
    request.update_mask.paths.extend(mask_of(body))
    return _act(schedules, trail, who, "UpdateSchedule", request, body)


@routes.delete("/{name}", status_code=204, dependencies=[Depends(may_administer), Depends(check_query)])
def delete_schedule(
    who: Admin, schedules: Here, trail: TrailHere, name: ScheduleName, query: Annotated[ScheduleQuery, Query()]
) -> Response:
    """Delete a schedule. 409 for one that code declares: stop it instead."""
    before = schedules.find(name, service=query.service)
    with trail.action(
        who, "DeleteSchedule", service=before.service, target=name, before=kept(schedule_json(before))
    ) as action:
        schedules.call(before.service, "DeleteSchedule", pb.DeleteScheduleRequest(name=name))
        action.after = {}
    return Response(status_code=204)


@routes.post("/{name}/start", response_model=ScheduleAnswer, **_VERB)
def start_schedule(
    who: Operator, schedules: Here, trail: TrailHere, name: ScheduleName, body: OptionalVerb
) -> Response:
    """Let a stopped schedule fire again from now on."""
    return _act(schedules, trail, who, "StartSchedule", pb.StartScheduleRequest(name=name), body)


@routes.post("/{name}/stop", response_model=ScheduleAnswer, **_VERB)
def stop_schedule(who: Operator, schedules: Here, trail: TrailHere, name: ScheduleName, body: OptionalVerb) -> Response:
    """Let a schedule fire no more until it is started."""
    return _act(schedules, trail, who, "StopSchedule", pb.StopScheduleRequest(name=name, reason=body.reason), body)


@routes.post("/{name}/trigger", status_code=202, response_model=TriggeredAnswer, **_VERB)
def trigger_schedule(
    who: Operator, schedules: Here, trail: TrailHere, name: ScheduleName, body: OptionalVerb
) -> Response:
    """Submit a schedule's job now, whatever its state is."""

    def shown(answer: Any, service: str) -> dict[str, Any]:
        return {"job_id": answer.job_id, "queue": answer.queue, "service": service}

    request = pb.TriggerScheduleRequest(name=name)
    return _act(schedules, trail, who, "TriggerSchedule", request, body, shown=shown, status=202)


@routes.post(
    "/{name}/backfill",
    status_code=202,
    dependencies=_OPERATE,
    response_model=BackfillAnswer,
    openapi_extra=documented(BackfillBody),
)
def backfill_schedule(
    who: Operator,
    schedules: Here,
    trail: TrailHere,
    name: ScheduleName,
    body: Annotated[BackfillBody, Depends(typed(BackfillBody))],
) -> Response:
    """Run what should have run in a past time and has no job; at most 1,000 runs."""

    def shown(answer: Any, _service: str) -> dict[str, Any]:
        return {name: getattr(answer, name) for name in ("fired", "buffered", "known", "coalesced")}

    start, end = instants.parse(body.start, "start"), instants.parse(body.end, "end")
    request = pb.BackfillScheduleRequest(name=name, start=start, end=end, in_turn=body.in_turn)
    return _act(schedules, trail, who, "BackfillSchedule", request, body, shown=shown, status=202)


def _schedule_of(answer: Any, _service: str) -> dict[str, Any]:
    return schedule_json(answer.schedule)


def _act(
    schedules: Schedules,
    trail: AuditTrail,
    who: Principal,
    method: str,
    request: Any,
    body: VerbBody | UpdateBody,
    *,
    shown: Callable[[Any, str], dict[str, Any]] = _schedule_of,
    status: int = 200,
) -> Response:
    before = schedules.find(request.name, service=body.service or "")
    kept_before = kept(schedule_json(before))
    with trail.action(
        who, method, service=before.service, target=request.name, before=kept_before, reason=body.reason
    ) as action:
        content = shown(schedules.call(before.service, method, request), before.service)
        action.after = kept(content)
    return json_answer(content, status=status)


def kept(schedule: dict[str, Any]) -> dict[str, Any]:
    """What the audit log keeps of an answer: not the arguments, which may be large and private."""
    return {name: value for name, value in schedule.items() if name not in ("args", "next_runs")}
