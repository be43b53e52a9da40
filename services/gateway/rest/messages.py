"""Owns what one service wants of others and of the outside world, over HTTP; what people do about it is audited.

It must never send anything itself.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from protos.jobs.v1 import exchange_pb2
from services.gateway.auth.audit import AuditTrail
from services.gateway.auth.gate import may_administer, may_operate, may_view
from services.gateway.clients.steering import Steering
from services.gateway.domain.roles import Principal
from services.gateway.rest.answers import embedded, instant, json_answer, list_answer
from services.gateway.rest.body import Document, StrictBody, documented, read_document, typed
from services.gateway.rest.gates import Service
from services.gateway.rest.job_actions import Admin, Operator, OptionalReason, Reason, ReasonBody, TrailHere
from services.gateway.rest.jobs import canonical_id
from services.gateway.rest.query import PageQuery, check_query, digits, no_query
from services.gateway.rest.why import SteeringHere

routes = APIRouter(prefix="/api/v1/services/{service}", tags=["messages"])
MAX_AGE_SECONDS = 3650 * 86_400
StateWord = Literal["waiting", "failed"]
MessageId = Annotated[str, Path(alias="id", description="UUID.")]
_STATES = {
    value: name.removeprefix("OUTBOX_STATE_").lower() for name, value in exchange_pb2.OutboxState.items() if value
}


class MessagesQuery(PageQuery):
    """Which messages, and which page of them."""

    state: StateWord = "failed"


class EffectsQuery(PageQuery):
    """Which effects, and which page of them."""

    older_than_seconds: Annotated[int, Field(ge=0, le=MAX_AGE_SECONDS), BeforeValidator(digits)] = 0


class EffectBody(StrictBody):
    """Which effect, and what came of it."""

    job_id: str = Field(max_length=36, description="UUID.")
    generation: int = Field(ge=1, le=2**31 - 1)
    name: str = Field(min_length=1, max_length=100)
    result: Any = Field(None, description="What the call would have returned.")
    reason: Reason = ""


class MessageAnswer(BaseModel):
    """A job that another service shall run."""

    id: str
    service: str
    peer: str
    job: str
    args: dict[str, Any]
    state: Literal["waiting", "sent", "failed"]
    attempts: int
    error: dict[str, str | None] | None = Field(description="Of the latest try: type, message, field.")
    peer_job_id: str | None
    created_at: str
    next_at: str | None
    finished_at: str | None
    kind: Literal["job", "node", "outcome", "withdrawal"] = Field(
        description="A job, one of a flow, the outcome of such a one, or that it is not wanted any more."
    )


class MessageList(BaseModel):
    """Failed ones newest first; waiting ones by peer, in the order of their delivery."""

    items: list[MessageAnswer]
    next_cursor: str | None


class EffectAnswer(BaseModel):
    """A call of the outside world that began, and whose result is not known."""

    job_id: str
    service: str
    generation: int
    name: str
    idempotency_key: str
    calls: int = Field(description="How often the outside system may have been asked.")
    started_at: str
    age_ms: int


class EffectList(BaseModel):
    """Unfinished effects, oldest first; also those being called right now."""

    items: list[EffectAnswer]
    next_cursor: str | None


_LIST = [Depends(may_view), Depends(check_query)]
_ACTING: dict[str, Any] = {
    "dependencies": [Depends(may_operate), Depends(no_query)],
    "response_model": MessageAnswer,
    "openapi_extra": documented(ReasonBody, is_needed=False),
}


@routes.get("/messages", dependencies=_LIST, response_model=MessageList)
def list_messages(steering: SteeringHere, service: Service, query: Annotated[MessagesQuery, Query()]) -> Response:
    """List messages to other services that were given up, or that wait."""
    state: Any = f"OUTBOX_STATE_{query.state.upper()}"
    request = exchange_pb2.ListMessagesRequest(state=state, page_size=query.limit, page_token=query.cursor)
    page = steering.exchange(service, "ListMessages", request)
    return list_answer([_message(message) for message in page.messages], next_cursor=page.next_page_token)


@routes.post("/messages/{id}/retry", **_ACTING)
def retry_message(
    who: Operator, steering: SteeringHere, trail: TrailHere, service: Service, message_id: MessageId,
    body: OptionalReason,
) -> Response:  # fmt: skip
    """Try a message now, under its old id: what the peer has taken already is not done twice. 409 once it is sent."""
    request = exchange_pb2.RetryMessageRequest(id=canonical_id(message_id))
    return _act(steering, trail, who, "RetryMessage", request, service=service, reason=body.reason)


@routes.post("/messages/{id}/give-up", **_ACTING)
def give_up_message(
    who: Operator, steering: SteeringHere, trail: TrailHere, service: Service, message_id: MessageId,
    body: OptionalReason,
) -> Response:  # fmt: skip
    """Send a waiting message no more; a try that is under way may still arrive. 409 unless it waits."""
    request = exchange_pb2.GiveUpMessageRequest(id=canonical_id(message_id), reason=body.reason)
    return _act(steering, trail, who, "GiveUpMessage", request, service=service, reason=body.reason)


@routes.delete("/messages/{id}", status_code=204, dependencies=[Depends(may_administer), Depends(no_query)])
def delete_message(
    who: Admin, steering: SteeringHere, trail: TrailHere, service: Service, message_id: MessageId
) -> Response:
    """Delete a message that was given up. 409 unless it was."""
    request = exchange_pb2.DeleteMessageRequest(id=canonical_id(message_id))
    with trail.action(who, "DeleteMessage", service=service, target=request.id, before={}) as action:
        steering.exchange(service, "DeleteMessage", request)
        action.after = {}
    return Response(status_code=204)


@routes.get("/effects", dependencies=_LIST, response_model=EffectList)
def list_unfinished_effects(
    steering: SteeringHere, service: Service, query: Annotated[EffectsQuery, Query()]
) -> Response:
    """List effects outside that may have happened and whose result is not known."""
    request = exchange_pb2.ListUnfinishedEffectsRequest(
        older_than_ms=query.older_than_seconds * 1000, page_size=query.limit, page_token=query.cursor
    )
    page = steering.exchange(service, "ListUnfinishedEffects", request)
    return list_answer([_effect(effect) for effect in page.effects], next_cursor=page.next_page_token)


@routes.post(
    "/effects/resolve",
    status_code=204,
    dependencies=[Depends(may_operate), Depends(no_query)],
    openapi_extra=documented(EffectBody),
)
def resolve_effect(
    who: Operator,
    steering: SteeringHere,
    trail: TrailHere,
    service: Service,
    document: Annotated[Document, Depends(read_document)],
    body: Annotated[EffectBody, Depends(typed(EffectBody))],
) -> Response:
    """Write down what an unfinished effect has led to, after somebody has looked; a requeued job goes on with it."""
    job_id = canonical_id(body.job_id)
    request = exchange_pb2.ResolveEffectRequest(
        job_id=job_id, generation=body.generation, name=body.name, result_json=document.member("result")
    )
    before = {"generation": body.generation, "name": body.name}
    with trail.action(
        who, "ResolveEffect", service=service, target=job_id, before=before, reason=body.reason
    ) as action:
        steering.exchange(service, "ResolveEffect", request)
        action.after = before
    return Response(status_code=204)


def _act(
    steering: Steering, trail: AuditTrail, who: Principal, method: str, request: Any, *, service: str, reason: str
) -> Response:
    with trail.action(who, method, service=service, target=request.id, before={}, reason=reason) as action:
        message = _message(steering.exchange(service, method, request).message)
        action.after = {name: message[name] for name in ("peer", "job", "state", "attempts")}
    return json_answer(message)


def _message(message: exchange_pb2.OutboxMessage) -> dict[str, Any]:
    error = {"type": message.error_type, "message": message.error_message, "field": message.error_field or None}
    return {
        "id": message.id,
        "service": message.service,
        "peer": message.peer,
        "job": message.job,
        "args": embedded(message.args_json or "{}"),
        "state": _STATES[message.state],
        "attempts": message.attempts,
        "error": error if message.error_type else None,
        "peer_job_id": message.peer_job_id or None,
        "created_at": instant(message, "created_at"),
        "next_at": instant(message, "next_at"),
        "finished_at": instant(message, "finished_at"),
        "kind": message.kind or "job",
    }


def _effect(effect: exchange_pb2.UnfinishedEffect) -> dict[str, Any]:
    return {
        "job_id": effect.job_id,
        "service": effect.service,
        "generation": effect.generation,
        "name": effect.name,
        "idempotency_key": effect.idempotency_key,
        "calls": effect.calls,
        "started_at": instant(effect, "started_at"),
        "age_ms": effect.age_ms,
    }
