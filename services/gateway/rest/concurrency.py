"""Owns /api/v1/queues/{name}/concurrency: how slots follow what jobs meet. It must never decide anything."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import concurrency_pb2, concurrency_pb2_grpc
from services.gateway.auth.gate import may_view
from services.gateway.clients.fleet import ask
from services.gateway.rest.answers import instant, json_answer, number
from services.gateway.rest.job_actions import ControlHere
from services.gateway.rest.query import KnownQuery, Name, check_query

routes = APIRouter(prefix="/api/v1/queues", tags=["queues"])


class ConcurrencyQuery(KnownQuery):
    """Of which service."""

    service: Name | None = None


class DecisionAnswer(BaseModel):
    """One change of a queue's slots, and what was measured."""

    at: str | None
    slots_before: int
    slots_after: int
    reason: str
    runs: int
    mean_seconds: float
    limited: int
    cpu: float = Field(description="The busiest process's share of one core.")
    queued: int


class ConcurrencyAnswer(BaseModel):
    """The bounds of a queue and its latest decisions."""

    queue: str
    service: str
    adaptive: bool
    slots: int
    min_slots: int | None
    max_slots: int | None
    decisions: list[DecisionAnswer]


@routes.get(
    "/{name}/concurrency", dependencies=[Depends(may_view), Depends(check_query)], response_model=ConcurrencyAnswer
)
def get_concurrency(control: ControlHere, name: Name, query: Annotated[ConcurrencyQuery, Query()]) -> Response:
    """Tell whether a queue's slots adapt, within which bounds, and what was decided, newest first."""
    queue = control.queue(name, service=query.service or "")
    stub = control.stub(concurrency_pb2_grpc.ConcurrencyServiceStub, queue.service)
    request = concurrency_pb2.ListDecisionsRequest(queue=name)
    answer = ask(stub.ListDecisions, request, peer=queue.service)
    return json_answer(
        {
            "queue": name, "service": queue.service, "adaptive": answer.adaptive, "slots": answer.slots,
            "min_slots": answer.min_slots or None, "max_slots": answer.max_slots or None,
            "decisions": [_decision(one) for one in answer.decisions],
        }
    )  # fmt: skip


def _decision(one: concurrency_pb2.Decision) -> dict[str, object]:
    return {
        "at": instant(one, "at"), "slots_before": one.slots_before, "slots_after": one.slots_after,
        "reason": one.reason, "runs": one.runs, "mean_seconds": number(one.mean_seconds), "limited": one.limited,
        "cpu": number(one.cpu), "queued": one.queued,
    }  # fmt: skip
