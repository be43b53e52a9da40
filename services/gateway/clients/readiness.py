"""Owns which services answer now, by their own health service.
It must never tell why one does not; the caller may be anybody."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.gateway.clients.fleet import Answer, Fleet
from shared import clock
from shared.db import Database

CHECK_SECONDS = 1.0
#: However many callers ask, the services are asked once in this time.
MAX_AGE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """Display name to whether the service serves, and whether keys can be checked."""

    services: Mapping[str, bool]
    is_store_up: bool

    @property
    def is_ready(self) -> bool:
        """True when at least one service can be reached by somebody with a key."""
        return self.is_store_up and any(self.services.values())

    @property
    def is_whole(self) -> bool:
        """True when nothing is missing."""
        return self.is_store_up and all(self.services.values())


class Readiness:
    """The health of the services and of the gateway's own database, at most a second old."""

    def __init__(self, fleet: Fleet, database: Database) -> None:
        self._fleet = fleet
        self._database = database
        self._lock = threading.Lock()
        self._report: ReadinessReport | None = None
        self._check_again_at = 0.0

    def report(self) -> ReadinessReport:
        """Who serves; one caller asks, the others wait for his answer."""
        with self._lock:
            if self._report is None or clock.monotonic() >= self._check_again_at:
                self._report = ReadinessReport(self._services(), is_store_up=self._database.ping() is None)
                self._check_again_at = clock.monotonic() + MAX_AGE_SECONDS
            return self._report

    def _services(self) -> Mapping[str, bool]:
        answers = self._fleet.ask_each(self._fleet.names, self._start)
        return dict(sorted((answer.service, _is_serving(answer)) for answer in answers))

    def _start(self, service: str) -> Any:
        stub = self._fleet.stub(health_pb2_grpc.HealthStub, service)
        return stub.Check.future(health_pb2.HealthCheckRequest(), timeout=CHECK_SECONDS)


def _is_serving(answer: Answer[Any]) -> bool:
    return answer.value is not None and answer.value.status == health_pb2.HealthCheckResponse.SERVING
