"""Owns /api/v1/queues/{name}/statistics: what happened in a queue by the minute. It must never count itself."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from protos.jobs.v1 import statistics_pb2, statistics_pb2_grpc
from services.gateway.auth.gate import may_view
from services.gateway.clients.fleet import ask
from services.gateway.rest.answers import instant, json_answer, number
from services.gateway.rest.job_actions import ControlHere
from services.gateway.rest.query import KnownQuery, Name, check_query, digits
from services.gateway.rest.schemas import TIME

routes = APIRouter(prefix="/api/v1/queues", tags=["queues"])
MINUTES_MAX = 20_160
Minutes = Annotated[int, Field(ge=1, le=MINUTES_MAX), BeforeValidator(digits)]


class StatisticsQuery(KnownQuery):
    """Of which service, and of which time."""

    service: Name | None = None
    minutes: Minutes = Field(60, description="How many, up to now; at most 14 days.")
    step_minutes: Minutes | None = Field(None, description="Minutes a point; at most 1,440 points.")


class DurationsAnswer(BaseModel):
    """Durations; percentiles are at most 19 % above the truth, null where there was none."""

    count: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class MinutesAnswer(BaseModel):
    """What happened in some minutes."""

    at: str | None = Field(description=f"Start of the first. {TIME}")
    minutes: int
    enqueued: int
    started: int
    completed: int
    failed: int = Field(description="Attempts, retried or dead.")
    retried: int
    dead: int
    waits: DurationsAnswer = Field(description="From due to started.")
    runs: DurationsAnswer


class StatisticsAnswer(BaseModel):
    """The sum, and its parts, oldest first."""

    queue: str
    service: str
    total: MinutesAnswer
    points: list[MinutesAnswer]


@routes.get(
    "/{name}/statistics", dependencies=[Depends(may_view), Depends(check_query)], response_model=StatisticsAnswer
)
def get_statistics(control: ControlHere, name: Name, query: Annotated[StatisticsQuery, Query()]) -> Response:
    """Tell what happened in a queue, minute by minute: counts, and how long jobs waited and ran."""
    queue = control.queue(name, service=query.service or "")
    stub = control.stub(statistics_pb2_grpc.StatisticsServiceStub, queue.service)
    request = statistics_pb2.GetStatisticsRequest(
        queue=name, minutes=query.minutes, step_minutes=query.step_minutes or 0
    )
    answer = ask(stub.GetStatistics, request, peer=queue.service)
    points = [_minutes(point) for point in answer.points]
    return json_answer({"queue": name, "service": queue.service, "total": _minutes(answer.total), "points": points})


def _minutes(of: statistics_pb2.Statistics) -> dict[str, object]:
    return {
        "at": instant(of, "at"), "minutes": of.minutes, "enqueued": of.enqueued, "started": of.started,
        "completed": of.completed, "failed": of.failed, "retried": of.retried, "dead": of.dead,
        "waits": _durations(of.waits), "runs": _durations(of.runs),
    }  # fmt: skip


def _durations(of: statistics_pb2.Durations) -> dict[str, object]:
    percentiles = {
        name: number(round(getattr(of, name), 3)) if of.HasField(name) else None
        for name in ("p50_ms", "p95_ms", "p99_ms")
    }
    return {"count": of.count, **percentiles}
