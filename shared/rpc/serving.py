"""Owns the standard gRPC health service, answered by the health registry. It must never say SERVING unasked."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.health import HealthRegistry
from shared.rpc.streams import StreamsExhausted, StreamSlots

#: Seconds between two looks of a Watch stream.
WATCH_INTERVAL_SECONDS = 1.0


class ServingStatus(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # generated without types
    """Check, List and Watch for a server's services: SERVING while every readiness check is well and no stop began."""

    def __init__(self, services: frozenset[str], registry: HealthRegistry, slots: StreamSlots) -> None:
        self._services = services | {""}
        self._registry = registry
        self._slots = slots
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Say NOT_SERVING from now on, and end the Watch streams."""
        self._stopping.set()

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # gRPC's name
        if request.service not in self._services:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no service {request.service[:100]!r} here")
        return health_pb2.HealthCheckResponse(status=self._status())

    def List(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        answer = health_pb2.HealthCheckResponse(status=self._status())
        return health_pb2.HealthListResponse(statuses=dict.fromkeys(self._services, answer))

    def Watch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802  # gRPC's name
        try:
            with self._slots.hold():
                yield from self._changes(request.service, context)
        except StreamsExhausted as error:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))

    def _changes(self, service: str, context: grpc.ServicerContext) -> Iterator[Any]:
        last: int | None = None
        is_last = False
        while context.is_active() and not is_last:
            is_last = self._stopping.wait(WATCH_INTERVAL_SECONDS) if last is not None else self._stopping.is_set()
            status = self._status() if service in self._services else health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
            if status != last:
                last = status
                yield health_pb2.HealthCheckResponse(status=status)

    def _status(self) -> int:
        is_well = not self._stopping.is_set() and self._registry.readiness().is_well
        response = health_pb2.HealthCheckResponse
        return int(response.SERVING if is_well else response.NOT_SERVING)
