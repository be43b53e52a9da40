"""Owns what surrounds a served call: token, request id, deadline, errors, metrics. It must never log a body."""

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Never, TypeAlias

import grpc

from shared import clock, metrics
from shared.errors import Transient
from shared.logs import bound, get_logger
from shared.rpc import deadlines
from shared.rpc.status import DETAIL_KEY, RpcStatus, ServiceTokenRefused, to_status
from shared.security.tokens import bearer_token, same
from shared.settings import Secret

log = get_logger(__name__)

REQUEST_ID_KEY = "x-request-id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")
#: Probes and tools ask these without a token; they show no data.
OPEN_SERVICES = frozenset({"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"})

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
OptionalHandler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Behavior = Callable[[Any, grpc.ServicerContext], Any]


@dataclass(frozen=True, slots=True)
class _Call:
    """One served call, as far as logs and metrics need it."""

    service: str
    method: str
    request_id: str


class ServedCalls(grpc.ServerInterceptor):
    """Wraps each of our methods; health and reflection pass through."""

    def __init__(self, service: str, token: Secret) -> None:
        self._service = service
        self._token = token
        self._streams: set[grpc.ServicerContext] = set()
        self._lock = threading.Lock()

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], OptionalHandler],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> OptionalHandler:
        handler = continuation(handler_call_details)
        contract, _, method = handler_call_details.method.lstrip("/").partition("/")
        if handler is None or contract in OPEN_SERVICES:
            return handler
        metadata = _texts(handler_call_details.invocation_metadata)
        call = _Call(self._service, method, request_id_from(metadata.get(REQUEST_ID_KEY, "")))
        is_trusted = same(bearer_token(metadata.get("authorization", "")), self._token.reveal())
        behavior = _behavior(handler) if is_trusted else _refuse
        if handler.response_streaming:
            return _rebuilt(handler, lambda request, context: self._stream(call, behavior, request, context))
        return _rebuilt(handler, lambda request, context: self._unary(call, behavior, request, context))

    def cancel_streams(self) -> None:
        """End every open stream, so that a stop need not wait for them; their clients reconnect."""
        with self._lock:
            streams = list(self._streams)
        for context in streams:
            context.cancel()

    def _unary(self, call: _Call, behavior: Behavior, request: Any, context: grpc.ServicerContext) -> Any:
        with _observed(call, context), _bound(call), deadlines.limited(_seconds_left(context)):
            return behavior(request, context)

    def _stream(self, call: _Call, behavior: Behavior, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        with _observed(call, context), self._tracked(context), ExitStack() as stack:
            with _bound(call):
                responses = behavior(request, context)
            stack.callback(getattr(responses, "close", _nothing))
            while True:
                # Bound anew for each response: a generator's context is not its own between two of them.
                with _bound(call):
                    try:
                        response = next(responses)
                    except StopIteration:
                        return
                yield response

    @contextmanager
    def _tracked(self, context: grpc.ServicerContext) -> Iterator[None]:
        with self._lock:
            self._streams.add(context)
        try:
            yield
        finally:
            with self._lock:
                self._streams.discard(context)


def request_id_from(text: str) -> str:
    """The caller's request id when it is a harmless token, else a new one."""
    return text if _REQUEST_ID.fullmatch(text) else uuid.uuid4().hex


@contextmanager
def _bound(call: _Call) -> Iterator[None]:
    with bound(service=call.service, method=call.method, request_id=call.request_id):
        yield


@contextmanager
def _observed(call: _Call, context: grpc.ServicerContext) -> Iterator[None]:
    started = clock.monotonic()
    code = grpc.StatusCode.OK
    try:
        _refuse_late(context)
        yield
        code = context_code(context) or code
    except GeneratorExit:
        code = grpc.StatusCode.CANCELLED
        raise
    except Exception as error:  # the server's edge: every error becomes a status
        aborted = context_code(context)
        if aborted is not None:  # the servicer called context.abort itself
            code = aborted
            raise
        status = to_status(error)
        code = status.code
        _report(call, status, error)
        _abort(context, status)
    finally:
        labels = {"service": call.service, "method": call.method, "code": code.name}
        metrics.RPC_SERVER_SECONDS.labels(**labels).observe(clock.monotonic() - started)


def context_code(context: grpc.ServicerContext) -> grpc.StatusCode | None:
    """The status a servicer has set on its call; None while it has set none."""
    code = context.code()  # type: ignore[attr-defined]  # in grpc since 1.40, not in the stubs
    return code if isinstance(code, grpc.StatusCode) and code is not grpc.StatusCode.OK else None


def _refuse_late(context: grpc.ServicerContext) -> None:
    # A call that waited for a thread until its caller gave up would only take time from those who still wait.
    if context.time_remaining() <= 0:
        context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before a thread was free")
    if not context.is_active():
        context.abort(grpc.StatusCode.CANCELLED, "cancelled before a thread was free")


def _seconds_left(context: grpc.ServicerContext) -> float:
    return min(context.time_remaining(), deadlines.CAP_SECONDS)


def _report(call: _Call, status: RpcStatus, error: Exception) -> None:
    with _bound(call):
        if status.error_id:
            log.error("call failed", error_id=status.error_id, exc_info=error)
        elif isinstance(error, Transient):
            log.warning("call could not be served", code=status.code.name, error=str(error))


def _abort(context: grpc.ServicerContext, status: RpcStatus) -> Never:
    context.set_trailing_metadata(((DETAIL_KEY, status.detail),))
    context.abort(status.code, status.message)


def _refuse(_request: Any, _context: grpc.ServicerContext) -> Never:
    raise ServiceTokenRefused("the service token is missing or wrong")


def _texts(metadata: Any) -> dict[str, str]:
    """Text metadata by key. A key sent twice counts as not sent: two credentials are no credential."""
    found: dict[str, list[str]] = {}
    for key, value in metadata or ():
        if isinstance(value, str):
            found.setdefault(key, []).append(value)
    return {key: values[0] for key, values in found.items() if len(values) == 1}


def _behavior(handler: Handler) -> Behavior:
    behavior = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    if behavior is None:
        raise TypeError("a method handler without behavior")
    return behavior


def _rebuilt(handler: Handler, behavior: Behavior) -> Handler:
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[handler.request_streaming, handler.response_streaming]
    return make(behavior, handler.request_deserializer, handler.response_serializer)


def _nothing() -> None:
    return None
