"""Owns the table between our errors and gRPC status, both ways. It must never send an unknown error's text."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from shared import errors
from shared.errors import PlatformError
from shared.rpc.streams import StreamsExhausted
from shared.security.redaction import redact_text

#: JSON {"type", "message", "field", "allowed", "state"}; a `-bin` key carries bytes. Peers may leave it out.
DETAIL_KEY = "millrace-error-bin"
#: Header space is scarce: 8 KiB is what a foreign client accepts in all.
MAX_MESSAGE_CHARS = 500
MAX_ALLOWED_BYTES = 2_000

#: Outgoing: the first class that fits decides. Whatever is not here is INTERNAL.
CODES: tuple[tuple[type[PlatformError], grpc.StatusCode], ...] = (
    (errors.InvalidArgument, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.NotFound, grpc.StatusCode.NOT_FOUND),
    (errors.AlreadyExists, grpc.StatusCode.ALREADY_EXISTS),
    (errors.WrongState, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.NotReady, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.Unauthenticated, grpc.StatusCode.UNAUTHENTICATED),
    (errors.Forbidden, grpc.StatusCode.PERMISSION_DENIED),
    (StreamsExhausted, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.Transient, grpc.StatusCode.UNAVAILABLE),
)
#: Incoming: the errors of a caller's own fault keep their class. All else is the peer's state: PeerUnavailable.
_REJECTED = {code: kind for kind, code in CODES if issubclass(kind, errors.Rejected)}
_KINDS_OF_ARGUMENT = {
    kind.__name__: kind
    for kind in (errors.UnknownJob, errors.UnknownQueue, errors.UnknownService, errors.PayloadTooLarge)
}


class ServiceTokenRefused(errors.Unauthenticated):
    """The peer distrusts this process, not the user behind it; so its caller must not take it for a bad API key."""


@dataclass(frozen=True, slots=True)
class RpcStatus:
    """What goes over the wire for an error. `error_id` is set when the text was withheld; log it with the cause."""

    code: grpc.StatusCode
    message: str
    detail: bytes
    error_id: str = ""


@dataclass(frozen=True, slots=True)
class _Detail:
    type: str = ""
    message: str = ""
    field: str = ""
    allowed: tuple[str, ...] = ()
    state: str = ""


def to_status(error: BaseException) -> RpcStatus:
    """The status of an error. One that is not in the table becomes INTERNAL with an id in place of its text."""
    code = next((code for kind, code in CODES if isinstance(error, kind)), None)
    if code is None:
        error_id = uuid.uuid4().hex
        message = f"internal error {error_id}"
        return RpcStatus(grpc.StatusCode.INTERNAL, message, detail("InternalError", message), error_id)
    # Half a surrogate pair has no UTF-8 form; gRPC would fail on it and hide the error.
    message = redact_text(str(error))[:MAX_MESSAGE_CHARS].encode("utf-8", "replace").decode()
    field, state = getattr(error, "field", ""), getattr(error, "state", "")
    carried = detail(type(error).__name__, message, field=field, allowed=_allowed(error), state=state)
    return RpcStatus(code, message, carried)


def detail(kind: str, message: str, *, field: str = "", allowed: Sequence[str] = (), state: str = "") -> bytes:
    """The value of the metadata key; as many allowed values as its space holds."""
    kept: list[str] = []
    space = MAX_ALLOWED_BYTES
    for value in allowed:
        space -= len(value.encode()) + 3
        if space < 0:
            break
        kept.append(value)
    fields = {"type": kind, "message": message, "field": field[:100], "allowed": kept}
    if state:
        fields["state"] = state[:20]
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def _allowed(error: BaseException) -> Sequence[str]:
    return error.allowed if isinstance(error, errors.InvalidArgument | errors.WrongState) else ()


def from_rpc_error(error: grpc.RpcError, *, peer: str = "the service") -> PlatformError:
    """The platform's error for a failed call: the caller's own fault keeps its class, all else is PeerUnavailable.

    A peer's LeaseLost, LockHeld or rate limit is its own state and must not be taken for ours.
    """
    code, text = _code_and_text(error)
    found = _read_detail(error)
    message = found.message or text or code.name
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        kind = _KINDS_OF_ARGUMENT.get(found.type, errors.InvalidArgument)
        return kind(message, field=found.field, allowed=found.allowed)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return _exhausted(found, message, peer)
    if code is grpc.StatusCode.FAILED_PRECONDITION and found.type == errors.WrongState.__name__:
        return errors.WrongState(message, state=found.state, allowed=found.allowed)
    if code in _REJECTED and found.type != ServiceTokenRefused.__name__:
        return _REJECTED[code](message)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.PeerUnavailable(f"{peer} did not answer in time")
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return errors.PeerUnavailable(f"{peer} does not know this method; its version is older than the caller's")
    return errors.PeerUnavailable(f"{peer} did not answer: {message}")


@contextmanager
def translated(peer: str) -> Iterator[None]:
    """Failed calls to `peer` inside the block are raised as the platform's errors."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc_error(error, peer=peer) from error


def _exhausted(found: _Detail, message: str, peer: str) -> PlatformError:
    if found.type == StreamsExhausted.__name__:
        return StreamsExhausted(message)
    if "larger than max" in message:  # gRPC's own words for a message above 4 MiB; no retry makes it smaller
        return errors.PayloadTooLarge(message)
    return errors.PeerUnavailable(f"{peer} is overloaded: {message}")


def _code_and_text(error: grpc.RpcError) -> tuple[grpc.StatusCode, str]:
    # A bare RpcError has neither; only errors of real calls do.
    code = error.code() if hasattr(error, "code") else grpc.StatusCode.UNKNOWN
    text = error.details() if hasattr(error, "details") else str(error)
    return code, (text or "")[:MAX_MESSAGE_CHARS]


def _read_detail(error: grpc.RpcError) -> _Detail:
    metadata: Any = error.trailing_metadata() if hasattr(error, "trailing_metadata") else None
    for key, value in metadata or ():
        if key == DETAIL_KEY and isinstance(value, bytes):
            return _parse_detail(value)
    return _Detail()


def _parse_detail(value: bytes) -> _Detail:
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError):
        return _Detail()
    if not isinstance(fields, dict):
        return _Detail()
    texts = {name: fields[name] for name in ("type", "message", "field", "state") if isinstance(fields.get(name), str)}
    allowed = fields.get("allowed")
    kept = tuple(each for each in allowed if isinstance(each, str)) if isinstance(allowed, list) else ()
    return _Detail(**texts, allowed=kept)
