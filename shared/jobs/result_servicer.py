"""Owns ResultService: waiting for the end of jobs. It must never let waiting take all of a server's threads."""

from datetime import timedelta
from typing import Any

import grpc

from protos.jobs.v1 import results_pb2, results_pb2_grpc
from shared.errors import InvalidArgument
from shared.jobs import wire_times
from shared.jobs.control.methods import job_id_of
from shared.jobs.submission import Jobs
from shared.jobs.waits import wait
from shared.rpc import StreamSlots

FULL_NAME = str(results_pb2.DESCRIPTOR.services_by_name["ResultService"].full_name)
TIMEOUT_MAX_MS = 30_000
WAITING_MAX = 16


class ResultServicer(results_pb2_grpc.ResultServiceServicer):
    """Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._waiting = StreamSlots(WAITING_MAX)

    def WaitResult(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        if not 0 <= request.timeout_ms <= TIMEOUT_MAX_MS:
            raise InvalidArgument(f"timeout_ms must be from 0 to {TIMEOUT_MAX_MS:,}", field="timeout_ms")
        with self._waiting.hold():
            job = wait(self._jobs, job_id_of(request.id), timeout=timedelta(milliseconds=request.timeout_ms))
        return results_pb2.WaitResultResponse(job=wire_times.shown(self._jobs, job))
