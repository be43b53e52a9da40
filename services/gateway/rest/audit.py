"""Owns /api/v1/audit: what people did, newest first. It must never be written to over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.gateway.auth.gate import may_administer
from services.gateway.domain import instants
from services.gateway.rest.answers import list_answer
from services.gateway.rest.job_actions import TrailHere
from services.gateway.rest.query import PageQuery, check_query
from shared.errors import InvalidArgument

routes = APIRouter(prefix="/api/v1/audit", tags=["audit"])


class AuditAnswer(BaseModel):
    """One action. `started` without an end: the gateway died in the middle; `unknown`: the service did not answer."""

    id: int
    at: str
    key_id: str
    key_name: str
    role: str
    action: str = Field(description="The service's method, for example CancelJob.")
    service: str
    target: str = Field(description="A job's id or a queue's name.")
    reason: str
    request_id: str
    before: dict[str, Any]
    after: dict[str, Any] | None
    outcome: str = Field(description="started, done, refused or unknown.")
    detail: str
    finished_at: str | None


class AuditList(BaseModel):
    """Actions, newest first."""

    items: list[AuditAnswer]
    next_cursor: str | None


@routes.get("", dependencies=[Depends(may_administer), Depends(check_query)], response_model=AuditList)
def list_audit(trail: TrailHere, query: Annotated[PageQuery, Query()]) -> Response:
    """List what people did to jobs and queues, newest first."""
    found = trail.page(limit=query.limit + 1, before_id=_place(query.cursor))
    shown = found[: query.limit]
    cursor = str(shown[-1]["id"]) if len(found) > len(shown) else None
    return list_answer([_entry(each) for each in shown], next_cursor=cursor)


def _entry(row: Mapping[str, Any]) -> dict[str, object]:
    ended = row["finished_at"]
    times = {"at": instants.render(row["at"]), "finished_at": instants.render(ended) if ended else None}
    return {**row, **times}


def _place(cursor: str) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise InvalidArgument("cursor is not one of ours", field="cursor")
    return int(cursor)
