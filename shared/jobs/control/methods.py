"""Owns the part of JobService by which people change jobs and queues. It must never decide: the verbs do."""

import uuid
from datetime import timedelta
from typing import Any

import grpc

from protos.jobs.v1 import jobs_pb2
from shared.errors import InvalidArgument
from shared.jobs import wire, wire_times
from shared.jobs.control import queue_edits
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.changes import Change, change
from shared.jobs.control.drains import DRAIN_MAX, drain
from shared.jobs.control.queue_edits import Limits, edit
from shared.jobs.control.removals import clean, remove
from shared.jobs.control.requeues import requeue
from shared.jobs.queue_settings import QueueSetting
from shared.jobs.states import FINAL, State
from shared.jobs.submission import Jobs

CLEAN_DEFAULT = 1_000
#: What may be set of a queue, and its field of the request.
_LIMITS = {
    "slots": "slots", "max_running": "max_running", "rate": "rate_limit", "window_ms": "rate_window_ms",
    "group_max_running": "group_max_running", "age_ms": "age_ms",
}  # fmt: skip


class ControlMethods:
    """The verbs over the wire; errors are raised, the server's interceptor maps them."""

    _jobs: Jobs

    def CancelJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        job = cancel(self._jobs, job_id_of(request.id), reason=request.reason)
        return jobs_pb2.CancelJobResponse(job=wire_times.shown(self._jobs, job))

    def RequeueJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        job = requeue(self._jobs, job_id_of(request.id))
        return jobs_pb2.RequeueJobResponse(job=wire_times.shown(self._jobs, job))

    def UpdateJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        wanted = Change(
            priority=request.priority or None,
            queue=request.queue or None,
            scheduled_for=wire.instant_of(request, "scheduled_for"),
            is_now=request.run_now,
        )
        job = change(self._jobs, job_id_of(request.id), wanted)
        return jobs_pb2.UpdateJobResponse(job=wire_times.shown(self._jobs, job))

    def DeleteJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        remove(self._jobs, job_id_of(request.id))
        return jobs_pb2.DeleteJobResponse()

    def PauseQueue(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        setting = queue_edits.pause(self._jobs, request.queue, until=wire.instant_of(request, "until"))
        return jobs_pb2.PauseQueueResponse(queue=self._settings(setting))

    def ResumeQueue(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        return jobs_pb2.ResumeQueueResponse(queue=self._settings(queue_edits.resume(self._jobs, request.queue)))

    def UpdateQueue(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        given = {ours: getattr(request, name) for ours, name in _LIMITS.items() if request.HasField(name)}
        setting = edit(self._jobs, request.queue, Limits(**given, is_reset=request.reset))
        return jobs_pb2.UpdateQueueResponse(queue=self._settings(setting))

    def DrainQueue(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        states = [wire.state_of(number) for number in request.states]
        drained = drain(
            self._jobs,
            request.queue,
            reason=request.reason,
            states=[state for state in states if state is not None] or [State.QUEUED],
            limit=request.limit or DRAIN_MAX,
            is_dry=request.dry_run,
        )
        return jobs_pb2.DrainQueueResponse(jobs=drained.jobs, has_more=drained.has_more)

    def CleanQueue(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        state = wire.state_of(request.state)
        if state is None:
            allowed = [str(known) for known in State if known in FINAL]
            raise InvalidArgument("a final state is needed", field="state", allowed=allowed)
        try:
            older_than = timedelta(milliseconds=request.older_than_ms)
        except OverflowError as error:
            raise InvalidArgument("older_than_ms is no duration", field="older_than_ms") from error
        limit = request.limit or CLEAN_DEFAULT
        cleaned = clean(self._jobs, request.queue, state, older_than=older_than, limit=limit, is_dry=request.dry_run)
        return jobs_pb2.CleanQueueResponse(jobs=cleaned.jobs, has_more=cleaned.has_more)

    def _settings(self, setting: QueueSetting) -> Any:
        return jobs_pb2.Queue(
            name=setting.queue,
            service=self._jobs.service,
            paused=setting.is_paused_now,
            paused_until=wire.timestamp(setting.paused_until if setting.is_paused_now else None),
            slots=setting.slots,
            max_running=setting.max_running,
            rate_limit=setting.rate,
            rate_window_ms=setting.window_ms,
            group_max_running=setting.group_max_running,
            age_ms=setting.age_ms,
        )


def job_id_of(text: str) -> str:
    """A job's id in its one spelling. Raises InvalidArgument."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise InvalidArgument("id must be a UUID", field="id") from error
