"""Owns /api/v1/locks: named locks of all services. It must never take one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import locks_pb2
from services.gateway.auth.gate import may_view
from services.gateway.clients.locks import Locks
from services.gateway.rest.answers import instant, list_answer
from services.gateway.rest.body import StrictBody, documented, typed
from services.gateway.rest.job_actions import Admin, Reason, TrailHere
from services.gateway.rest.query import MAX_NAME_CHARACTERS, KnownQuery, Name, check_query, no_query
from services.gateway.rest.schemas import TIME

routes = APIRouter(prefix="/api/v1/locks", tags=["locks"])
MAX_LOCK_NAME = 200


class LocksQuery(KnownQuery):
    """Whose locks."""

    service: str = Field("", max_length=MAX_NAME_CHARACTERS)


class ReleaseBody(StrictBody):
    """Which lock, and why."""

    service: Name
    name: str = Field(min_length=1, max_length=MAX_LOCK_NAME)
    reason: Reason = ""


class LockAnswer(BaseModel):
    """A named lock that is held."""

    name: str
    service: str
    owner: str = Field(description="Who holds it, for example the job.")
    since: str = Field(description=TIME)
    until: str = Field(description="When it ends if it is not renewed.")


class LockList(BaseModel):
    """Locks by service and name, at most 500 a service."""

    items: list[LockAnswer]
    next_cursor: None
    unavailable: list[str]


def _locks(request: Request) -> Locks:
    locks: Locks = request.app.state.locks
    return locks


LocksHere = Annotated[Locks, Depends(_locks)]


@routes.get("", dependencies=[Depends(may_view), Depends(check_query)], response_model=LockList)
def list_locks(locks: LocksHere, query: Annotated[LocksQuery, Query()]) -> Response:
    """List the named locks that are held now."""
    view = locks.list(query.service)
    return list_answer([_lock_json(lock) for lock in view.locks], next_cursor=None, unavailable=list(view.unavailable))


@routes.post("/release", status_code=204, dependencies=[Depends(no_query)], openapi_extra=documented(ReleaseBody))
def release_lock(
    who: Admin, locks: LocksHere, trail: TrailHere, body: Annotated[ReleaseBody, Depends(typed(ReleaseBody))]
) -> Response:
    """Take a lock from whoever holds it; what he does under it is then not committed. 404 when nobody does."""
    before = _lock_json(locks.get(body.service, body.name))
    with trail.action(
        who, "ReleaseLock", service=body.service, target=body.name, before=before, reason=body.reason
    ) as action:
        locks.release(body.service, body.name)
        action.after = {}
    return Response(status_code=204)


def _lock_json(lock: locks_pb2.Lock) -> dict[str, Any]:
    return {
        "name": lock.name,
        "service": lock.service,
        "owner": lock.owner,
        "since": instant(lock, "since"),
        "until": instant(lock, "until"),
    }
