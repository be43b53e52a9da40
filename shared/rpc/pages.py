"""Owns how lists are read page by page over gRPC: sizes, tokens, ids and instants of requests.
It must never hold a query, nor trust a token."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from shared.errors import InvalidArgument

MAX_ID = 2**63 - 1
DEFAULT_PAGE, MAX_PAGE = 50, 500
MAX_TOKEN_CHARACTERS = 200


def id_of(value: int, field: str) -> int:
    """The id, 1 or more. Raises InvalidArgument naming the field."""
    if value < 1:
        raise InvalidArgument(f"{field} must be 1 or more, got {value}", field=field)
    return value


def page_size(value: int) -> int:
    """How many entries a page has; 0 means the default."""
    if not 0 <= value <= MAX_PAGE:
        raise InvalidArgument(f"page_size must be from 1 to {MAX_PAGE}, or 0 for {DEFAULT_PAGE}", field="page_size")
    return value or DEFAULT_PAGE


def instant_of(request: Any, field: str) -> datetime | None:
    """A timestamp of a request, aware, UTC; None when it is not set."""
    if not request.HasField(field):
        return None
    try:
        instant: datetime = getattr(request, field).ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(f"{field} is no instant of the years 1 to 9999", field=field) from error
    return instant


def after_id_token(last: int) -> str:
    """The token of the page behind this id."""
    return _token("after_id", last)


def after_id(token: str) -> int:
    """The id that a token of `after_id_token` names; 0 on the first page."""
    if not token:
        return 0
    value = _value(token, "after_id")
    if type(value) is not int or not 1 <= value <= MAX_ID:
        raise _bad_token()
    return value


def before_token(last: datetime) -> str:
    """The token of the page of what came before this instant."""
    return _token("before", last.isoformat())


def before(token: str) -> datetime | None:
    """The instant that a token of `before_token` names; None on the first page."""
    if not token:
        return None
    value = _value(token, "before")
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError as error:
        raise _bad_token() from error
    if instant is None or instant.tzinfo is None:
        raise _bad_token()
    return instant


def _token(name: str, value: int | str) -> str:
    return base64.urlsafe_b64encode(json.dumps({name: value}).encode()).decode().rstrip("=")


def _value(token: str, name: str) -> object:
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise _bad_token()
    try:
        content = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:  # not ASCII, not base64, not UTF-8, not JSON
        raise _bad_token() from error
    if not isinstance(content, dict) or content.keys() != {name}:
        raise _bad_token()
    value: object = content[name]
    return value


def _bad_token() -> InvalidArgument:
    return InvalidArgument("page_token must be the next_page_token of the page before", field="page_token")
