"""Owns what a job logged and what happened to it, over HTTP. It must never be written to over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from protos.jobs.v1 import history_pb2
from services.gateway.auth.gate import may_view
from services.gateway.clients.history import LEVEL_WORDS, History
from services.gateway.rest.answers import embedded, instant, list_answer
from services.gateway.rest.job_actions import JobId
from services.gateway.rest.jobs import canonical_id
from services.gateway.rest.query import PageQuery, check_query, digits
from services.gateway.rest.schemas import TIME

routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
LevelWord = Literal["debug", "info", "warning", "error", "critical"]


class LogsQuery(PageQuery):
    """Which lines, and which page of them."""

    attempt: (
        Annotated[int, Field(ge=1, le=1_000_000, description="Of one attempt."), BeforeValidator(digits)] | None
    ) = None
    level: LevelWord | None = Field(None, description="Of at least this level.")


class LogLineAnswer(BaseModel):
    """One line; its text comes from a job, and whatever that has read."""

    at: str = Field(description=TIME)
    level: LevelWord
    message: str
    fields: dict[str, Any]
    attempt: int
    generation: int


class LogList(BaseModel):
    """Lines, oldest first."""

    items: list[LogLineAnswer]
    next_cursor: str | None
    tail_cursor: str = Field(description="Pass it as cursor for what is logged after these lines.")
    left_out: int = Field(description="Lines beyond the 1,000 and 256 KiB that are kept of an attempt.")
    complete: bool = Field(description="True when the job has ended and no more lines will come.")


class JobEventAnswer(BaseModel):
    """One transition."""

    id: str
    event: str = Field(description="enqueued, started, completed, retrying, snoozed, released, reclaimed, …")
    at: str = Field(description=TIME)
    generation: int
    attempt: int = Field(description="Attempts that counted by then.")
    worker: str | None
    reason: str | None


class JobEventList(BaseModel):
    """Events, oldest first."""

    items: list[JobEventAnswer]
    next_cursor: str | None


def _history(request: Request) -> History:
    history: History = request.app.state.history
    return history


@routes.get("/{id}/logs", dependencies=[Depends(may_view), Depends(check_query)], response_model=LogList)
def list_job_logs(
    history: Annotated[History, Depends(_history)], job_id: JobId, query: Annotated[LogsQuery, Query()]
) -> Response:
    """List what a job logged, oldest first. Lines are here within 2 seconds."""
    page = history.logs(
        canonical_id(job_id),
        attempt=query.attempt or 0,
        level=query.level or "",
        limit=query.limit,
        cursor=query.cursor,
    )
    return list_answer(
        [_line(line) for line in page.lines],
        next_cursor=page.page_token if page.has_more else None,
        tail_cursor=page.page_token,
        left_out=page.left_out,
        complete=page.complete,
    )


@routes.get("/{id}/events", dependencies=[Depends(may_view), Depends(check_query)], response_model=JobEventList)
def list_job_events(
    history: Annotated[History, Depends(_history)], job_id: JobId, query: Annotated[PageQuery, Query()]
) -> Response:
    """List what happened to a job, oldest first. May lag by 2 seconds."""
    page = history.events(canonical_id(job_id), limit=query.limit, cursor=query.cursor)
    return list_answer([_event(event) for event in page.events], next_cursor=page.next_page_token)


def _line(line: history_pb2.LogLine) -> dict[str, object]:
    return {
        "at": instant(line, "at"),
        "level": LEVEL_WORDS[line.level],
        "message": line.message,
        "fields": embedded(line.fields_json or "{}"),
        "attempt": line.attempt,
        "generation": line.generation,
    }


def _event(event: history_pb2.JobEvent) -> dict[str, object]:
    return {
        "id": event.event_id,
        "event": event.event,
        "at": instant(event, "at"),
        "generation": event.generation,
        "attempt": event.attempt,
        "worker": event.worker or None,
        "reason": event.reason or None,
    }
