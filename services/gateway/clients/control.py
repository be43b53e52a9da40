"""Owns the gateway's verbs over all services: who has the job or the queue, and the call there.

It must never decide what a state allows.
"""

from collections.abc import Callable
from typing import Any

import grpc

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from services.gateway.clients.directory import QueueDirectory
from services.gateway.clients.fleet import Fleet, StubT, ask, unavailable
from services.gateway.clients.jobs import Jobs
from shared.errors import InvalidArgument


class Control:
    """Calls the service that owns what a verb is about."""

    def __init__(self, fleet: Fleet, jobs: Jobs) -> None:
        self._fleet = fleet
        self._jobs = jobs
        self._directory = QueueDirectory(fleet)

    def job(self, job_id: str) -> jobs_pb2.Job:
        """The job as it is before the verb. Raises as Jobs.get does."""
        return self._jobs.get(job_id)

    def queue(self, name: str, *, service: str) -> jobs_pb2.Queue:
        """The queue as it is before the verb; `service` is needed only where several have one of this name.

        Raises UnknownQueue, InvalidArgument naming the services that have it, PeerUnavailable while that one is down.
        """
        owners = self._directory.services_with_queue(name)
        if service and service not in owners:
            raise InvalidArgument(f"{service[:80]!r} has no queue {name[:80]!r}", field="service", allowed=owners)
        if not service and len(owners) > 1:
            raise InvalidArgument("several services have this queue; say which", field="service", allowed=owners)
        owner = service or owners[0]
        for queue in self._directory.read().queues:
            if (queue.service, queue.name) == (owner, name):
                return queue
        raise unavailable([owner])

    def stub(self, kind: Callable[[grpc.Channel], StubT], service: str) -> StubT:
        """A client of another contract that the service serves beside JobService."""
        return self._fleet.stub(kind, service)

    def call(self, service: str, method: str, request: Any) -> Any:
        """One verb of a service's JobService; what it refuses keeps its class."""
        stub = self._fleet.stub(jobs_pb2_grpc.JobServiceStub, service)
        return ask(getattr(stub, method), request, peer=service)
