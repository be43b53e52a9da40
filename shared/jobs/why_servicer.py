"""Owns WhyService: the answer to why a job does not run, over the wire. It must never find one itself."""

from typing import Any

import grpc

from protos.jobs.v1 import why_pb2, why_pb2_grpc
from shared.jobs import wire
from shared.jobs.control.methods import job_id_of
from shared.jobs.submission import Jobs
from shared.jobs.why.answer import why


class WhyServicer(why_pb2_grpc.WhyServiceServicer):
    """Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ExplainJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        answer = why(self._jobs, job_id_of(request.id))
        causes = [
            why_pb2.Cause(
                reason=cause.reason,
                text=cause.text,
                until=wire.timestamp(cause.until),
                running=cause.running,
                limit=cause.limit,
                ahead=cause.ahead,
            )
            for cause in answer.causes
        ]
        return why_pb2.ExplainJobResponse(id=answer.id, service=self._jobs.service, state=answer.state, causes=causes)
