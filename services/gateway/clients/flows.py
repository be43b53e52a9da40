"""Owns the gateway's view of flows over all services. It must never keep one: every read asks the services."""

from dataclasses import dataclass
from typing import Any

from protos.jobs.v1 import flows_pb2, flows_pb2_grpc
from services.gateway.clients.directory import QueueDirectory
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet, ask, unavailable
from shared.errors import InvalidArgument, NotFound, PlatformError, Transient, UnknownService

SEPARATOR = " "


@dataclass(frozen=True, slots=True)
class FlowPage:
    """One page of the flows of all services."""

    flows: tuple[flows_pb2.Flow, ...]
    cursor: str
    unavailable: tuple[str, ...]


class Flows:
    """Submit, read and steer flows, wherever they live."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._directory = QueueDirectory(fleet)

    def submit(self, request: flows_pb2.SubmitFlowRequest, *, service: str) -> flows_pb2.Flow:
        """Hand a flow to the service that has its first job; the answer means that it is durable."""
        first = request.nodes[0]
        owner = service or self._directory.route(first.name, queue=first.queue)
        return self.call(owner, "SubmitFlow", request)

    def get(self, flow_id: str) -> flows_pb2.Flow:
        """The flow of this id. Raises NotFound, or PeerUnavailable while a service that is down could have it."""
        down: list[str] = []
        request = flows_pb2.GetFlowRequest(id=flow_id)

        def start(service: str) -> Any:
            return self._stub(service).GetFlow.future(request, timeout=FAN_OUT_SECONDS)

        for answer in self._fleet.ask_each(self._fleet.names, start):
            if answer.value is not None:
                flow: flows_pb2.Flow = answer.value.flow
                return flow
            if answer.is_unavailable:
                down.append(answer.service)
            elif not isinstance(answer.error, NotFound):
                raise answer.error or PlatformError("a service answered nothing")
        if down:
            raise unavailable(down)
        raise NotFound(f"no flow {flow_id}")

    def list(self, *, service: str, live: bool, job_id: str, limit: int, cursor: str) -> FlowPage:
        """One page, by service, the newest first. A service that does not answer is named and passed over."""
        names = [self._known(service)] if service else list(self._fleet.names)
        at, _, token = cursor.partition(SEPARATOR)
        if cursor and (at not in names or len(token) > 1_000):
            raise InvalidArgument("cursor must be the next_cursor of the page before", field="cursor")
        left = names[names.index(at) :] if cursor else names
        shown: list[flows_pb2.Flow] = []
        down: list[str] = []
        for place, name in enumerate(left):
            request = flows_pb2.ListFlowsRequest(
                page_size=limit - len(shown), page_token=token, live=live, job_id=job_id
            )
            token = ""
            try:
                answer = ask(self._stub(name).ListFlows, request, peer=name)
            except Transient:
                down.append(name)
                continue
            shown += answer.flows
            if answer.next_page_token:
                return FlowPage(tuple(shown), f"{name}{SEPARATOR}{answer.next_page_token}", tuple(down))
            if len(shown) >= limit and place + 1 < len(left):
                return FlowPage(tuple(shown), f"{left[place + 1]}{SEPARATOR}", tuple(down))
        return FlowPage(tuple(shown), "", tuple(down))

    def call(self, service: str, method: str, request: Any) -> flows_pb2.Flow:
        """One verb of a service's FlowService; what it refuses keeps its class."""
        answer = ask(getattr(self._stub(service), method), request, peer=service)
        flow: flows_pb2.Flow = answer.flow
        return flow

    def _known(self, service: str) -> str:
        if service not in self._fleet.names:
            raise UnknownService(f"no service {service[:80]!r}", field="service", allowed=self._fleet.names)
        return service

    def _stub(self, service: str) -> Any:
        return self._fleet.stub(flows_pb2_grpc.FlowServiceStub, service)
