"""Owns how answers are written: JSON as the API promises it. It must never turn an exact number into a float."""

import math
from collections.abc import Mapping
from datetime import UTC

import msgspec
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from services.gateway.domain import instants

encode = msgspec.json.Encoder().encode
_raw = msgspec.json.Decoder(msgspec.Raw)


def json_answer(content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(encode(content), status_code=status, headers=headers, media_type="application/json")


def list_answer(items: list[dict[str, object]], *, next_cursor: str | None, **extra: object) -> Response:
    """One page of a list; `next_cursor` is None on the last."""
    return json_answer({"items": items, "next_cursor": next_cursor or None, **extra})


def instant(message: Message, field: str) -> str | None:
    """A timestamp field as text, None when absent."""
    if not message.HasField(field):
        return None
    stamp: Timestamp = getattr(message, field)
    return instants.render(stamp.ToDatetime(tzinfo=UTC))


def embedded(text: str) -> msgspec.Raw | None:
    """JSON text as it is, digits and all, inside an answer; None for empty text."""
    return _raw.decode(text) if text else None


def number(value: float) -> float | int | None:
    """A double as JSON writes it best: whole numbers without a point, none for what JSON has no word for."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value
