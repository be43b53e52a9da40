"""Owns a caller's view of the bench: JobService behind a real gRPC server. It must never reach around the wire."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from shared.jobs.servicer import JobServicer
from shared.rpc import WATCH_STREAMS, Peers, RpcServer, Servicer, StreamSlots, from_rpc_error
from shared.settings import Secret
from tests.runtime.jobs.sample import Bench

JOB_SERVICE = str(jobs_pb2.DESCRIPTOR.services_by_name["JobService"].full_name)
TOKEN = Secret("a-service-token-of-enough-characters")


@dataclass(frozen=True, slots=True)
class Site:
    """The bench behind a gRPC server, and a caller's stub."""

    bench: Bench
    stub: Any
    streams: StreamSlots

    def submit(self, **fields: Any) -> Any:
        return self.stub.SubmitJob(jobs_pb2.SubmitJobRequest(**({"name": "play"} | fields)))

    def get(self, job_id: str) -> Any:
        return self.stub.GetJob(jobs_pb2.GetJobRequest(id=job_id)).job

    def list(self, **fields: Any) -> Any:
        return self.stub.ListJobs(jobs_pb2.ListJobsRequest(**fields))

    def watch(self, **fields: Any) -> Any:
        return self.stub.WatchEvents(jobs_pb2.WatchEventsRequest(**fields), timeout=20)


@contextmanager
def open_site(bench: Bench) -> Iterator[Site]:
    """The bench behind a server on a free port."""
    streams = StreamSlots(WATCH_STREAMS)
    servicer = Servicer(jobs_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(bench.jobs, streams), JOB_SERVICE)
    server = RpcServer((servicer,), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    peers = Peers({"market-data": f"127.0.0.1:{server.start()}"}, TOKEN)
    yield Site(bench, peers.stub(jobs_pb2_grpc.JobServiceStub, "market-data"), streams)
    peers.close()
    server.stop(0)


def refusal(call: Callable[[], object]) -> Any:
    """The error a caller's own code sees."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return from_rpc_error(caught.value)
