"""Owns /api/v1/jobs/{id}/attempts: every run of a job. It must never decide anything about one."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import attempts_pb2
from services.gateway.auth.gate import may_view
from services.gateway.clients.attempts import attempts_of
from services.gateway.rest.answers import instant, list_answer
from services.gateway.rest.job_actions import JobId
from services.gateway.rest.jobs import canonical_id, error_json
from services.gateway.rest.query import PageQuery, check_query
from services.gateway.rest.schemas import TIME, JobFailure

routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
OutcomeWord = Literal["completed", "failed", "snoozed", "released", "crashed", "dead", "cancelled", "expired"]


class AttemptAnswer(BaseModel):
    """One run."""

    number: int = Field(description="Among those that counted; one that cost no attempt shares its number.")
    generation: int
    worker: str = Field(description="host:pid")
    started_at: str | None = Field(description=TIME)
    finished_at: str | None
    outcome: OutcomeWord | None = Field(description="null while it runs.")
    error: JobFailure | None


class AttemptList(BaseModel):
    """Attempts, oldest first."""

    items: list[AttemptAnswer]
    next_cursor: str | None
    crashes: int = Field(description="How often its process has died in this generation; that costs no attempt.")


@routes.get("/{id}/attempts", dependencies=[Depends(may_view), Depends(check_query)], response_model=AttemptList)
def list_job_attempts(request: Request, job_id: JobId, query: Annotated[PageQuery, Query()]) -> Response:
    """List every run of a job with what went wrong in it, oldest first. May lag by 2 seconds."""
    page = attempts_of(request.app.state.fleet, canonical_id(job_id), limit=query.limit, cursor=query.cursor)
    return list_answer(
        [_attempt(each) for each in page.attempts], next_cursor=page.next_page_token, crashes=page.crashes
    )


def _attempt(attempt: attempts_pb2.Attempt) -> dict[str, object]:
    return {
        "number": attempt.number,
        "generation": attempt.generation,
        "worker": attempt.worker,
        "started_at": instant(attempt, "started_at"),
        "finished_at": instant(attempt, "finished_at"),
        "outcome": attempt.outcome or None,
        "error": error_json(attempt.error) if attempt.HasField("error") else None,
    }
