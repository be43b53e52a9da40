"""Owns reading fields out of JSON of unknown shape. It must never raise over a missing or mistyped field."""

from typing import Any

_MAX_TEXT = 128


def entry(value: Any, *path: str) -> Any:
    """The value at the end of `path` through nested objects, or None as soon as something is missing or no object."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: Any, *path: str) -> str | None:
    """Like `entry`, but only short printable ASCII text counts: names, ids and addresses that may be stored."""
    found = entry(value, *path)
    if isinstance(found, str) and 0 < len(found) <= _MAX_TEXT and found.isascii() and found.isprintable():
        return found
    return None
