"""Owns how a failed validation becomes one refusal with field and allowed values.
It must never repeat the value it refuses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import InvalidArgument, Rejected

_QUOTED = re.compile(r"'([^']*)'")
MAX_NAMED = 5


class UnsupportedMediaType(Rejected):
    """The body's media type is not the expected one."""


class BodyTimedOut(Rejected):
    """The body did not arrive in time."""


def refusal_of(failures: Sequence[Mapping[str, Any]], *, allowed: Sequence[str]) -> InvalidArgument:
    """The refusal for pydantic's failures: it names one field, an unknown one first, and the others in its text.

    `allowed` are the fields an object may have, told when one is unknown.
    """
    # An unknown field comes first: it is often why a needed one is missing, and its answer tells the names.
    failures = sorted(failures, key=lambda failure: failure["type"] != "extra_forbidden")
    texts = [_sentence(failure) for failure in failures[:MAX_NAMED]]
    if len(failures) > MAX_NAMED:
        texts.append(f"and {len(failures) - MAX_NAMED} more")
    first = failures[0]
    values: Sequence[str] = ()
    if first["type"] == "extra_forbidden":
        values = allowed
    elif first["type"] == "unknown_name":
        return InvalidArgument(first["msg"], field=first["ctx"]["name"], allowed=first["ctx"]["allowed"])
    elif first["type"] in ("literal_error", "enum"):
        values = _QUOTED.findall(str(first.get("ctx", {}).get("expected", "")))
    return InvalidArgument("; ".join(texts), field=_field(first), allowed=values)


def located(failure: Mapping[str, Any], value: object) -> Mapping[str, Any]:
    """The failure with its place in what was sent, without the names of our own types that pydantic puts among them."""
    place: list[int | str] = []
    missing_at = len(failure["loc"]) - 1 if failure["type"] == "missing" else -1
    for at, part in enumerate(failure["loc"]):
        if isinstance(part, int):
            place.append(part)
            value = value[part] if isinstance(value, list) and part < len(value) else None
        elif isinstance(value, dict) and (part in value or at == missing_at):
            place.append(part)
            value = value.get(part)
    return {**failure, "loc": tuple(place)}


def _sentence(failure: Mapping[str, Any]) -> str:
    field = _field(failure)
    if failure["type"] == "extra_forbidden":
        return f"there is no field {field}"
    if failure["type"] == "missing":
        return f"{field} is needed"
    text = str(failure["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{field} {text[0].lower()}{text[1:]}"


def _field(failure: Mapping[str, Any]) -> str:
    """Where it is, spelt as services spell it: nodes[0].args."""
    # A name of the caller's own making can be as long as the body.
    parts = [f"[{part}]" if isinstance(part, int) else f".{part[:80]}" for part in failure["loc"][:8]]
    return "".join(parts).removeprefix(".") or "body"
