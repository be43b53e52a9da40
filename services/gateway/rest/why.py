"""Owns /api/v1/jobs/{id}/why: what keeps a job from running. It must never guess: the service tells."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import why_pb2
from services.gateway.auth.gate import may_view
from services.gateway.clients.steering import Steering
from services.gateway.rest.answers import instant, json_answer
from services.gateway.rest.jobs import canonical_id
from services.gateway.rest.query import no_query

routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
ReasonWord = Literal[
    "ended", "ending", "running", "lease_expired", "index_unreachable", "index_closed", "blocked", "not_pushed",
    "not_in_index", "scheduled", "postponed", "retrying", "queue_paused", "queue_closed", "no_worker", "queue_limit",
    "queue_rate", "job_paused", "job_limit", "group_paused", "group_limit", "limiter_paused", "limiter_closed",
    "limiter_spent", "gate_opened", "slots_taken", "behind_others", "next", "message_waiting", "message_sent",
    "message_failed",
]  # fmt: skip
REASONS = frozenset(get_args(ReasonWord))


class CauseAnswer(BaseModel):
    """One thing that keeps the job from running."""

    reason: ReasonWord
    text: str
    until: str | None = Field(description="When it ends by time alone.")
    running: int | None = Field(description="Jobs that run at this gate.")
    limit: int | None = Field(description="How many may, or a budget's points.")
    ahead: int | None = Field(description="Jobs that start before it.")


class WhyAnswer(BaseModel):
    """Why a job is not running now."""

    id: str
    service: str
    state: str = Field(description="Of the job; of a message to another service: waiting, sent or failed.")
    reason: ReasonWord
    text: str
    until: str | None
    causes: list[CauseAnswer] = Field(description="The first is the answer; the others would keep it next.")


def steering_of(request: Request) -> Steering:
    """What the app was composed with."""
    steering: Steering = request.app.state.steering
    return steering


SteeringHere = Annotated[Steering, Depends(steering_of)]


@routes.get("/{id}/why", dependencies=[Depends(may_view), Depends(no_query)], response_model=WhyAnswer)
def explain_job(steering: SteeringHere, job_id: Annotated[str, Path(alias="id", description="UUID.")]) -> Response:
    """Tell why a job is not running now; also a message that one service sends to another, by its id."""
    answer = steering.why(canonical_id(job_id))
    causes = [_cause(cause) for cause in answer.causes]
    first = {name: causes[0][name] for name in ("reason", "text", "until")}
    return json_answer({"id": answer.id, "service": answer.service, "state": answer.state, **first, "causes": causes})


def _cause(cause: why_pb2.Cause) -> dict[str, Any]:
    return {
        "reason": cause.reason,
        "text": cause.text,
        "until": instant(cause, "until"),
        "running": cause.running if cause.limit else None,
        "limit": cause.limit or None,
        "ahead": cause.ahead or None,
    }
