"""Owns what may travel in a job: strict JSON, its size and depth, and typed arguments.

It must never repair a payload.
"""

import functools
import json
import math
import re
from typing import Any, NoReturn

import msgspec

from shared.errors import InvalidArgument, PayloadTooLarge
from shared.jobs.definitions import Arguments

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
_WORD = 2**64
_SURROGATE = re.compile("[\ud800-\udfff]")
#: An escape, unless its backslash is itself escaped.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_object = msgspec.json.Decoder(dict[str, Any]).decode
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def parse_object(text: str | bytes, *, field: str = "args", max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """One JSON object from text, or InvalidArgument: no duplicate keys, NaN, lone surrogates, NUL or depth above 16."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > max_bytes:
        raise PayloadTooLarge(f"{field} is {len(raw):,} bytes, at most {max_bytes:,} are allowed", field=field)

    def refuse_constant(name: str) -> NoReturn:
        raise InvalidArgument(f"{field} may not hold {name}", field=field)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidArgument(f"{field} has the key {twice[:60]!r} twice", field=field)
        return found

    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=refuse_constant, object_pairs_hook=unique)
    except RecursionError:
        raise InvalidArgument(f"{field} is nested deeper than {MAX_DEPTH} levels", field=field) from None
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are both ValueErrors
        raise InvalidArgument(f"{field} is not valid JSON: {str(error)[:200]}", field=field) from error
    if not isinstance(value, dict):
        raise InvalidArgument(f"{field} must be a JSON object, not {type(value).__name__}", field=field)
    check(value, field=field)
    return value


def check(value: Any, *, field: str = "args", depth: int = 1) -> None:
    """Raise InvalidArgument for what JSON or PostgreSQL cannot hold, or what is nested deeper than 16 levels."""
    if not isinstance(value, dict | list):
        problem = _problem(value)
        if problem:
            raise InvalidArgument(f"{field} {problem}", field=field)
        return
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"{field} is nested deeper than {MAX_DEPTH} levels", field=field)
    for inner in value.values() if isinstance(value, dict) else value:
        if not _is_harmless(inner):
            check(inner, field=field, depth=depth + 1)
    for key in value if isinstance(value, dict) else ():
        if not _is_harmless(key):
            check(key, field=field, depth=depth)


def _is_harmless(value: object) -> bool:
    """True for what most payloads are made of, found out in a tenth of the time of `_problem`."""
    if type(value) is str:
        return value.isascii() and "\x00" not in value
    if type(value) is int:
        return -_WORD < value < _WORD
    return value is None or value is True or value is False or (type(value) is float and math.isfinite(value))


def _problem(value: Any) -> str | None:
    if isinstance(value, str):
        if "\x00" in value:
            return "may not hold the NUL character"
        return "holds a lone surrogate, which is no valid text" if _SURROGATE.search(value) else None
    if isinstance(value, float) and not math.isfinite(value):
        return f"may not hold {value}"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 64:
        return "holds a whole number beyond 64 bits; send it as text"
    return None


def typed(kind: type[Arguments], value: dict[str, Any]) -> Arguments:
    """Typed arguments from an object; the documents' camelCase spellings of its top-level fields are accepted.

    Raises InvalidArgument naming the field, and the allowed fields for an unknown one.
    """
    allowed = _fields(kind)
    named: dict[str, Any] = {}
    for key, inner in value.items():
        name = key if key in allowed else _CAMEL.sub(r"_\1", key).lower()
        if name not in allowed:
            raise InvalidArgument(
                f"unknown argument {key[:60]!r}; allowed: {', '.join(allowed) or 'none'}",
                field=f"args.{key[:60]}",
                allowed=allowed,
            )
        if name in named:
            raise InvalidArgument(f"argument {name!r} is given twice, in two spellings", field=f"args.{name}")
        named[name] = inner
    try:
        return msgspec.convert(named, kind)
    except RecursionError:
        raise InvalidArgument(f"args is nested deeper than {MAX_DEPTH} levels", field="args") from None
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        name = path.strip("`.") or _named_in(message)
        raise InvalidArgument(f"args.{name}: {message}", field=f"args.{name}") from error


@functools.cache
def _fields(kind: type[Arguments]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(kind))


@functools.cache
def _decoder(kind: type[Arguments]) -> "msgspec.json.Decoder[Arguments]":
    return msgspec.json.Decoder(kind)


def stored(kind: type[Arguments], raw: bytes | msgspec.Raw) -> Arguments:
    """Typed arguments from what submit stored; also from what an older or a foreign producer wrote, as `typed` does."""
    try:
        return _decoder(kind).decode(raw)
    except msgspec.ValidationError:
        return typed(kind, msgspec.json.decode(raw))


def holds_nul(encoded: bytes) -> bool:
    """True when encoded JSON has a string with the NUL character, which no jsonb column takes."""
    return _NUL.search(encoded) is not None


def storable(text: object, limit: int) -> str:
    """Any text as PostgreSQL and JSON can hold it: no NUL, no lone surrogate, at most `limit` characters."""
    return str(text)[:limit].replace("\x00", "�").encode("utf-8", "backslashreplace").decode()[:limit]


def _named_in(message: str) -> str:
    found = re.search(r"`([a-z0-9_]+)`$", message)
    return found.group(1) if found else ""


def encode(arguments: Arguments | dict[str, Any]) -> str:
    """The canonical JSON of typed arguments; raises PayloadTooLarge or InvalidArgument as parse_object does."""
    try:
        text = msgspec.json.encode(arguments)
    except RecursionError:
        raise InvalidArgument(f"args is nested deeper than {MAX_DEPTH} levels", field="args") from None
    except (UnicodeEncodeError, TypeError, ValueError) as error:
        raise InvalidArgument(f"args cannot be written as JSON: {error}", field="args") from error
    if b"null" in text:  # msgspec writes NaN and infinities as null
        check(msgspec.to_builtins(arguments))
    if not (isinstance(arguments, msgspec.Struct) and _is_plain(arguments, text)):
        parse_object(text)
    return text.decode()


def _is_plain(arguments: msgspec.Struct, text: bytes) -> bool:
    """True when what msgspec wrote of a Struct is one flat object in which nothing can be wrong.

    Its names are fields', so that none comes twice; whatever is nested or ready-made is left to parse_object.
    """
    values = msgspec.structs.astuple(arguments)
    if len(text) > MAX_BYTES or not text.startswith(b"{") or msgspec.Raw in map(type, values):
        return False
    if all(map(_is_harmless, values)):
        return True
    try:
        return all(map(_is_harmless, _object(text).values()))
    except msgspec.DecodeError:
        return False
