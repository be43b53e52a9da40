"""Owns what may start of one service, over HTTP: gates of jobs and groups, shared limiters; each change is audited.

It must never decide what may be set.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import gates_pb2
from services.gateway.auth.audit import AuditTrail
from services.gateway.auth.gate import may_operate, may_view
from services.gateway.clients.steering import Steering
from services.gateway.domain import instants
from services.gateway.domain.roles import Principal
from services.gateway.rest.answers import instant, json_answer, list_answer
from services.gateway.rest.body import StrictBody, documented, typed
from services.gateway.rest.job_actions import Operator, Reason, TrailHere
from services.gateway.rest.query import MAX_NAME_CHARACTERS, KnownQuery, Name, PageQuery, check_query, no_query
from services.gateway.rest.why import SteeringHere

routes = APIRouter(prefix="/api/v1/services/{service}", tags=["gates"])
DAY_MS = 86_400_000
KindWord = Literal["job", "group"]
Service = Annotated[str, Path(description="Display name, for example market-data.")]
Key = Annotated[str, Path(description="The group's key, for example a tenant; slashes may stand as they are.")]
_KINDS: dict[str, Any] = {"job": gates_pb2.GATE_KIND_JOB, "group": gates_pb2.GATE_KIND_GROUP}
_WORDS = {number: word for word, number in _KINDS.items()}


class PauseFields(StrictBody):
    """A pause, and why."""

    paused: bool | None = Field(None, description="True pauses, false resumes.")
    until: str | None = Field(None, max_length=64, description="End of the pause, RFC 3339 with zone; none by default.")
    reset: bool = Field(False, description="Limits back to what code declares.")
    reason: Reason = ""


class GateBody(PauseFields):
    """What shall be different of a gate; the fields left out stay."""

    max_running: int | None = Field(None, ge=0, le=100_000, description="Over all processes; null takes it away.")


class JobGateBody(GateBody):
    """As a gate; a job's own queue unless another is named."""

    queue: Name | None = None


class LimiterBody(PauseFields):
    """What shall be different of a limiter, for all services that share it; the fields left out stay."""

    points: int | None = Field(None, ge=1, le=1_000_000, description="Budget in any window.")
    window_ms: int | None = Field(None, ge=100, le=DAY_MS)


class GatesQuery(PageQuery):
    """Which gates, and which page of them."""

    queue: str = Field("", max_length=MAX_NAME_CHARACTERS)
    kind: KindWord | None = None


class QueueQuery(KnownQuery):
    """Which queue's gate of a job is meant."""

    queue: str = Field("", max_length=MAX_NAME_CHARACTERS, description="The job's own by default.")


class GateAnswer(BaseModel):
    """A gate as it holds now."""

    service: str
    queue: str
    kind: KindWord
    name: str
    paused: bool
    paused_until: str | None
    max_running: int | None
    limiter: str | None
    cost: int
    running: int | None = Field(description="Its running jobs; null while nothing in the queue needs them counted.")
    parked: int = Field(description="Its jobs that stand at it; those no claim has looked at yet are not among them.")


class GateList(BaseModel):
    """Gates that were ever set, by queue, kind and name."""

    items: list[GateAnswer]
    next_cursor: str | None


class LimiterAnswer(BaseModel):
    """A limiter as one service states it, and as it holds over all."""

    service: str
    name: str
    points: int
    window_ms: int
    effective_points: int | None = Field(description="An operator's last edit, else the strictest declaration.")
    effective_window_ms: int | None
    edited: bool
    paused: bool
    paused_until: str | None
    closed_until: str | None = Field(description="Until when a provider asked for a pause.")
    free_points: int
    opens_at: str | None = Field(description="When the next point may be had; null when one can be now.")
    jobs: list[str]


class LimiterList(BaseModel):
    """The limiters that a service declares, by name."""

    items: list[LimiterAnswer]
    next_cursor: None


_VIEW = [Depends(may_view), Depends(no_query)]
_OPERATE = [Depends(may_operate), Depends(no_query)]


@routes.get("/gates", dependencies=[Depends(may_view), Depends(check_query)], response_model=GateList)
def list_gates(steering: SteeringHere, service: Service, query: Annotated[GatesQuery, Query()]) -> Response:
    """List the gates of jobs and groups that were ever set."""
    request = gates_pb2.ListGatesRequest(
        queue=query.queue, kind=_KINDS[query.kind] if query.kind else gates_pb2.GATE_KIND_UNSPECIFIED,
        page_size=query.limit, page_token=query.cursor,
    )  # fmt: skip
    page = steering.gates(service, "ListGates", request)
    return list_answer([_gate(gate) for gate in page.gates], next_cursor=page.next_page_token)


@routes.get("/gates/jobs/{name}", dependencies=[Depends(may_view), Depends(check_query)], response_model=GateAnswer)
def get_job_gate(
    steering: SteeringHere, service: Service, name: Name, query: Annotated[QueueQuery, Query()]
) -> Response:
    """Read the gate of a job name."""
    request = gates_pb2.GetGateRequest(queue=query.queue, kind=_KINDS["job"], name=name)
    return json_answer(_gate(steering.gates(service, "GetGate", request).gate))


