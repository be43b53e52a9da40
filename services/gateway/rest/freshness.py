"""Owns /api/v1/freshness: how old data is, how old it may be, and when it was too old. It must never count itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import freshness_pb2 as pb
from services.gateway.auth.gate import may_operate, may_view
from services.gateway.clients.freshness import Freshness
from services.gateway.rest.answers import instant, json_answer, list_answer, number
from services.gateway.rest.body import StrictBody, documented, typed
from services.gateway.rest.job_actions import Admin, Reason, TrailHere
from services.gateway.rest.query import MAX_NAME_CHARACTERS, KnownQuery, Name, PageQuery, check_query, no_query
from services.gateway.rest.schemas import TIME

routes = APIRouter(prefix="/api/v1/freshness", tags=["freshness"])
MAX_ENTITY = 200
OLDEST_MS = 366 * 86_400_000
_SERVICE = Field("", max_length=MAX_NAME_CHARACTERS, description="Needed when several services have such a goal.")
_GOAL = Annotated[Name, Path(description="Name of the goal.")]


class GoalsQuery(KnownQuery):
    """Whose goals."""

    service: str = Field("", max_length=MAX_NAME_CHARACTERS)


class EntitiesQuery(PageQuery):
    """Which entities of a goal."""

    service: str = _SERVICE
    breached: bool = Field(False, description="Only those whose data is too old.")
    order: str = Field("entity", pattern="^(entity|overrun)$", description="overrun: the most overdue first, one page.")


class BreachesQuery(PageQuery):
    """Whose breaches."""

    service: str = _SERVICE
    entity: str = Field("", max_length=MAX_ENTITY)


class GoalBody(StrictBody):
    """What shall be different of a goal; the fields left out stay."""

    service: str = _SERVICE
    reason: Reason = ""
    max_age_ms: int | None = Field(None, ge=1_000, le=OLDEST_MS)
    hot_ms: int | None = Field(None, ge=0, le=OLDEST_MS, description="0: no such tier.")
    cold_ms: int | None = Field(None, ge=0, le=OLDEST_MS, description="0: no such tier.")
    paused: bool | None = None


class TouchBody(StrictBody):
    """What somebody looks at."""

    service: str = _SERVICE
    entities: list[Annotated[str, Field(min_length=1, max_length=MAX_ENTITY)]] = Field(min_length=1, max_length=1_000)


class GoalAnswer(BaseModel):
    """A goal, with what was counted a moment ago."""

    name: str
    service: str
    job: str
    max_age_ms: int
    hot_ms: int | None
    cold_ms: int | None
    hot_for_ms: int
    cold_after_ms: int
    lead: float
    batch: int
    budget: str
    paused: bool
    last_error: str
    entities: int
    breached: int
    jobs_per_minute: float = Field(description="What its ages ask for.")


class EntityAnswer(BaseModel):
    """How old the data of one entity is."""

    name: str
    goal: str
    service: str
    tier: str
    age_ms: int
    max_age_ms: int
    ratio: float | None = Field(description="Above 1 it is too old.")
    data_at: str | None = Field(description=TIME)
    touched_at: str | None
    asked_at: str | None
    next_due_at: str | None
    job_id: str | None
    failures: int
    breaches: int
    breach_since: str | None
    cause: str
    reason: str


class BreachAnswer(BaseModel):
    """A time in which data was too old."""

    entity: str
    goal: str
    since: str
    ended_at: str | None
    worst: float | None = Field(description="Greatest age as a multiple of the one allowed.")
    cause: str
    reason: str


class GoalList(BaseModel):
    """Goals by name and service."""

    items: list[GoalAnswer]
    next_cursor: None
    unavailable: list[str]


class EntityPage(BaseModel):
    """Entities, in the order asked for."""

    items: list[EntityAnswer]
    next_cursor: str | None


class BreachPage(BaseModel):
    """Breaches by entity and start."""

    items: list[BreachAnswer]
    next_cursor: str | None


class Noted(BaseModel):
    """How many were noted."""

    noted: int


def _freshness(request: Request) -> Freshness:
    freshness: Freshness = request.app.state.freshness
    return freshness


FreshnessHere = Annotated[Freshness, Depends(_freshness)]
_VIEW = [Depends(may_view), Depends(check_query)]


@routes.get("/goals", dependencies=_VIEW, response_model=GoalList)
def list_goals(freshness: FreshnessHere, query: Annotated[GoalsQuery, Query()]) -> Response:
    """List the goals of every service: how old data may be, and how much of it is too old."""
    found, silent = freshness.goals(query.service)
    return list_answer([_goal(each) for each in found], next_cursor=None, unavailable=silent)


@routes.patch(
    "/goals/{name}", dependencies=[Depends(no_query)], response_model=GoalAnswer, openapi_extra=documented(GoalBody)
)
def change_goal(
    who: Admin,
    freshness: FreshnessHere,
    trail: TrailHere,
    name: _GOAL,
    body: Annotated[GoalBody, Depends(typed(GoalBody))],
) -> Response:
    """Change the ages of a goal, or pause it. Answered once it holds."""
    before = freshness.goal(name, service=body.service)
    request = pb.UpdateGoalRequest(
        name=name, max_age_ms=body.max_age_ms, hot_ms=body.hot_ms, cold_ms=body.cold_ms, paused=body.paused
    )
    with trail.action(
        who, "UpdateGoal", service=before.service, target=name, before=_goal(before), reason=body.reason
    ) as action:
        action.after = _goal(freshness.call(before.service, "UpdateGoal", request).goal)
    return json_answer(action.after)


@routes.get("/goals/{name}/entities", dependencies=_VIEW, response_model=EntityPage)
def list_entities(freshness: FreshnessHere, name: _GOAL, query: Annotated[EntitiesQuery, Query()]) -> Response:
    """List the entities of a goal with the age of their data."""
    goal = freshness.goal(name, service=query.service)
    request = pb.ListEntitiesRequest(
        goal=name, breached=query.breached, order=query.order, page_size=query.limit, page_token=query.cursor
    )
    page = freshness.call(goal.service, "ListEntities", request)
    return list_answer([_entity(each) for each in page.entities], next_cursor=page.next_page_token)


@routes.get("/goals/{name}/breaches", dependencies=_VIEW, response_model=BreachPage)
def list_breaches(freshness: FreshnessHere, name: _GOAL, query: Annotated[BreachesQuery, Query()]) -> Response:
    """List the times in which data was too old, of one entity or all; kept for 30 days."""
    goal = freshness.goal(name, service=query.service)
    request = pb.ListBreachesRequest(goal=name, entity=query.entity, page_size=query.limit, page_token=query.cursor)
    page = freshness.call(goal.service, "ListBreaches", request)
    return list_answer([_breach(each) for each in page.breaches], next_cursor=page.next_page_token)


@routes.post(
    "/goals/{name}/touch",
    dependencies=[Depends(may_operate), Depends(no_query)],
    response_model=Noted,
    openapi_extra=documented(TouchBody),
)
def touch_entities(
    freshness: FreshnessHere, name: _GOAL, body: Annotated[TouchBody, Depends(typed(TouchBody))]
) -> Response:
    """Note that somebody looks at entities, which may make them hot."""
    goal = freshness.goal(name, service=body.service)
    request = pb.TouchEntitiesRequest(goal=name, entities=body.entities)
    return json_answer({"noted": freshness.call(goal.service, "TouchEntities", request).noted})


def _goal(one: Any) -> dict[str, Any]:
    return {
        "name": one.name, "service": one.service, "job": one.job, "max_age_ms": one.max_age_ms,
        "hot_ms": one.hot_ms if one.HasField("hot_ms") else None,
        "cold_ms": one.cold_ms if one.HasField("cold_ms") else None,
        "hot_for_ms": one.hot_for_ms, "cold_after_ms": one.cold_after_ms, "lead": one.lead, "batch": one.batch,
        "budget": one.budget, "paused": one.paused, "last_error": one.last_error, "entities": one.entities,
        "breached": one.breached, "jobs_per_minute": number(one.jobs_per_minute),
    }  # fmt: skip


def _entity(one: Any) -> dict[str, Any]:
    return {
        "name": one.name, "goal": one.goal, "service": one.service, "tier": one.tier, "age_ms": one.age_ms,
        "max_age_ms": one.max_age_ms, "ratio": number(one.ratio), "data_at": instant(one, "data_at"),
        "touched_at": instant(one, "touched_at"), "asked_at": instant(one, "asked_at"),
        "next_due_at": instant(one, "next_due_at"), "job_id": one.job_id or None, "failures": one.failures,
        "breaches": one.breaches, "breach_since": instant(one, "breach_since"), "cause": one.cause,
        "reason": one.reason,
    }  # fmt: skip


def _breach(one: Any) -> dict[str, Any]:
    return {
        "entity": one.entity, "goal": one.goal, "since": instant(one, "since"), "ended_at": instant(one, "ended_at"),
        "worst": number(one.worst) if one.HasField("worst") else None, "cause": one.cause, "reason": one.reason,
    }  # fmt: skip
