"""Owns OutcomeService: the ends of jobs that one service's flow has in another. It must never decide anything."""

from typing import Any

import grpc

from protos.jobs.v1 import outcomes_pb2, outcomes_pb2_grpc
from shared.errors import InvalidArgument
from shared.jobs import wire
from shared.jobs.remote_outcomes import Told, take_outcome, withdraw_node
from shared.jobs.states import FINAL
from shared.jobs.submission import Jobs

FULL_NAME = str(outcomes_pb2.DESCRIPTOR.services_by_name["OutcomeService"].full_name)


class OutcomeServicer(outcomes_pb2_grpc.OutcomeServiceServicer):
    """Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def TellOutcome(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        state = wire.state_of(request.state)
        if state is None:
            allowed = sorted(str(known) for known in FINAL)
            raise InvalidArgument("state must be a final one", field="state", allowed=allowed)
        told = Told(
            source=request.source,
            id=request.id,
            message_id=request.message_id,
            job_id=request.job_id,
            state=state,
            result_json=request.result_json,
            error=request.error_message,
        )
        return outcomes_pb2.TellOutcomeResponse(is_news=take_outcome(self._jobs, told))

    def WithdrawNode(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        is_cancelled = withdraw_node(
            self._jobs, source=request.source, message_id=request.message_id, reason=request.reason
        )
        return outcomes_pb2.WithdrawNodeResponse(is_cancelled=is_cancelled)
