"""Owns what a service declares, and what it is once a process has assembled it.

It must never assemble anything itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.db import Database
from shared.errors import InvalidArgument
from shared.jobs import Breaker, Budget, Goal, Guards, Jobs, Middleware, Queue
from shared.jobs.broker import MillraceBroker
from shared.rpc import Servicer
from shared.settings import ServiceSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service is made of; declared in services/<name>/app.py and nowhere else."""

    name: str
    settings: type[ServiceSettings]
    queues: tuple[Queue, ...] = ()
    #: Called with the settings at boot of each process; jobs and servicers get the results by their type.
    resources: tuple[Callable[[Any], object], ...] = ()
    #: The same for what calls providers: its clients stand behind the service's circuits and budgets.
    guarded: tuple[Callable[[Any, Guards], object], ...] = ()
    breakers: tuple[Breaker, ...] = ()
    budgets: tuple[Budget, ...] = ()
    #: How old what its jobs bring may be.
    freshness: tuple[Goal, ...] = ()
    #: Dramatiq's, called with the settings at boot of each process; told of every attempt, in this order.
    middleware: tuple[Callable[[Any], Middleware], ...] = ()
    servicers: "Callable[[ServiceRuntime], Sequence[Servicer]] | None" = None
    #: The ASGI application of a service that speaks HTTP; only the gateway role serves it.
    http: "Callable[[ServiceRuntime], Any] | None" = None

    @property
    def display(self) -> str:
        """The name in compose, metrics, logs and REST: market-data."""
        return self.name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class ServiceRuntime:
    """One service in one process: its settings, its stores, its jobs and what it made at boot."""

    service: Service
    settings: Any
    database: Database
    jobs: Jobs
    broker: MillraceBroker
    resources: dict[type, object] = field(default_factory=dict)

    def resource(self, kind: type[T]) -> T:
        """What the service made at boot, by its type."""
        found = self.resources.get(kind)
        if not isinstance(found, kind):
            raise InvalidArgument(f"{self.service.name} has no {kind.__name__}; see Service.resources", field="kind")
        return found