@routes.patch(
    "/gates/jobs/{name}", dependencies=_OPERATE, response_model=GateAnswer, openapi_extra=documented(JobGateBody)
)
def change_job_gate(
    who: Operator,
    steering: SteeringHere,
    trail: TrailHere,
    service: Service,
    name: Name,
    body: Annotated[JobGateBody, Depends(typed(JobGateBody))],
) -> Response:
    """Pause, resume or limit a job name for all processes; answered once it holds."""
    gate = {"queue": body.queue or "", "kind": _KINDS["job"], "name": name}
    return _change_gate(steering, trail, who, service, gate, body)


@routes.get("/gates/groups/{queue}/{key:path}", dependencies=_VIEW, response_model=GateAnswer)
def get_group_gate(steering: SteeringHere, service: Service, queue: Name, key: Key) -> Response:
    """Read the gate of a group."""
    request = gates_pb2.GetGateRequest(queue=queue, kind=_KINDS["group"], name=key)
    return json_answer(_gate(steering.gates(service, "GetGate", request).gate))


@routes.patch(
    "/gates/groups/{queue}/{key:path}",
    dependencies=_OPERATE,
    response_model=GateAnswer,
    openapi_extra=documented(GateBody),
)
def change_group_gate(
    who: Operator,
    steering: SteeringHere,
    trail: TrailHere,
    service: Service,
    queue: Name,
    key: Key,
    body: Annotated[GateBody, Depends(typed(GateBody))],
) -> Response:
    """Pause, resume or limit a group for all processes; answered once it holds."""
    gate = {"queue": queue, "kind": _KINDS["group"], "name": key}
    return _change_gate(steering, trail, who, service, gate, body)


@routes.get("/limiters", dependencies=_VIEW, response_model=LimiterList)
def list_limiters(steering: SteeringHere, service: Service) -> Response:
    """List the limiters that a service declares."""
    found = steering.gates(service, "ListLimiters", gates_pb2.ListLimitersRequest()).limiters
    return list_answer([_limiter(limiter) for limiter in found], next_cursor=None)


@routes.get("/limiters/{name}", dependencies=_VIEW, response_model=LimiterAnswer)
def get_limiter(steering: SteeringHere, service: Service, name: Name) -> Response:
    """Read a limiter."""
    request = gates_pb2.GetLimiterRequest(name=name)
    return json_answer(_limiter(steering.gates(service, "GetLimiter", request).limiter))


@routes.patch(
    "/limiters/{name}", dependencies=_OPERATE, response_model=LimiterAnswer, openapi_extra=documented(LimiterBody)
)
def change_limiter(
    who: Operator,
    steering: SteeringHere,
    trail: TrailHere,
    service: Service,
    name: Name,
    body: Annotated[LimiterBody, Depends(typed(LimiterBody))],
) -> Response:
    """Pause, resume or change a limiter for every service that shares it; answered once it holds."""
    before = _limiter(steering.gates(service, "GetLimiter", gates_pb2.GetLimiterRequest(name=name)).limiter)
    request = gates_pb2.UpdateLimiterRequest(
        name=name, paused=body.paused, until=_until(body), points=body.points, window_ms=body.window_ms,
        reset=body.reset,
    )  # fmt: skip
    with trail.action(who, "UpdateLimiter", service=service, target=name, before=before, reason=body.reason) as action:
        after = _limiter(steering.gates(service, "UpdateLimiter", request).limiter)
        action.after = after
    return json_answer(after)


def _change_gate(
    steering: Steering, trail: AuditTrail, who: Principal, service: str, gate: dict[str, Any], body: GateBody
) -> Response:
    before = _gate(steering.gates(service, "GetGate", gates_pb2.GetGateRequest(**gate)).gate)
    limit = (body.max_running or 0) if "max_running" in body.model_fields_set else None
    request = gates_pb2.UpdateGateRequest(
        **gate, paused=body.paused, until=_until(body), max_running=limit, reset=body.reset
    )
    target = f"{before['queue']}/{before['kind']}/{before['name']}"
    with trail.action(who, "UpdateGate", service=service, target=target, before=before, reason=body.reason) as action:
        after = _gate(steering.gates(service, "UpdateGate", request).gate)
        action.after = after
    return json_answer(after)


def _until(body: PauseFields) -> Any:
    return instants.parse(body.until, "until") if body.until is not None else None


def _gate(gate: gates_pb2.Gate) -> dict[str, Any]:
    return {
        "service": gate.service,
        "queue": gate.queue,
        "kind": _WORDS[gate.kind],
        "name": gate.name,
        "paused": gate.paused,
        "paused_until": instant(gate, "paused_until"),
        "max_running": gate.max_running or None,
        "limiter": gate.limiter or None,
        "cost": gate.cost,
        "running": gate.running if gate.HasField("running") else None,
        "parked": gate.parked,
    }


def _limiter(limiter: gates_pb2.Limiter) -> dict[str, Any]:
    return {
        "service": limiter.service,
        "name": limiter.name,
        "points": limiter.points,
        "window_ms": limiter.window_ms,
        "effective_points": limiter.effective_points or None,
        "effective_window_ms": limiter.effective_window_ms or None,
        "edited": limiter.edited,
        "paused": limiter.paused,
        "paused_until": instant(limiter, "paused_until"),
        "closed_until": instant(limiter, "closed_until"),
        "free_points": limiter.free_points,
        "opens_at": instant(limiter, "opens_at"),
        "jobs": list(limiter.jobs),
    }
