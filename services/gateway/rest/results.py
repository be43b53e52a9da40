"""Owns /api/v1/jobs/{id}/result: how a job ended, waited for if asked. It must never poll a service."""

import functools
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import results_pb2, results_pb2_grpc
from services.gateway.auth.gate import may_view
from services.gateway.clients.fleet import ask
from services.gateway.rest.answers import json_answer
from services.gateway.rest.job_actions import ControlHere, JobId
from services.gateway.rest.jobs import canonical_id, job_json
from services.gateway.rest.query import KnownQuery, Seconds, check_query
from services.gateway.rest.schemas import JobFailure, StateWord

routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
#: Above the wait itself, for the way there and back.
MARGIN_SECONDS = 3.0
_SHOWN = (
    "id", "service", "name", "state", "progress", "result", "error", "finished_at", "result_expires_at",
    "result_expired",
)  # fmt: skip
_FINAL = frozenset({"completed", "dead", "cancelled", "expired"})


class ResultQuery(KnownQuery):
    """How long the answer may take."""

    wait_seconds: Seconds = 0


class ResultAnswer(BaseModel):
    """How a job ended, or how it stands."""

    id: str
    service: str
    name: str
    state: StateWord
    progress: Any
    result: Any = Field(description="Of a completed job.")
    error: JobFailure | None
    finished_at: str | None
    result_expires_at: str | None
    result_expired: bool = Field(description="It had a result whose time is over.")


@routes.get("/{id}/result", dependencies=[Depends(may_view), Depends(check_query)], response_model=ResultAnswer)
def get_result(control: ControlHere, job_id: JobId, query: Annotated[ResultQuery, Query()]) -> Response:
    """Answer as soon as the job has ended: 200. 202 with its state when it has not within `wait_seconds`."""
    found = control.job(canonical_id(job_id))
    stub = control.stub(results_pb2_grpc.ResultServiceStub, found.service)
    method = functools.partial(stub.WaitResult, timeout=query.wait_seconds + MARGIN_SECONDS)
    request = results_pb2.WaitResultRequest(id=found.id, timeout_ms=query.wait_seconds * 1000)
    shown = job_json(ask(method, request, peer=found.service).job)
    is_final = shown["state"] in _FINAL
    return json_answer({name: shown[name] for name in _SHOWN}, status=200 if is_final else 202)
