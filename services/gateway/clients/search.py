"""Owns the search for what only one service has, by asking all at once.

It must never say that nobody has it while a service that is down could.
"""

from collections.abc import Callable
from typing import Any

from services.gateway.clients.fleet import Fleet, unavailable
from shared.errors import NotFound, PlatformError


def first_found(fleet: Fleet, start: Callable[[str], Any], *, missing: str) -> Any:
    """What the service answers that has it; `start` calls one. Raises NotFound(missing), PeerUnavailable."""
    down: list[str] = []
    for answer in fleet.ask_each(fleet.names, start):
        if answer.value is not None:
            return answer.value
        if answer.is_unavailable:
            down.append(answer.service)
        elif not isinstance(answer.error, NotFound):
            raise answer.error or PlatformError("a service answered nothing")
    if down:
        raise unavailable(down)
    raise NotFound(missing)
