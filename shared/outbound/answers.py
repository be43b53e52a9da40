"""Owns what the bytes of a provider's answer mean. It must never trust them, and never let a key out in a message."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

EXCERPT_CHARACTERS = 80
LONGEST_RETRY_AFTER = timedelta(hours=1)
SHORTEST_RETRY_AFTER = timedelta(seconds=1)

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


def parse_json(body: bytes) -> Any:
    """The JSON value of `body`, fractions as Decimal. Raises ValueError for anything that is not strict JSON."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except InvalidOperation as error:
        raise ValueError("a number is out of every range") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def excerpt(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The first printable characters of an answer, for an error message; our own keys are blanked out first."""
    text = body[:4096].decode("utf-8", "replace")
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _UNPRINTABLE.sub(" ", text).strip()[:EXCERPT_CHARACTERS]


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header (seconds or HTTP date) asks for, within 1 s to 1 h; None when absent or unreadable."""
    if header is None:
        return None
    text = header.strip()
    if _SECONDS.fullmatch(text):
        asked = timedelta(seconds=float(text))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        asked = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(asked, SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)
