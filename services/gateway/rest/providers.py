"""Owns /api/v1/circuits and /api/v1/budgets: what is kept of outside providers, and what people do to it.

It must never count or decide anything itself; each act leaves an audit row.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import providers_pb2
from services.gateway.auth.audit import AuditTrail
from services.gateway.auth.gate import may_administer, may_operate, may_view
from services.gateway.clients.providers import Providers
from services.gateway.domain import instants
from services.gateway.domain.roles import Principal
from services.gateway.rest.answers import instant, json_answer, list_answer, number
from services.gateway.rest.body import StrictBody, documented, optional, typed
from services.gateway.rest.job_actions import Admin, Operator, Reason, TrailHere
from services.gateway.rest.query import Name, no_query

routes = APIRouter(prefix="/api/v1", tags=["providers"])
Service = Annotated[Name | None, Field(description="One service alone; by default all that share it.")]


class CircuitBody(StrictBody):
    """Through which service, and why."""

    service: Service = None
    reason: Reason = ""


class OpenBody(CircuitBody):
    """Until when."""

    until: str | None = Field(None, max_length=64, description="When it ends by itself, RFC 3339 with zone.")


class BudgetBody(StrictBody):
    """What shall be different of a budget; the fields left out stay."""

    service: Service = None
    reason: Reason = ""
    points: int | None = Field(None, ge=1, le=10**12, description="Points a window has.")
    soft: float | None = Field(None, gt=0, le=1, description="Share of them at which a warning is given.")


class CircuitAnswer(BaseModel):
    """How a circuit stands, as one service tells it."""

    name: str
    service: str
    state: str = Field(description="closed, open or half_open (probes only).")
    forced: bool = Field(description="A person opened it.")
    forced_until: str | None
    reason: str
    since: str | None
    probes_at: str | None = Field(description="When probes may go.")
    openings: int = Field(description="Times it opened in a row without a good probe.")
    probes: int


class BudgetAnswer(BaseModel):
    """How a budget stands, as one service tells it."""

    name: str
    service: str
    points: int
    soft_points: int
    window_ms: int
    spent: int
    turns_at: str | None
    per_hour: float
    exhausted_at: str | None = Field(description="At the present pace; null when it lasts.")


class CircuitList(BaseModel):
    """Circuits by name and service."""

    items: list[CircuitAnswer]
    next_cursor: None
    unavailable: list[str]


class BudgetList(BaseModel):
    """Budgets by name and service."""

    items: list[BudgetAnswer]
    next_cursor: None
    unavailable: list[str]


def _providers(request: Request) -> Providers:
    providers: Providers = request.app.state.providers
    return providers


ProvidersHere = Annotated[Providers, Depends(_providers)]
_VIEW = [Depends(may_view), Depends(no_query)]
_OPERATE = [Depends(may_operate), Depends(no_query)]
_ADMINISTER = [Depends(may_administer), Depends(no_query)]


@routes.get("/circuits", dependencies=_VIEW, response_model=CircuitList)
def list_circuits(providers: ProvidersHere) -> Response:
    """List the circuits of every service as they stand now."""
    found, silent = providers.circuits()
    return list_answer([_circuit(each) for each in found], next_cursor=None, unavailable=silent)


@routes.post(
    "/circuits/{name}/open",
    dependencies=_OPERATE,
    response_model=CircuitList,
    openapi_extra=documented(OpenBody, is_needed=False),
)
def open_circuit(
    who: Operator,
    providers: ProvidersHere,
    trail: TrailHere,
    name: Name,
    body: Annotated[OpenBody, Depends(optional(OpenBody))],
) -> Response:
    """Let nobody call behind a circuit, for good or until a time; jobs wait. Answered once it holds."""
    until = instants.parse(body.until, "until") if body.until is not None else None
    request = providers_pb2.OpenCircuitRequest(name=name, until=until, reason=body.reason)
    return _steer(providers, trail, who, "OpenCircuit", request, body)


@routes.post(
    "/circuits/{name}/close",
    dependencies=_OPERATE,
    response_model=CircuitList,
    openapi_extra=documented(CircuitBody, is_needed=False),
)
def close_circuit(
    who: Operator,
    providers: ProvidersHere,
    trail: TrailHere,
    name: Name,
    body: Annotated[CircuitBody, Depends(optional(CircuitBody))],
) -> Response:
    """Let everybody call again now; from then on failures decide. Answered once it holds."""
    request = providers_pb2.CloseCircuitRequest(name=name, reason=body.reason)
    return _steer(providers, trail, who, "CloseCircuit", request, body)


@routes.get("/budgets", dependencies=_VIEW, response_model=BudgetList)
def list_budgets(providers: ProvidersHere) -> Response:
    """List the budgets of every service, with what is spent and when it will be gone."""
    found, silent = providers.budgets()
    return list_answer([_budget(each) for each in found], next_cursor=None, unavailable=silent)


@routes.patch(
    "/budgets/{name}", dependencies=_ADMINISTER, response_model=BudgetList, openapi_extra=documented(BudgetBody)
)
def change_budget(
    who: Admin,
    providers: ProvidersHere,
    trail: TrailHere,
    name: Name,
    body: Annotated[BudgetBody, Depends(typed(BudgetBody))],
) -> Response:
    """Change a budget for all services that share it. Answered once it holds."""
    request = providers_pb2.UpdateBudgetRequest(name=name, points=body.points, soft=body.soft)
    shown = []
    for before in providers.budget(name, service=body.service or ""):
        with trail.action(
            who, "UpdateBudget", service=before.service, target=name, before=_budget(before), reason=body.reason
        ) as action:
            action.after = _budget(providers.call(before.service, "UpdateBudget", request).budget)
        shown.append(action.after)
    return json_answer({"items": shown, "next_cursor": None, "unavailable": []})


def _steer(
    providers: Providers, trail: AuditTrail, who: Principal, method: str, request: Any, body: CircuitBody
) -> Response:
    shown = []
    for before in providers.circuit(request.name, service=body.service or ""):
        with trail.action(
            who, method, service=before.service, target=before.name, before=_circuit(before), reason=body.reason
        ) as action:
            action.after = _circuit(providers.call(before.service, method, request).circuit)
        shown.append(action.after)
    return json_answer({"items": shown, "next_cursor": None, "unavailable": []})


def _circuit(one: Any) -> dict[str, Any]:
    return {
        "name": one.name, "service": one.service, "state": one.state, "forced": one.forced,
        "forced_until": instant(one, "forced_until"), "reason": one.reason, "since": instant(one, "since"),
        "probes_at": instant(one, "probes_at"), "openings": one.openings, "probes": one.probes,
    }  # fmt: skip


def _budget(one: Any) -> dict[str, Any]:
    return {
        "name": one.name, "service": one.service, "points": one.points, "soft_points": one.soft_points,
        "window_ms": one.window_ms, "spent": one.spent, "turns_at": instant(one, "turns_at"),
        "per_hour": number(one.per_hour), "exhausted_at": instant(one, "exhausted_at"),
    }  # fmt: skip
