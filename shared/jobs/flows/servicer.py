"""Owns FlowService of protos/jobs/v1, served by every service for its own flows. It must never decide: the verbs do."""

from datetime import timedelta
from typing import Any

import grpc

from protos.jobs.v1 import flows_pb2, flows_pb2_grpc
from shared.errors import InvalidArgument
from shared.jobs import payloads, wire
from shared.jobs.control.methods import job_id_of
from shared.jobs.dependency_wire import policy_of
from shared.jobs.flows.graphs import After, Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.outcomes import check_nodes, outcomes_of
from shared.jobs.flows.reads import Flow, FlowNode, page_of_flows
from shared.jobs.flows.verbs import cancel_flow, get_flow, retry_flow
from shared.jobs.page_tokens import make_token, page_size, read_token
from shared.jobs.submission import Jobs
from shared.rpc import Peers

_CALLBACKS = ("on_success", "on_complete", "on_death")


class FlowServicer(flows_pb2_grpc.FlowServiceServicer):
    """The verbs over the wire; errors are raised, the server's interceptor maps them."""

    def __init__(self, jobs: Jobs, peers: Peers | None = None) -> None:
        """Without `peers` flows have no nodes in other services."""
        self._jobs = jobs
        self._peers = peers

    def SubmitFlow(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        own = self._jobs.service
        given = [kind for kind in _CALLBACKS if request.HasField(kind)]
        callbacks = {kind: node_of(getattr(request, kind), field=kind, own=own) for kind in given}
        flow = submit_flow(
            self._jobs,
            request.name,
            [node_of(node, field=f"nodes[{at}]", own=own) for at, node in enumerate(request.nodes)],
            timeout=timedelta(milliseconds=max(-1, min(request.timeout_ms, 2**50))) if request.timeout_ms else None,
            idempotency_key=request.idempotency_key or None,
            peers=self._peers,
            on_success=callbacks.get("on_success"),
            on_complete=callbacks.get("on_complete"),
            on_death=callbacks.get("on_death"),
        )
        return flows_pb2.SubmitFlowResponse(flow=self._flow(flow))

    def GetFlow(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        return flows_pb2.GetFlowResponse(flow=self._flow(get_flow(self._jobs, job_id_of(request.id))))

    def ListFlows(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit, place = page_size(request.page_size), read_token(request.page_token, size=1)
        if place is not None and not (place[0].isdecimal() and int(place[0]) < 2**63):
            raise InvalidArgument("page_token is not one of ours", field="page_token")
        job_id = job_id_of(request.job_id) if request.job_id else None
        with self._jobs.database.unit_of_work() as work:
            before = None if place is None else int(place[0])
            found = page_of_flows(work, before=before, limit=limit + 1, is_live=request.live, job_id=job_id)
        token = make_token(str(found[limit - 1][0])) if len(found) > limit else ""
        return flows_pb2.ListFlowsResponse(flows=[self._flow(flow) for _, flow in found[:limit]], next_page_token=token)

    def CancelFlow(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        flow = cancel_flow(self._jobs, job_id_of(request.id), reason=request.reason)
        return flows_pb2.CancelFlowResponse(flow=self._flow(flow))

    def RetryFlow(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        return flows_pb2.RetryFlowResponse(flow=self._flow(retry_flow(self._jobs, job_id_of(request.id))))

    def CheckNodes(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        check_nodes(self._jobs, request.nodes)
        return flows_pb2.CheckNodesResponse()

    def ListOutcomes(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        return flows_pb2.ListOutcomesResponse(outcomes=outcomes_of(self._jobs, request.source, request.nodes))

    def _flow(self, flow: Flow) -> Any:
        return flows_pb2.Flow(
            id=flow.id,
            service=self._jobs.service,
            name=flow.name,
            state=f"FLOW_STATE_{flow.state.upper()}",
            reason=flow.reason,
            live=flow.live,
            request_id=flow.request_id,
            created_at=wire.timestamp(flow.created_at),
            deadline=wire.timestamp(flow.deadline),
            finished_at=wire.timestamp(flow.finished_at),
            nodes=[_node(node) for node in flow.nodes],
        )


def node_of(message: Any, *, field: str, own: str) -> Node:
    """A node as it was asked for. Raises InvalidArgument naming its field."""
    return Node(
        key=message.key,
        service="" if message.service == own else message.service,
        job=message.name,
        args=payloads.parse_object(message.args_json or "{}", field=f"{field}.args"),
        queue=message.queue or None,
        priority=message.priority or None,
        scheduled_for=wire.instant_of(message, "scheduled_for"),
        depends_on=[
            After(each.key, policy_of(each.on_failure, field=f"{field}.depends_on")) for each in message.depends_on
        ],
        min_success_ratio=message.min_success_ratio if message.HasField("min_success_ratio") else None,
        on_failure=policy_of(message.on_failure, field=f"{field}.on_failure"),
    )


def _node(node: FlowNode) -> Any:
    return flows_pb2.FlowNode(
        key=node.key,
        kind=node.kind,
        job_id=node.job_id,
        name=node.name,
        queue=node.queue,
        state=None if node.state is None else wire.STATES[node.state],
        depends_on=node.depends_on,
        attempts_made=node.attempts_made,
        error_message=node.error_message,
        started_at=wire.timestamp(node.started_at),
        finished_at=wire.timestamp(node.finished_at),
    )
