"""Owns a service's gRPC server: its options, health, reflection and stop. It must never listen on a port it shares."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from shared.errors import ConfigurationInvalid
from shared.health import HealthRegistry
from shared.logs import get_logger
from shared.rpc.interceptors import OPEN_SERVICES, ServedCalls
from shared.rpc.serving import ServingStatus
from shared.rpc.streams import StreamsExhausted, StreamSlots
from shared.settings import Secret

log = get_logger(__name__)

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024
#: Open WatchEvents streams a server holds; each takes a thread while it lives.
WATCH_STREAMS = 8
#: Open health Watch and reflection streams; they need no token, so they may not take our callers' threads.
OPEN_STREAMS = 4
UNARY_THREADS = 16
MIN_WORKERS = WATCH_STREAMS + OPEN_STREAMS + 1
#: Calls that may wait for a thread; more are refused at once, as RESOURCE_EXHAUSTED.
WAITING_CALLS = 100

_OPTIONS = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_HEADER_BYTES),
    # Peers ping every 30 s while they watch; the default would hang up on them for it.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    # Finds watchers whose machine is gone, so that their stream slots come back.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]


@dataclass(frozen=True, slots=True)
class Servicer:
    """One contract this server fulfils: the generated add function, the implementation, the contract's full name."""

    add: Callable[[Any, grpc.Server], None]
    implementation: object
    full_name: str


class RpcServer:
    """One gRPC server on one port for one service. Made cheaply; threads and sockets only from `start` on."""

    def __init__(
        self,
        servicers: Sequence[Servicer],
        *,
        host: str,
        port: int,
        token: Secret,
        name: str,
        health: HealthRegistry | None = None,
        max_workers: int = UNARY_THREADS + WATCH_STREAMS + OPEN_STREAMS,
    ) -> None:
        if max_workers < MIN_WORKERS:
            raise ValueError(f"max_workers must be at least {MIN_WORKERS}, or streams could take every thread")
        self._servicers = tuple(servicers)
        self._address = (host, port)
        self._name = name
        self._max_workers = max_workers
        self._calls = ServedCalls(name, token)
        self._open_slots = StreamSlots(OPEN_STREAMS)
        names = frozenset(each.full_name for each in self._servicers)
        self._serving = ServingStatus(names, health or HealthRegistry(), self._open_slots)
        self._server: grpc.Server | None = None

    def start(self) -> int:
        """Listen and serve in the background; returns the port, chosen by the system when it was 0.

        Raises ConfigurationInvalid when the address cannot be listened on, and ValueError when two servicers
        claim one contract: gRPC would silently serve the first.
        """
        names = [each.full_name for each in self._servicers]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"registered twice on the server of {self._name}: {', '.join(sorted(twice))}")
        server = grpc.server(
            ThreadPoolExecutor(self._max_workers, thread_name_prefix=f"rpc-{self._name}"),
            interceptors=[self._calls],
            options=_OPTIONS,
            maximum_concurrent_rpcs=self._max_workers + WAITING_CALLS,
        )
        for servicer in self._servicers:
            servicer.add(servicer.implementation, server)
        health_pb2_grpc.add_HealthServicer_to_server(self._serving, server)
        described = _BoundedReflection([*names, *OPEN_SERVICES], slots=self._open_slots)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(described, server)
        port = self._listen(server)
        server.start()
        self._server = server
        log.info("serving rpc", service=self._name, port=port)
        return port

    def stop(self, grace: float) -> None:
        """Say NOT_SERVING, end streams, let running calls finish for `grace` seconds, then cut them off."""
        server, self._server = self._server, None
        if server is None:
            return
        self._serving.stop()
        stopped = server.stop(grace)
        self._calls.cancel_streams()
        stopped.wait(grace + 1)

    def _listen(self, server: grpc.Server) -> int:
        host, port = self._address
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            return server.add_insecure_port(address)
        except RuntimeError as error:
            setting = f"{self._name.replace('-', '_').upper()}_GRPC_PORT"
            raise ConfigurationInvalid([f"{setting} or GRPC_HOST: cannot listen on {address}; is it taken?"]) from error


class _BoundedReflection(reflection.ReflectionServicer):  # type: ignore[misc]  # grpc_reflection has no types
    """Reflection with a slot for each open stream."""

    def __init__(self, service_names: Sequence[str], *, slots: StreamSlots) -> None:
        super().__init__(service_names)
        self._slots = slots

    def ServerReflectionInfo(self, request_iterator: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802  # gRPC's name
        try:
            with self._slots.hold():
                yield from super().ServerReflectionInfo(request_iterator, context)
        except StreamsExhausted as error:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
