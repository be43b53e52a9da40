"""Owns the gateway's view of freshness: which services have goals, and the calls there. It must never judge an age."""

from typing import Any

from protos.jobs.v1 import freshness_pb2, freshness_pb2_grpc
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet, ask, unavailable
from shared.errors import InvalidArgument, NotFound, UnknownService


class Freshness:
    """Asks every service for its goals, and the one that has a goal for its entities."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def goals(self, service: str = "") -> tuple[list[Any], list[str]]:
        """Goals by name and service, and the services that did not answer. Raises UnknownService."""
        if service and service not in self._fleet.names:
            raise UnknownService(f"no service {service[:80]!r}", field="service", allowed=self._fleet.names)

        def start(name: str) -> Any:
            stub: Any = self._fleet.stub(freshness_pb2_grpc.FreshnessServiceStub, name)
            return stub.ListGoals.future(freshness_pb2.ListGoalsRequest(), timeout=FAN_OUT_SECONDS)

        answers = list(self._fleet.ask_each([service] if service else self._fleet.names, start))
        found = [goal for answer in answers if answer.value is not None for goal in answer.value.goals]
        found.sort(key=lambda goal: (goal.name, goal.service))
        return found, sorted(answer.service for answer in answers if answer.is_unavailable)

    def goal(self, name: str, *, service: str = "") -> Any:
        """The one goal of this name. Raises NotFound; InvalidArgument when several services have one."""
        found, silent = self.goals(service)
        named = [goal for goal in found if goal.name == name]
        if len(named) > 1:
            allowed = [goal.service for goal in named]
            raise InvalidArgument(f"several services have a goal {name}: say which", field="service", allowed=allowed)
        if named:
            return named[0]
        if silent:
            raise unavailable(silent)
        raise NotFound(f"no goal {name[:80]!r}")

    def call(self, service: str, method: str, request: Any) -> Any:
        """One verb of a service; what it refuses keeps its class."""
        stub = self._fleet.stub(freshness_pb2_grpc.FreshnessServiceStub, service)
        return ask(getattr(stub, method), request, peer=service)
