"""Owns the gateway's view of circuits and budgets: which services have them, and the calls there.

It must never decide for a service.
"""

from collections.abc import Sequence
from typing import Any

from protos.jobs.v1 import providers_pb2, providers_pb2_grpc
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet, ask, unavailable
from shared.errors import InvalidArgument, NotFound


class Providers:
    """Asks every service; what is shared by several is told, and steered, by each of them."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def circuits(self) -> tuple[list[Any], list[str]]:
        """Every circuit by name and service, and the services that did not answer."""
        return self._each("ListCircuits", providers_pb2.ListCircuitsRequest(), "circuits")

    def budgets(self) -> tuple[list[Any], list[str]]:
        """Every budget by name and service, and the services that did not answer."""
        return self._each("ListBudgets", providers_pb2.ListBudgetsRequest(), "budgets")

    def circuit(self, name: str, *, service: str) -> list[Any]:
        """One circuit as each service that shares it tells it, or that one alone. Raises NotFound."""
        return _named(self.circuits(), name, service, "circuit")

    def budget(self, name: str, *, service: str) -> list[Any]:
        """One budget as each service that shares it tells it, or that one alone. Raises NotFound."""
        return _named(self.budgets(), name, service, "budget")

    def call(self, service: str, method: str, request: Any) -> Any:
        """One verb of a service; what it refuses keeps its class."""
        stub = self._fleet.stub(providers_pb2_grpc.ProviderServiceStub, service)
        return ask(getattr(stub, method), request, peer=service)

    def _each(self, method: str, request: Any, field: str) -> tuple[list[Any], list[str]]:
        def start(service: str) -> Any:
            stub = self._fleet.stub(providers_pb2_grpc.ProviderServiceStub, service)
            return getattr(stub, method).future(request, timeout=FAN_OUT_SECONDS)

        answers = list(self._fleet.ask_each(self._fleet.names, start))
        found = [each for answer in answers if answer.value is not None for each in getattr(answer.value, field)]
        found.sort(key=lambda each: (each.name, each.service))
        return found, sorted(answer.service for answer in answers if answer.is_unavailable)


def _named(answer: tuple[list[Any], Sequence[str]], name: str, service: str, kind: str) -> list[Any]:
    found, silent = answer
    named = [each for each in found if each.name == name]
    chosen = [each for each in named if service in ("", each.service)]
    if chosen:
        return chosen
    if named:
        allowed = [each.service for each in named]
        raise InvalidArgument(f"{service[:80]!r} has no {kind} {name[:80]!r}", field="service", allowed=allowed)
    if silent:
        raise unavailable(silent)
    raise NotFound(f"no {kind} {name[:80]!r}")
