"""Owns the text form of a position in a list merged from several services.

It must never be trusted when it comes back: strangers may have changed it.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.errors import InvalidArgument

#: A request's head may have 32 KiB in all.
MAX_CHARACTERS = 16_384
#: Characters of a mark: 48 bits, so that two of 500 jobs share one once in two billion lists.
MARK_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where one service's list goes on: its page at `token`, without the jobs whose marks were `shown`."""

    token: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeCursor:
    """Where a merged list goes on: a place for each service that is not finished.

    `newest_ns` is the instant the list began; jobs created later are not part of it.
    """

    filters: str
    newest_ns: int | None = None
    places: Mapping[str, Place] = field(default_factory=dict)


def fingerprint(**filters: str) -> str:
    """A short digest of a list's filters, so that a cursor is not used with others."""
    text = json.dumps(filters, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def mark(job_id: str) -> str:
    """A few characters that stand for a job in a cursor."""
    return base64.urlsafe_b64encode(hashlib.sha256(job_id.encode()).digest()[:6]).decode()


def encode(cursor: MergeCursor) -> str:
    """The opaque text of a cursor."""
    places = {name: [place.token, "".join(place.shown)] for name, place in cursor.places.items()}
    packed = json.dumps([cursor.filters, cursor.newest_ns, places], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode(text: str, *, filters: str) -> MergeCursor:
    """Read a cursor back.

    Raises InvalidArgument(field="cursor") for anything `encode` did not write for these filters.
    """
    refusal = InvalidArgument("cursor must be the next_cursor of the page before", field="cursor")
    if len(text) > MAX_CHARACTERS or not text.isascii():
        raise refusal
    try:
        packed = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        match packed:
            case [str(saved), int() | None as newest, dict(places)]:
                cursor = MergeCursor(saved, newest, {name: _place(value) for name, value in places.items()})
            case _:
                raise refusal
    except (binascii.Error, ValueError, RecursionError) as error:
        raise refusal from error
    if cursor.filters != filters:
        raise InvalidArgument("cursor belongs to a list with other filters", field="cursor")
    return cursor


def _place(value: object) -> Place:
    match value:
        case [str(token), str(marks)] if len(marks) % MARK_CHARACTERS == 0:
            steps = range(0, len(marks), MARK_CHARACTERS)
            return Place(token, tuple(marks[start : start + MARK_CHARACTERS] for start in steps))
    raise ValueError("no place")
