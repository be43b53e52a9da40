"""Owns the table from errors to RFC 9457 problems.
It must never show a trace, a secret, or the text of an unexpected error."""

import http
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain.strict_json import MalformedJson
from services.gateway.rest.answers import encode
from services.gateway.rest.refusals import BodyTimedOut, UnsupportedMediaType, refusal_of
from shared import errors
from shared.errors import InvalidArgument, PlatformError
from shared.logs import get_logger

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_ROOT = "https://millrace.dev/problems/"
MAX_DETAIL_CHARACTERS = 1_000
RETRY_AFTER_SECONDS = "1"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; the slug is its stable name."""

    status: int
    slug: str
    title: str


#: The first class that fits decides.
KINDS: tuple[tuple[type[PlatformError], Kind], ...] = (
    (MalformedJson, Kind(400, "malformed-body", "The body cannot be read")),
    (BodyTimedOut, Kind(408, "body-timed-out", "The body did not arrive in time")),
    (UnsupportedMediaType, Kind(415, "unsupported-media-type", "The body has another media type than expected")),
    (errors.PayloadTooLarge, Kind(413, "payload-too-large", "The body or a part of it is too large")),
    (errors.UnknownJob, Kind(422, "unknown-job", "No job has this name")),
    (errors.UnknownQueue, Kind(422, "unknown-queue", "No queue has this name")),
    (errors.UnknownService, Kind(422, "unknown-service", "No service has this name")),
    (errors.InvalidArgument, Kind(422, "invalid-argument", "A value is not acceptable")),
    (errors.Unauthenticated, Kind(401, "unauthenticated", "A valid API key is needed")),
    (errors.Forbidden, Kind(403, "forbidden", "The key's role does not allow this")),
    (errors.NotFound, Kind(404, "not-found", "There is no such thing")),
    (errors.AlreadyExists, Kind(409, "already-exists", "It exists already")),
    (errors.WrongState, Kind(409, "wrong-state", "The job's state does not allow this")),
    (errors.NotReady, Kind(409, "not-ready", "It is not there yet")),
    (errors.Transient, Kind(503, "unavailable", "A part of the platform does not answer")),
)
INTERNAL = Kind(500, "internal", "Something is wrong in the platform")


def problem(error: PlatformError, *, instance: str) -> Response:
    """The answer for an error of ours; one that has no row in the table is internal."""
    kind = next((kind for cls, kind in KINDS if isinstance(error, cls)), None)
    if kind is None:
        return internal(error, instance=instance)
    extra: dict[str, Any] = {}
    if isinstance(error, InvalidArgument):
        extra = {"field": error.field} if error.field else {}
        extra |= {"allowed": list(error.allowed)} if error.allowed else {}
    if isinstance(error, errors.WrongState):
        extra = {"state": error.state, "allowed": list(error.allowed)}
    headers = {}
    if kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="millrace"'
    if kind.status == 503:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    # A store's error names its address; that is for the log.
    detail = "the gateway's database does not answer" if isinstance(error, errors.StoreUnavailable) else str(error)
    if kind.status == 503:
        log.warning("request could not be served", reason=str(error))
    return _answer(kind, detail, instance, extra=extra, headers=headers)


def internal(error: Exception, *, instance: str) -> Response:
    """The answer for an error nobody expected: an id that finds it in the log."""
    error_id = uuid.uuid4().hex
    log.error("request failed", error_id=error_id, exc_info=error)
    detail = f"the error is in the gateway's log under {error_id}"
    return _answer(INTERNAL, detail, instance, extra={"error_id": error_id}, headers={})


async def on_http_error(request: Request, error: Exception) -> Response:
    """What the router refuses: unknown paths and methods."""
    if not isinstance(error, HTTPException):
        raise error
    extra: dict[str, Any] = {}
    headers = dict(error.headers or {})
    if error.status_code == 404:
        kind, detail = Kind(404, "not-found", "There is no such thing"), "no route has this path; /docs lists them"
    elif error.status_code == 405:
        kind = Kind(405, "method-not-allowed", "The path does not know this method")
        detail = f"{request.method[:20]} is not possible here"
        allowed = _methods(request)
        extra, headers["Allow"] = {"field": "method", "allowed": allowed}, ", ".join(allowed)
    else:
        status = http.HTTPStatus(error.status_code)
        kind, detail = Kind(status, status.phrase.lower().replace(" ", "-"), status.phrase), str(error.detail)
    return _answer(kind, detail, request.url.path, extra=extra, headers=headers)


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """What the typed path and query parameters refuse."""
    if not isinstance(error, RequestValidationError):
        raise error
    refusal = refusal_of([{**each, "loc": each["loc"][1:]} for each in error.errors()], allowed=())
    return problem(refusal, instance=request.url.path)


def _methods(request: Request) -> Sequence[str]:
    # The router names only the methods of the first route that has the path.
    path = getattr(request.scope.get("route"), "path", "")
    routes = [route for route in iter_route_contexts(request.app.routes) if getattr(route, "path", None) == path]
    return sorted({method for route in routes for method in getattr(route, "methods", None) or ()})


def _answer(kind: Kind, detail: str, instance: str, *, extra: dict[str, Any], headers: dict[str, str]) -> Response:
    content = {
        "type": TYPE_ROOT + kind.slug,
        "title": kind.title,
        "status": kind.status,
        "detail": detail[:MAX_DETAIL_CHARACTERS],
        "instance": instance[:MAX_DETAIL_CHARACTERS],
        **extra,
    }
    return Response(encode(content), status_code=kind.status, headers=headers, media_type=MEDIA_TYPE)
