"""Owns the gateway's view of schedules over all services. It must never keep one: every read asks the services."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protos.jobs.v1 import schedules_pb2 as pb
from protos.jobs.v1 import schedules_pb2_grpc
from services.gateway.clients.directory import QueueDirectory
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet, ask, unavailable
from shared.errors import InvalidArgument, NotFound, PlatformError, Transient, UnknownService

SEPARATOR = " "


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """One page of the schedules of all services."""

    schedules: tuple[pb.Schedule, ...]
    cursor: str
    unavailable: tuple[str, ...]


class Schedules:
    """Read and change schedules, wherever they live."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._directory = QueueDirectory(fleet)

    def call(self, service: str, method: str, request: Any) -> Any:
        """One call of a service's ScheduleService; what it refuses keeps its class."""
        return ask(getattr(self._stub(service), method), request, peer=service)

    def owner(self, job: str, *, service: str) -> str:
        """The service that a schedule of this job belongs to. Raises UnknownJob naming all, for `job`."""
        if service:
            return self._known(service)
        try:
            return self._directory.route(job, queue="")
        except InvalidArgument as error:
            error.field = "job" if error.field == "name" else error.field
            raise

    def find(self, name: str, *, service: str, next_runs: int = 0) -> pb.Schedule:
        """The schedule of this name; `service` is needed only where several have one.

        Raises NotFound, InvalidArgument naming the services that have it, PeerUnavailable while one that is down could.
        """
        request = pb.GetScheduleRequest(name=name, next_runs=next_runs)
        found: list[pb.Schedule] = []
        down: list[str] = []

        def start(one: str) -> Any:
            return self._stub(one).GetSchedule.future(request, timeout=FAN_OUT_SECONDS)

        names = [self._known(service)] if service else self._fleet.names
        for answer in self._fleet.ask_each(names, start):
            if answer.value is not None:
                found.append(answer.value.schedule)
            elif answer.is_unavailable:
                down.append(answer.service)
            elif not isinstance(answer.error, NotFound):
                raise answer.error or PlatformError("a service answered nothing")
        if len(found) > 1:
            allowed = sorted(schedule.service for schedule in found)
            raise InvalidArgument("several services have this schedule; say which", field="service", allowed=allowed)
        if found:
            return found[0]
        if down:
            raise unavailable(down)
        raise NotFound(f"no schedule {name[:80]!r}")

    def preview(self, request: pb.PreviewScheduleRequest, *, service: str) -> pb.PreviewScheduleResponse:
        """What a schedule would mean. Any service can tell; the one that has the job checks its arguments as well."""
        job = request.schedule.job
        if job or service:
            return self._previewed(self.owner(job, service=service), request)
        for name in self._fleet.names:
            try:
                return self._previewed(name, request)
            except Transient:
                continue
        raise unavailable(self._fleet.names)

    def list(self, *, service: str, job: str, limit: int, cursor: str) -> SchedulePage:
        """One page, by service and name. A service that does not answer is named and passed over."""
        names = [self._known(service)] if service else list(self._fleet.names)
        at, _, token = cursor.partition(SEPARATOR)
        if cursor and (at not in names or len(token) > 1_000):
            raise InvalidArgument("cursor must be the next_cursor of the page before", field="cursor")
        left = names[names.index(at) :] if cursor else names
        shown: list[pb.Schedule] = []
        down: list[str] = []
        for place, name in enumerate(left):
            request = pb.ListSchedulesRequest(page_size=limit - len(shown), page_token=token, job=job)
            token = ""
            try:
                answer = self.call(name, "ListSchedules", request)
            except Transient:
                down.append(name)
                continue
            shown += answer.schedules
            if answer.next_page_token:
                return SchedulePage(tuple(shown), f"{name}{SEPARATOR}{answer.next_page_token}", tuple(down))
            if len(shown) >= limit and place + 1 < len(left):
                return SchedulePage(tuple(shown), f"{left[place + 1]}{SEPARATOR}", tuple(down))
        return SchedulePage(tuple(shown), "", tuple(down))

    def _previewed(self, service: str, request: Any) -> pb.PreviewScheduleResponse:
        answer: pb.PreviewScheduleResponse = self.call(service, "PreviewSchedule", request)
        return answer

    def _known(self, service: str) -> str:
        if service not in self._fleet.names:
            allowed: Sequence[str] = self._fleet.names
            raise UnknownService(f"no service {service[:80]!r}", field="service", allowed=allowed)
        return service

    def _stub(self, service: str) -> schedules_pb2_grpc.ScheduleServiceStub:
        return self._fleet.stub(schedules_pb2_grpc.ScheduleServiceStub, service)
