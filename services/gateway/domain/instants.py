"""Owns how instants are written and read over HTTP: RFC 3339. It must never accept a time without its zone."""

import re
from datetime import UTC, datetime

from shared.errors import InvalidArgument

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def parse(text: str, field: str) -> datetime:
    """The instant an RFC 3339 text names, aware, UTC, to the microsecond."""
    if _RFC3339.fullmatch(text) is None:
        raise InvalidArgument(
            f"{field} must be an RFC 3339 time such as 2026-01-31T12:00:00Z (in a URL, + is written %2B)", field=field
        )
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(f"{field} is no time that exists", field=field) from error


def render(instant: datetime) -> str:
    """UTC with Z and milliseconds, for example 2026-01-31T12:00:00.000Z."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
