"""Owns the channels to other services: deadline, token, request id on every call. It must never connect at import."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

import grpc

from shared import clock, metrics
from shared.errors import PeerUnavailable, UnknownService
from shared.logs import request_id
from shared.rpc.deadlines import call_seconds
from shared.rpc.interceptors import REQUEST_ID_KEY, request_id_from
from shared.rpc.server import MAX_HEADER_BYTES, MAX_MESSAGE_BYTES
from shared.settings import Secret

S = TypeVar("S")

#: Only reads are repeated; a write that was not answered may have happened.
RETRIED_PREFIXES = ("Get", "List")
_RETRY_POLICY = {
    "maxAttempts": 3,
    "initialBackoff": "0.05s",
    "maxBackoff": "0.5s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_HEADER_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A restarted peer is found within 2 s; the default backoff grows to 2 minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Calls between services never go through the machine's web proxy.
    ("grpc.enable_http_proxy", 0),
]


class Peers:
    """The other services by name. Channels open with the first call and are kept; safe from any thread.

    A channel belongs to one peer and one contract, because its retry policy names the contract's methods.
    """

    def __init__(self, addresses: Mapping[str, str], token: Secret) -> None:
        self._addresses = dict(addresses)
        self._token = token
        self._stubs: dict[tuple[str, type[Any]], Any] = {}
        self._channels: list[grpc.Channel] = []
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every known service, sorted."""
        return tuple(sorted(self._addresses))

    def stub(self, kind: Callable[[grpc.Channel], S], service: str) -> S:
        """The stub of a generated class for one service.

        Unary calls end after 5 s unless `timeout=` says otherwise, at most 30 s, and never outlive the request being
        served. Streams have no deadline unless given one. Failures are grpc.RpcError; see `status.translated`.

        Raises UnknownService for a name that is not configured, PeerUnavailable after `close`.
        """
        address = self._addresses.get(service)
        if address is None:
            raise UnknownService(f"unknown service {service!r}", field="service", allowed=self.names)
        with self._lock:
            if self._is_closed:
                raise PeerUnavailable(f"the channel to {service} is closed; this process is stopping")
            key = (service, cast("type[Any]", kind))
            if key not in self._stubs:
                channel = grpc.insecure_channel(address, options=[*_OPTIONS, _service_config(kind)])
                self._channels.append(channel)
                self._stubs[key] = kind(grpc.intercept_channel(channel, _OutgoingCalls(service, self._token)))
            return cast("S", self._stubs[key])

    def close(self) -> None:
        """Close every channel; running calls end as CANCELLED."""
        with self._lock:
            self._is_closed = True
            channels, self._channels = self._channels, []
            self._stubs.clear()
        for channel in channels:
            channel.close()


class _CallDetails(NamedTuple):
    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class _OutgoingCalls(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    def __init__(self, service: str, token: Secret) -> None:
        self._service = service
        self._token = token

    def intercept_unary_unary(
        self, continuation: Any, client_call_details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        timeout = call_seconds(client_call_details.timeout)
        started = clock.monotonic()
        call = continuation(self._completed(client_call_details, timeout), request)
        call.add_done_callback(lambda done: self._observe(client_call_details.method, done, started))
        return call

    def intercept_unary_stream(
        self, continuation: Any, client_call_details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        return continuation(self._completed(client_call_details, client_call_details.timeout), request)

    def _completed(self, details: grpc.ClientCallDetails, timeout: float | None) -> grpc.ClientCallDetails:
        own = (("authorization", f"Bearer {self._token.reveal()}"), (REQUEST_ID_KEY, request_id_from(request_id())))
        metadata = (*(details.metadata or ()), *own)
        completed = _CallDetails(
            details.method, timeout, metadata, details.credentials, details.wait_for_ready, details.compression
        )
        return cast("grpc.ClientCallDetails", completed)  # gRPC reads it by attribute; its class is abstract

    def _observe(self, method: str, call: Any, started: float) -> None:
        labels = {"service": self._service, "method": method.rpartition("/")[2], "code": call.code().name}
        metrics.RPC_CLIENT_SECONDS.labels(**labels).observe(clock.monotonic() - started)


def _service_config(kind: Callable[[grpc.Channel], object]) -> tuple[str, str]:
    reads = [path for path in _methods(kind) if path.rpartition("/")[2].startswith(RETRIED_PREFIXES)]
    names = [{"service": path.split("/")[1], "method": path.split("/")[2]} for path in reads]
    methods = [{"name": names, "retryPolicy": _RETRY_POLICY}] if names else []
    throttling = {"maxTokens": 20, "tokenRatio": 0.1}
    return "grpc.service_config", json.dumps({"methodConfig": methods, "retryThrottling": throttling})


def _methods(kind: Callable[[grpc.Channel], object]) -> list[str]:
    recorder = _MethodRecorder()
    kind(cast("grpc.Channel", recorder))  # a generated stub asks its channel for each method, and nothing else
    return recorder.paths


class _MethodRecorder:
    def __init__(self) -> None:
        self.paths: list[str] = []

    def _record(self, path: str, *_args: object, **_kwargs: object) -> None:
        self.paths.append(path)

    unary_unary = unary_stream = stream_unary = stream_stream = _record
