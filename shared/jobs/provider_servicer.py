"""Owns ProviderService: circuits and budgets of one service over gRPC. It must never hold a state of its own."""

from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import providers_pb2, providers_pb2_grpc
from shared import clock
from shared.jobs import wire
from shared.jobs.budgets import Reading, edit_budget, read_budgets
from shared.jobs.circuit_settings import Standing, close_circuit, open_circuit, read_circuits
from shared.jobs.submission import Jobs

FULL_NAME = str(providers_pb2.DESCRIPTOR.services_by_name["ProviderService"].full_name)


class ProviderServicer(providers_pb2_grpc.ProviderServiceServicer):
    """Reads and steers; errors are raised, and the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ListCircuits(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        standing = read_circuits(self._jobs)
        return providers_pb2.ListCircuitsResponse(circuits=[self._circuit(each) for each in standing])

    def OpenCircuit(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        until = wire.instant_of(request, "until")
        standing = open_circuit(self._jobs, request.name, until=until, reason=request.reason)
        return providers_pb2.OpenCircuitResponse(circuit=self._circuit(standing))

    def CloseCircuit(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        standing = close_circuit(self._jobs, request.name, reason=request.reason)
        return providers_pb2.CloseCircuitResponse(circuit=self._circuit(standing))

    def ListBudgets(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        readings = read_budgets(self._jobs)
        return providers_pb2.ListBudgetsResponse(budgets=[self._budget(each) for each in readings])

    def UpdateBudget(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        points = request.points if request.HasField("points") else None
        soft = request.soft if request.HasField("soft") else None
        reading = edit_budget(self._jobs, request.name, points=points, soft=soft)
        return providers_pb2.UpdateBudgetResponse(budget=self._budget(reading))

    def _circuit(self, standing: Standing) -> Any:
        is_forced = standing.is_forced
        return providers_pb2.Circuit(
            name=standing.name, service=self._jobs.service, state=standing.word, forced=is_forced,
            forced_until=_stamp(standing.forced_until_ms if is_forced else 0), reason=standing.reason,
            since=_stamp(standing.since_ms), openings=standing.streak, probes=standing.probes,
            probes_at=_stamp(standing.opens_ms if standing.state == "open" else 0),
        )  # fmt: skip

    def _budget(self, reading: Reading) -> Any:
        return providers_pb2.Budget(
            name=reading.name, service=self._jobs.service, points=reading.points, soft_points=reading.soft_points,
            window_ms=reading.window_ms, spent=reading.spent, turns_at=_stamp(reading.turns_ms),
            per_hour=reading.per_hour, exhausted_at=_stamp(reading.exhausted_ms),
        )  # fmt: skip


def _stamp(milliseconds: int) -> Timestamp | None:
    return wire.timestamp(clock.from_epoch_ms(milliseconds) if milliseconds else None)
