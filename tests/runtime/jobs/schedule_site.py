"""Owns a caller's view of the bench's schedules: ScheduleService behind a real gRPC server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from protos.jobs.v1 import jobs_pb2_grpc, schedules_pb2_grpc
from protos.jobs.v1 import schedules_pb2 as pb
from shared.bootstrap.api import JOB_SERVICE, SCHEDULE_SERVICE
from shared.jobs.schedule_servicer import ScheduleServicer
from shared.jobs.servicer import JobServicer
from shared.rpc import WATCH_STREAMS, Peers, RpcServer, Servicer, StreamSlots
from shared.settings import Secret
from tests.runtime.jobs.sample import Bench


@dataclass(frozen=True, slots=True)
class ScheduleSite:
    """The bench behind a gRPC server, and a caller's stub."""

    bench: Bench
    stub: Any
    port: int

    def create(self, **spec: Any) -> Any:
        rhythm = {} if spec.keys() & {"cron", "at"} else {"every_ms": 600_000}
        message = pb.ScheduleSpec(**({"name": "tick", "job": "play"} | rhythm | spec))
        return self.stub.CreateSchedule(pb.CreateScheduleRequest(schedule=message)).schedule

    def get(self, name: str = "tick", **fields: Any) -> Any:
        return self.stub.GetSchedule(pb.GetScheduleRequest(name=name, **fields)).schedule

    def ticks(self, name: str = "tick", **fields: Any) -> Any:
        return self.stub.ListTicks(pb.ListTicksRequest(name=name, **fields))


@contextmanager
def open_schedule_site(bench: Bench, token: Secret) -> Iterator[ScheduleSite]:
    """The bench's jobs and schedules behind a server on a free port."""
    jobs = JobServicer(bench.jobs, StreamSlots(WATCH_STREAMS))
    servicers = (
        Servicer(jobs_pb2_grpc.add_JobServiceServicer_to_server, jobs, JOB_SERVICE),
        Servicer(
            schedules_pb2_grpc.add_ScheduleServiceServicer_to_server, ScheduleServicer(bench.jobs), SCHEDULE_SERVICE
        ),
    )
    server = RpcServer(servicers, host="127.0.0.1", port=0, token=token, name="market-data")
    port = server.start()
    peers = Peers({"market-data": f"127.0.0.1:{port}"}, token)
    yield ScheduleSite(bench, peers.stub(schedules_pb2_grpc.ScheduleServiceStub, "market-data"), port)
    peers.close()
    server.stop(0)
