"""Owns GateService: gates and limiters over the wire. It must never decide: the settings do."""

from typing import Any

import grpc

from protos.jobs.v1 import gates_pb2, gates_pb2_grpc
from shared import clock
from shared.errors import InvalidArgument
from shared.jobs import wire
from shared.jobs.control.limiter_edits import LimiterChange, change_limiter, read_limiter
from shared.jobs.control.subjects import known_job, known_queue
from shared.jobs.gate_reads import GateNow, gate_page, look_at, read_gate
from shared.jobs.gate_settings import KINDS, Gate, GateChange, GateSetting, change_gate
from shared.jobs.limiter_reads import limiter_now
from shared.jobs.page_tokens import make_token, page_size, read_token
from shared.jobs.submission import Jobs

_KINDS: dict[int, str] = {gates_pb2.GATE_KIND_JOB: "job", gates_pb2.GATE_KIND_GROUP: "group"}
_NUMBERS: dict[str, Any] = {kind: number for number, kind in _KINDS.items()}


class GateServicer(gates_pb2_grpc.GateServiceServicer):
    """Read and set what may start. Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ListGates(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit, after = page_size(request.page_size), read_token(request.page_token, size=3)
        kind = "" if request.kind == gates_pb2.GATE_KIND_UNSPECIFIED else _kind_of(request.kind)
        if request.queue:
            known_queue(self._jobs, request.queue)
        with self._jobs.database.unit_of_work() as work:
            found = gate_page(work, queue=request.queue, kind=kind, after=after, limit=limit + 1)
        shown = found[:limit]
        last = shown[-1] if len(found) > limit else None
        token = make_token(last.queue, last.kind, last.name) if last else ""
        gates = [self._shown(now) for now in look_at(self._jobs, shown)]
        return gates_pb2.ListGatesResponse(gates=gates, next_page_token=token)

    def GetGate(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        with self._jobs.database.unit_of_work() as work:
            setting = read_gate(work, self._jobs, self._gate_of(request))
        return gates_pb2.GetGateResponse(gate=self._now(setting))

    def UpdateGate(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        change = GateChange(
            is_paused=request.paused if request.HasField("paused") else None,
            paused_until=wire.instant_of(request, "until"),
            max_running=request.max_running if request.HasField("max_running") else None,
            is_reset=request.reset,
        )
        setting = change_gate(self._jobs, self._gate_of(request), change)
        return gates_pb2.UpdateGateResponse(gate=self._now(setting))

    def ListLimiters(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        names = sorted(self._jobs.catalogue.limiters)
        return gates_pb2.ListLimitersResponse(limiters=[self._limiter(name) for name in names])

    def GetLimiter(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        return gates_pb2.GetLimiterResponse(limiter=self._limiter(request.name))

    def UpdateLimiter(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        change = LimiterChange(
            points=request.points if request.HasField("points") else None,
            window_ms=request.window_ms if request.HasField("window_ms") else None,
            is_paused=request.paused if request.HasField("paused") else None,
            paused_until=wire.instant_of(request, "until"),
            is_reset=request.reset,
        )
        change_limiter(self._jobs, request.name, change)
        return gates_pb2.UpdateLimiterResponse(limiter=self._limiter(request.name))

    def _gate_of(self, request: Any) -> Gate:
        """The gate that is meant; a job's is in its own queue unless the request names another."""
        kind, queue = _kind_of(request.kind), request.queue
        if not queue and kind == "job":
            queue = known_job(self._jobs, request.name).queue.name
        return Gate(queue, kind, request.name)

    def _now(self, setting: GateSetting) -> Any:
        return self._shown(look_at(self._jobs, [setting])[0])

    def _shown(self, now: GateNow) -> Any:
        setting = now.setting
        return gates_pb2.Gate(
            service=self._jobs.service,
            queue=setting.queue,
            kind=_NUMBERS[setting.kind],
            name=setting.name,
            paused=setting.is_paused_now,
            paused_until=wire.timestamp(setting.paused_until if setting.is_paused_now else None),
            max_running=setting.max_running,
            limiter=setting.limiter,
            cost=setting.cost,
            running=now.running,
            parked=now.parked,
        )

    def _limiter(self, name: str) -> Any:
        setting, now = read_limiter(self._jobs, name), limiter_now(self._jobs.scripts, name)
        return gates_pb2.Limiter(
            service=self._jobs.service,
            name=name,
            points=setting.points,
            window_ms=setting.window_ms,
            effective_points=now.points,
            effective_window_ms=now.window_ms,
            edited=setting.edited_at is not None,
            paused=now.paused_until_ms != 0,
            paused_until=_stamp(now.paused_until_ms),
            closed_until=_stamp(now.closed_until_ms),
            free_points=now.free,
            opens_at=_stamp(now.opens_ms),
            jobs=sorted(
                one.name for one in self._jobs.catalogue.jobs.values() if one.limiter and one.limiter.name == name
            ),
        )


def _kind_of(number: int) -> str:
    kind = _KINDS.get(number)
    if kind is None:
        raise InvalidArgument(f"kind must be job or group, got {number}", field="kind", allowed=KINDS)
    return kind


def _stamp(ms: int) -> Any:
    return wire.timestamp(clock.from_epoch_ms(ms)) if ms > 0 else None
