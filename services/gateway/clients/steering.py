"""Owns the gateway's calls of what every service serves beside JobService. It must never decide what may be set."""

from typing import Any

from protos.jobs.v1 import exchange_pb2_grpc, gates_pb2_grpc, why_pb2, why_pb2_grpc
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet, ask
from services.gateway.clients.search import first_found


class Steering:
    """Gates, messages and answers, of one service or of whichever has it."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def gates(self, service: str, method: str, request: Any) -> Any:
        """One call of a service's GateService. Raises UnknownService naming the known ones."""
        stub = self._fleet.stub(gates_pb2_grpc.GateServiceStub, service)
        return ask(getattr(stub, method), request, peer=service)

    def exchange(self, service: str, method: str, request: Any) -> Any:
        """One call of a service's ExchangeService. Raises UnknownService naming the known ones."""
        stub = self._fleet.stub(exchange_pb2_grpc.ExchangeServiceStub, service)
        return ask(getattr(stub, method), request, peer=service)

    def why(self, job_id: str) -> why_pb2.ExplainJobResponse:
        """Why the job, or the message, of this id does not run. Raises NotFound, PeerUnavailable."""
        request = why_pb2.ExplainJobRequest(id=job_id)

        def start(service: str) -> Any:
            stub = self._fleet.stub(why_pb2_grpc.WhyServiceStub, service)
            return stub.ExplainJob.future(request, timeout=FAN_OUT_SECONDS)

        answer: why_pb2.ExplainJobResponse = first_found(self._fleet, start, missing=f"no job {job_id}")
        return answer
