"""Owns who gets in: every path but the public ones needs a key, before anything of the request is read.
It must never let a route through that forgot to declare its role."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.auth.keys import KeyRing
from services.gateway.domain.roles import Principal, Role
from shared.errors import Forbidden, Unauthenticated
from shared.security.tokens import bearer_token

#: The only paths that answer without a key. None of them tells anything of jobs, coins or keys.
PUBLIC_PATHS = frozenset({"/", "/docs", "/healthz", "/openapi.json", "/readyz"})
_PRINCIPAL = "millrace.principal"


class Gate:
    """ASGI middleware: puts the principal into the scope or raises Unauthenticated."""

    def __init__(self, app: ASGIApp, *, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"] not in PUBLIC_PATHS:
            text = credential(Headers(scope=scope))
            scope[_PRINCIPAL] = await run_in_threadpool(self._keys.authenticate, text)
        await self._app(scope, receive, send)


def credential(headers: Headers) -> str:
    """The key a request carries. Raises Unauthenticated when there is none, or two that differ."""
    found = {value for header in headers.getlist("authorization") if (value := bearer_token(header))}
    found |= {value for header in headers.getlist("x-api-key") if (value := header.strip())}
    if not found:
        raise Unauthenticated("an API key is needed, as Authorization: Bearer or X-API-Key")
    if len(found) > 1:
        raise Unauthenticated("the request carries two different API keys")
    return found.pop()


def require(role: Role) -> Callable[[HTTPConnection], Principal]:
    """The dependency by which a route declares the lowest role that may use it."""

    def check(connection: HTTPConnection) -> Principal:
        principal: Principal | None = connection.scope.get(_PRINCIPAL)
        if principal is None:
            raise Unauthenticated("an API key is needed, as Authorization: Bearer or X-API-Key")
        if principal.role < role:
            raise Forbidden(f"this needs the role {role.word}; the key has the role {principal.role.word}")
        return principal

    return check


may_view = require(Role.VIEWER)
may_operate = require(Role.OPERATOR)
may_administer = require(Role.ADMIN)
