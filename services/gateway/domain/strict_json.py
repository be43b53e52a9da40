"""Owns the reading of JSON objects from strangers.
It must never guess: whatever two readers could understand differently is refused."""

import json
import math
from typing import Any, NoReturn

from shared.errors import InvalidArgument, Rejected

MAX_DIGITS = 64
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


class MalformedJson(Rejected):
    """The text is no JSON object that every reader understands alike."""


def parse_object(raw: bytes, *, max_depth: int) -> dict[str, Any]:
    """The one JSON object in `raw`, at most `max_depth` levels deep (the object itself is the first).

    Raises:
        MalformedJson: not UTF-8, not JSON, not an object, a repeated key, NaN or Infinity, a number no double or 64-bit
            integer holds, half of a surrogate pair, or U+0000 (which no text column can hold).
        InvalidArgument: too deep.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJson(f"the body is not UTF-8 at byte {error.start}") from error
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except RecursionError:
        raise _too_deep(max_depth) from None
    if not isinstance(value, dict):
        raise MalformedJson(f"the body must be a JSON object, not {_kind(value)}")
    # Raw control characters are refused by the decoder, so only an escape can smuggle one in.
    _check(value, max_depth, texts="\\u" in text)
    return value


def _check(root: dict[str, Any], max_depth: int, *, texts: bool) -> None:
    """Walk level by level, so that depth costs no stack."""
    level: list[Any] = [root]
    for _ in range(max_depth):
        below: list[Any] = []
        for container in level:
            members = container.values() if isinstance(container, dict) else container
            if texts and isinstance(container, dict):
                for key in container:
                    _check_text(key)
            for member in members:
                if isinstance(member, dict | list):
                    below.append(member)
                elif texts and isinstance(member, str):
                    _check_text(member)
        if not below:
            return
        level = below
    raise _too_deep(max_depth)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedJson("the body has a text with U+0000, which cannot be stored")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedJson("the body has a text with half of a surrogate pair")


def _too_deep(max_depth: int) -> InvalidArgument:
    return InvalidArgument(f"the body is nested deeper than {max_depth} levels", field="body")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise MalformedJson(f"the body has the key {_shown(key)} twice in one object")
        found[key] = value
    return found


def _integer(text: str) -> int:
    if len(text) > len(str(_INT64_MIN)) or not _INT64_MIN <= int(text) <= _INT64_MAX:
        raise MalformedJson("the body has an integer beyond 64 bits; send it as a string")
    return int(text)


def _number(text: str) -> float:  # millrace: allow float-money because it only checks; digits travel as text
    # millrace: allow float-money because it only checks; digits travel as text
    value = float(text) if len(text) <= MAX_DIGITS else math.inf
    if math.isinf(value):
        raise MalformedJson(f"the body has a number beyond {MAX_DIGITS} digits or the range of a double")
    return value


def _constant(name: str) -> NoReturn:
    raise MalformedJson(f"the body has {name}, which is not JSON")


def _kind(value: object) -> str:
    return "an array" if isinstance(value, list) else "null" if value is None else "a single value"


def _shown(key: str) -> str:
    return ascii(key if len(key) <= 80 else key[:80] + "…")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_constant, strict=True
)
