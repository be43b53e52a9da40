"""Owns ScheduleService: implemented once, served by every service for its own schedules. It must never decide."""

import base64
import binascii
from datetime import datetime
from typing import Any

import grpc

from protos.jobs.v1 import schedules_pb2 as pb
from protos.jobs.v1 import schedules_pb2_grpc
from shared.errors import InvalidArgument
from shared.jobs import schedule_wire as wire
from shared.jobs.schedules import histories, operations, running
from shared.jobs.schedules.rows import ScheduleRow, instant_now
from shared.jobs.schedules.wording import describe
from shared.jobs.submission import Jobs
from shared.jobs.wire import instant_of

PAGE_DEFAULT, PAGE_MAX = 50, 500
RUNS_DEFAULT, RUNS_MAX = 5, 100
MAX_TOKEN_CHARACTERS = 1_000


class ScheduleServicer(schedules_pb2_grpc.ScheduleServiceServicer):
    """Schedules over the wire. Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def CreateSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        row = operations.create(self._jobs, wire.spec_of(request.schedule))
        return pb.CreateScheduleResponse(schedule=self._shown(row))

    def GetSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        count = _count(request.next_runs, default=0)
        return pb.GetScheduleResponse(schedule=self._shown(operations.get(self._jobs, request.name), next_runs=count))

    def ListSchedules(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit = _page_size(request.page_size)
        with self._jobs.database.unit_of_work() as work:
            found = histories.page(work, after=_read_token(request.page_token), job=request.job, limit=limit + 1)
            now = instant_now(work)
        shown = [wire.schedule_to_wire(row, self._jobs.service, now=now) for row in found[:limit]]
        token = _make_token(found[limit - 1].schedule.name) if len(found) > limit else ""
        return pb.ListSchedulesResponse(schedules=shown, next_page_token=token)

    def UpdateSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        changes = wire.changes_of(request.schedule, list(request.update_mask.paths))
        with wire.wire_words():
            row = operations.update(self._jobs, request.name, changes, resets=request.reset)
        return pb.UpdateScheduleResponse(schedule=self._shown(row))

    def DeleteSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        operations.delete(self._jobs, request.name)
        return pb.DeleteScheduleResponse()

    def StartSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        return pb.StartScheduleResponse(schedule=self._shown(operations.start(self._jobs, request.name)))

    def StopSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        row = operations.stop(self._jobs, request.name, reason=request.reason)
        return pb.StopScheduleResponse(schedule=self._shown(row))

    def TriggerSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        job = running.trigger(self._jobs, request.name)
        return pb.TriggerScheduleResponse(job_id=job.id, queue=job.queue)

    def BackfillSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        start, end = _needed(request, "start"), _needed(request, "end")
        done = running.backfill(self._jobs, request.name, start=start, end=end, in_turn=request.in_turn)
        return pb.BackfillScheduleResponse(
            fired=done.fired, buffered=done.buffered, known=done.known, coalesced=done.coalesced
        )

    def PreviewSchedule(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        count = _count(request.next_runs, default=RUNS_DEFAULT)
        schedule = wire.spec_of(request.schedule, name="preview", job="preview")
        if request.schedule.job:
            operations.check_job(self._jobs, schedule)
        after = instant_of(request, "after")
        if after is None:
            with self._jobs.database.unit_of_work() as work:
                after = instant_now(work)
        ticks: list[datetime] = []
        left = count if schedule.max_runs is None else min(count, schedule.max_runs)
        tick = schedule.rhythm.after(after)
        while tick is not None and len(ticks) < left:
            ticks.append(tick)
            tick = schedule.rhythm.after(tick)
        return pb.PreviewScheduleResponse(description=describe(schedule), next_runs=wire.timestamps(ticks))

    def ListTicks(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit, token = _page_size(request.page_size), _read_token(request.page_token)
        try:
            before = datetime.fromisoformat(token) if token else None
        except ValueError as error:
            raise _bad_token() from error
        operations.get(self._jobs, request.name)
        with self._jobs.database.unit_of_work() as work:
            found = histories.history(work, request.name, before=before, limit=limit + 1)
        token = _make_token(found[limit - 1].tick.isoformat()) if len(found) > limit else ""
        return pb.ListTicksResponse(ticks=[wire.tick_to_wire(tick) for tick in found[:limit]], next_page_token=token)

    def _shown(self, row: ScheduleRow, *, next_runs: int = 0) -> Any:
        with self._jobs.database.unit_of_work() as work:
            now = instant_now(work)
        return wire.schedule_to_wire(row, self._jobs.service, now=now, next_runs=next_runs)


def _page_size(size: int) -> int:
    if not 0 <= size <= PAGE_MAX:
        raise InvalidArgument(f"page_size must be from 1 to {PAGE_MAX}, got {size}", field="page_size")
    return size or PAGE_DEFAULT


def _count(asked: int, *, default: int) -> int:
    if not 0 <= asked <= RUNS_MAX:
        raise InvalidArgument(f"next_runs must be from 1 to {RUNS_MAX}, got {asked}", field="next_runs")
    return asked or default


def _needed(request: Any, field: str) -> datetime:
    found = instant_of(request, field)
    if found is None:
        raise InvalidArgument(f"{field} is needed", field=field)
    return found


def _make_token(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode()


def _read_token(token: str) -> str:
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise _bad_token()
    try:
        value = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        raise _bad_token() from error
    if "\x00" in value:
        raise _bad_token()
    return value


def _bad_token() -> InvalidArgument:
    return InvalidArgument("page_token must be the next_page_token of the page before", field="page_token")
