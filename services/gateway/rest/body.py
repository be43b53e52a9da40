"""Owns the reading of request bodies: size while streaming, media type, strict JSON, types.
It must never read a body before its key."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request

from services.gateway.domain.strict_json import parse_object
from services.gateway.rest.refusals import BodyTimedOut, UnsupportedMediaType, located, refusal_of
from shared.errors import InvalidArgument, PayloadTooLarge

MAX_BODY_BYTES = 1_048_576
MAX_ARGS_BYTES = 262_144
#: Of a job's arguments; the request object around them is one level more.
MAX_ARGS_DEPTH = 16
BODY_SECONDS = 30.0
MEDIA_TYPES = ("application/json", "application/merge-patch+json")

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class StrictBody(BaseModel):
    """Base of typed bodies: no unknown fields, no conversion between types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


B = TypeVar("B", bound=StrictBody)


@dataclass(frozen=True, slots=True)
class Document:
    """A body that has been read: its bytes, and the object they mean."""

    raw: bytes
    value: dict[str, Any]

    def member(self, name: str) -> str:
        """The JSON text of one member exactly as it was sent, so that no digit is lost; empty when absent."""
        found = _members.decode(self.raw).get(name)
        return "" if found is None else bytes(found).decode()


async def read_document(request: Request) -> Document:
    """The request's JSON object, at most 1 MiB."""
    _check_media_type(request.headers)
    raw = await _read(request)
    return Document(raw, await run_in_threadpool(parse_object, raw, max_depth=MAX_ARGS_DEPTH + 1))


async def read_deep_document(request: Request) -> Document:
    """As `read_document`, for a body that holds jobs in a list: two levels more."""
    _check_media_type(request.headers)
    raw = await _read(request)
    return Document(raw, await run_in_threadpool(parse_object, raw, max_depth=MAX_ARGS_DEPTH + 3))


def typed(model: type[B]) -> Callable[[Document], Awaitable[B]]:
    """The dependency that gives a route its body as `model`."""

    async def parse(document: Annotated[Document, Depends(read_document)]) -> B:
        return parse_as(model, document.value)

    return parse


def optional(model: type[B]) -> Callable[[Request], Awaitable[B]]:
    """As `typed`, for a route that can be called without any body."""

    async def parse(request: Request) -> B:
        is_empty = request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
        return parse_as(model, {} if is_empty else (await read_document(request)).value)

    return parse


def parse_as(model: type[B], value: dict[str, Any]) -> B:
    """The object as `model`. Raises InvalidArgument naming the field and what is allowed."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        allowed = sorted(model.model_fields)
        failures = [located(each, value) for each in error.errors(include_input=False, include_url=False)]
        raise refusal_of(failures, allowed=allowed) from error


def args_text(document: Document) -> str:
    """The arguments of a job as sent; `{}` when left out."""
    text = document.member("args") or "{}"
    size = len(text.encode())
    if size > MAX_ARGS_BYTES:
        raise PayloadTooLarge(f"args has {size} bytes; at most {MAX_ARGS_BYTES} are accepted", field="args")
    return text


def documented(model: type[StrictBody], *, is_needed: bool = True) -> dict[str, Any]:
    """The OpenAPI of a route that takes `model`."""
    whole = model.model_json_schema()
    schema = {"schema": _inlined(whole, whole.pop("$defs", {}))}
    return {"requestBody": {"required": is_needed, "content": {"application/json": schema}}}


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """The schema with its parts in their places: the description as a whole has no room for a body's own names."""
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].removeprefix("#/$defs/")], definitions)
    return {name: _inlined(value, definitions) for name, value in part.items()}


def _check_media_type(headers: Headers) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() not in MEDIA_TYPES or charset not in ("", "charset=utf-8"):
        raise UnsupportedMediaType(f"the body must be {MEDIA_TYPES[0]} in UTF-8; say so in Content-Type")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("the body must not be compressed")


async def _read(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit():
        raise InvalidArgument("Content-Length must be a number of bytes", field="Content-Length")
    if len(declared) > 12 or int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_BODY_BYTES:
                    raise _too_large()
                chunks.append(chunk)
    except TimeoutError as error:
        raise BodyTimedOut(f"the body did not arrive within {BODY_SECONDS:.0f} s") from error
    return b"".join(chunks)


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes", field="body")
