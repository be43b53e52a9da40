"""Owns what every answer has: a request id, security headers, a metric, and a problem where there was an error.
It must never let an error reach the server below it."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.rest import problems
from shared import clock, metrics
from shared.errors import PlatformError
from shared.logs import bound, get_logger
from shared.rpc.interceptors import REQUEST_ID_KEY, request_id_from

log = get_logger(__name__)

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
#: On every answer; a route that serves a page may state a policy of its own.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Edge:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._guard_websocket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(send, _request_id(scope))
        started_at = clock.monotonic()
        with bound(request_id=exchange.request_id):
            await self._answer(scope, receive, exchange)
        _measure(scope, exchange.status, clock.monotonic() - started_at)

    async def _guard_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except PlatformError as error:
            log.info("websocket refused", reason=str(error))
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, exchange: "_Exchange") -> None:
        try:
            await self._app(scope, receive, exchange.send)
        except ClientDisconnect:
            log.info("client went away")
        except PlatformError as error:
            await exchange.fail(problems.problem(error, instance=scope["path"]), scope, receive, error)
        except Exception as error:  # noqa: BLE001  # the server's last line: a caller gets an id, never a trace
            await exchange.fail(problems.internal(error, instance=scope["path"]), scope, receive, error)


class _Exchange:
    """One request's answer on its way out."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.request_id = request_id
        self.status = 499
        self._send = send
        self._has_started = False

    async def send(self, message: Message) -> None:
        """Pass a message on, with the headers every answer has."""
        if message["type"] == "http.response.start":
            self._has_started, self.status = True, message["status"]
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            headers += [pair for pair in SECURITY_HEADERS if pair[0] not in present]
            headers.append((b"x-request-id", self.request_id.encode()))
            message = {**message, "headers": headers}
        await self._send(message)

    async def fail(self, answer: ASGIApp, scope: Scope, receive: Receive, error: Exception) -> None:
        """Answer with a problem; an answer that has begun can only be cut off, so that it is not taken for whole."""
        if self._has_started:
            raise error
        await answer(scope, receive, self.send)


def _request_id(scope: Scope) -> str:
    return request_id_from(Headers(scope=scope).get(REQUEST_ID_KEY, ""))


def _measure(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    method = scope["method"] if scope["method"] in _METHODS else "other"
    metrics.HTTP_REQUEST_SECONDS.labels(route=route, method=method, status=str(status)).observe(seconds)
