"""Owns /api/v1/flows: graphs of jobs over HTTP. It must never decide anything about a flow."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from protos.jobs.v1 import flows_pb2
from services.gateway.auth.gate import may_operate, may_view
from services.gateway.clients.flows import Flows
from services.gateway.clients.jobs import STATE_WORDS
from services.gateway.domain import instants
from services.gateway.rest.answers import instant, json_answer, list_answer
from services.gateway.rest.body import Document, StrictBody, documented, optional, parse_as, read_deep_document
from services.gateway.rest.dependencies import MAX_PARENTS, OnFailure, Ratio, policy_number
from services.gateway.rest.job_actions import JobId, Operator, ReasonBody, TrailHere
from services.gateway.rest.jobs import canonical_id, checked_key
from services.gateway.rest.query import MAX_NAME_CHARACTERS, Name, PageQuery, check_query, no_query
from services.gateway.rest.schemas import TIME, StateWord
from shared.errors import InvalidArgument

routes = APIRouter(prefix="/api/v1/flows", tags=["flows"])
MAX_NODES = 1_000
FLOW_WORDS = {value: name.removeprefix("FLOW_STATE_").lower() for name, value in flows_pb2.FlowState.items() if value}
_CALLBACKS = ("on_success", "on_complete", "on_death")
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_list = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


class FlowDependency(StrictBody):
    """A node that has to end first."""

    key: Name
    on_failure: OnFailure = None


class CallbackBody(StrictBody):
    """A job that follows the nodes."""

    name: Name = Field(description="Job name.")
    args: dict[str, Any] = Field(default_factory=dict, description="Arguments; at most 262,144 bytes and 16 levels.")
    queue: Name | None = None
    priority: int | None = Field(None, ge=1, le=5, description="1 critical to 5 batch; the job's own by default.")
    scheduled_for: str | None = Field(None, max_length=64, description="Earliest start, RFC 3339 with zone.")


class NodeBody(CallbackBody):
    """One job of the flow."""

    service: Name | None = Field(None, description="Another service that is to run it.")

    key: Name = Field(description="Names it within the flow.")
    depends_on: list[str | FlowDependency] = Field(
        default_factory=list, max_length=MAX_PARENTS, description="Keys of what has to end first."
    )
    min_success_ratio: Ratio | None = None
    on_failure: OnFailure = None


class FlowBody(StrictBody):
    """A graph of jobs of one service; without dependencies a batch."""

    name: Name
    nodes: list[NodeBody] = Field(min_length=1, max_length=MAX_NODES)
    service: Name | None = Field(None, description="Found by the first node's queue or name when it is not given.")
    timeout_ms: int | None = Field(None, ge=1, le=30 * 86_400_000, description="What is live then is cancelled.")
    on_success: CallbackBody | None = Field(None, description="Started once when every node has completed.")
    on_complete: CallbackBody | None = Field(None, description="Started once when every node has ended.")
    on_death: CallbackBody | None = Field(None, description="Started once when the first node is dead.")


class FlowNodeAnswer(BaseModel):
    """One job of a flow; `state` is null when it has been deleted."""

    key: str
    kind: Literal["node", "on_success", "on_complete", "on_death"]
    job_id: str
    name: str
    queue: str
    state: StateWord | None
    depends_on: list[str]
    attempts_made: int
    error: str | None
    started_at: str | None
    finished_at: str | None


class FlowHead(BaseModel):
    """A flow without its nodes."""

    id: str
    service: str
    name: str
    state: Literal["running", "completed", "dead", "cancelled", "expired"]
    reason: str | None
    live: int = Field(description="Jobs that have not ended, callbacks included.")
    request_id: str | None
    created_at: str = Field(description=TIME)
    deadline: str | None
    finished_at: str | None


class FlowAnswer(FlowHead):
    """A flow; its nodes in an order in which everything comes after what it waits for."""

    nodes: list[FlowNodeAnswer]


class FlowList(BaseModel):
    """Flows by service, the newest first."""

    items: list[FlowHead]
    next_cursor: str | None
    unavailable: list[str] = Field(description="Services that did not answer; their flows are missing.")


class FlowsQuery(PageQuery):
    """Which flows, and which page of them."""

    service: str = Field("", max_length=MAX_NAME_CHARACTERS)
    live: bool = Field(False, description="Only those that have not ended.")
    job_id: str = Field("", max_length=36, description="Only the flow that this job is a node of.")


def _flows(request: Request) -> Flows:
    flows: Flows = request.app.state.flows
    return flows


FlowsHere = Annotated[Flows, Depends(_flows)]
FlowId = Annotated[str, Path(alias="id", description="UUID.")]
_OPERATE = [Depends(may_operate), Depends(no_query)]
_REASON = documented(ReasonBody, is_needed=False)


@routes.post("", status_code=202, dependencies=_OPERATE, response_model=FlowAnswer, openapi_extra=documented(FlowBody))
def submit_flow(
    flows: FlowsHere,
    document: Annotated[Document, Depends(read_deep_document)],
    idempotency_key: Annotated[
        str, Header(description="The same key and flow name within 24 hours give the first flow again.")
    ] = "",
) -> Response:
    """Submit a graph of jobs as a whole. The answer is sent once all of it is durable; 422 names a cycle."""
    body = parse_as(FlowBody, document.value)
    members = _raw.decode(document.raw)
    request = flows_pb2.SubmitFlowRequest(
        name=body.name,
        nodes=[
            _spec(*pair, field=f"nodes[{at}]")
            for at, pair in enumerate(zip(body.nodes, _raw_list.decode(members["nodes"]), strict=True))
        ],
        timeout_ms=body.timeout_ms or 0,
        idempotency_key=checked_key(idempotency_key),
    )
    for kind in _CALLBACKS:
        callback: CallbackBody | None = getattr(body, kind)
        if callback is not None:
            getattr(request, kind).CopyFrom(_spec(callback, _raw.decode(members[kind]), field=kind))
    flow = flows.submit(request, service=body.service or "")
    return json_answer(flow_json(flow), status=202, headers={"Location": f"{routes.prefix}/{flow.id}"})


@routes.get("", dependencies=[Depends(may_view), Depends(check_query)], response_model=FlowList)
def list_flows(flows: FlowsHere, query: Annotated[FlowsQuery, Query()]) -> Response:
    """List the flows of all services, by service and newest first, kept for 7 days after their end."""
    try:
        job_id = canonical_id(query.job_id) if query.job_id else ""
    except InvalidArgument as error:
        error.field = "job_id"
        raise
    page = flows.list(service=query.service, live=query.live, job_id=job_id, limit=query.limit, cursor=query.cursor)
    shown = [{name: value for name, value in flow_json(flow).items() if name != "nodes"} for flow in page.flows]
    return list_answer(shown, next_cursor=page.cursor, unavailable=list(page.unavailable))


@routes.get("/{id}", dependencies=[Depends(may_view), Depends(no_query)], response_model=FlowAnswer)
def get_flow(flows: FlowsHere, flow_id: FlowId) -> Response:
    """Read one flow with its jobs. May lag by 2 seconds."""
    return json_answer(flow_json(flows.get(canonical_id(flow_id))))


@routes.post("/{id}/cancel", dependencies=_OPERATE, response_model=FlowAnswer, openapi_extra=_REASON)
def cancel_flow(
    who: Operator, flows: FlowsHere, trail: TrailHere, flow_id: JobId,
    body: Annotated[ReasonBody, Depends(optional(ReasonBody))],
) -> Response:  # fmt: skip
    """Cancel all of a flow that has not ended. 409 when it has ended otherwise."""
    request = flows_pb2.CancelFlowRequest(id=canonical_id(flow_id), reason=body.reason)
    return _act(flows, trail, who, "CancelFlow", request, reason=body.reason)


@routes.post("/{id}/retry", dependencies=_OPERATE, response_model=FlowAnswer, openapi_extra=_REASON)
def retry_flow(
    who: Operator, flows: FlowsHere, trail: TrailHere, flow_id: JobId,
    body: Annotated[ReasonBody, Depends(optional(ReasonBody))],
) -> Response:  # fmt: skip
    """Run again what did not end well; what has completed keeps its results. 409 when nothing has failed."""
    request = flows_pb2.RetryFlowRequest(id=canonical_id(flow_id))
    return _act(flows, trail, who, "RetryFlow", request, reason=body.reason)


def _act(flows: Flows, trail: TrailHere, who: Operator, method: str, request: Any, *, reason: str) -> Response:
    before = flows.get(request.id)
    with trail.action(
        who, method, service=before.service, target=before.id, before=_kept(before), reason=reason
    ) as action:
        flow = flows.call(before.service, method, request)
        action.after = _kept(flow)
    return json_answer(flow_json(flow))


def _kept(flow: flows_pb2.Flow) -> dict[str, Any]:
    """What the audit log keeps of a flow."""
    return {"name": flow.name, "state": FLOW_WORDS[flow.state], "live": flow.live}


def _spec(body: CallbackBody, members: dict[str, msgspec.Raw], *, field: str) -> flows_pb2.FlowNodeSpec:
    """A node as the proto has it, its arguments exactly as they were sent. Raises InvalidArgument below `field`."""
    at = instants.parse(body.scheduled_for, f"{field}.scheduled_for") if body.scheduled_for is not None else None
    spec = flows_pb2.FlowNodeSpec(
        name=body.name, args_json=bytes(members.get("args", b"{}")).decode(), queue=body.queue or "",
        priority=body.priority or 0, scheduled_for=at,
    )  # fmt: skip
    if isinstance(body, NodeBody):
        given = [FlowDependency(key=each) if isinstance(each, str) else each for each in body.depends_on]
        spec.MergeFrom(
            flows_pb2.FlowNodeSpec(
                key=body.key,
                service=body.service or "",
                depends_on=[{"key": each.key, "on_failure": policy_number(each.on_failure)} for each in given],
                min_success_ratio=body.min_success_ratio,
                on_failure=policy_number(body.on_failure),  # type: ignore[arg-type]  # an enum's number
            )
        )
    return spec


def flow_json(flow: flows_pb2.Flow) -> dict[str, object]:
    """A flow as the API promises it."""
    return {
        "id": flow.id,
        "service": flow.service,
        "name": flow.name,
        "state": FLOW_WORDS[flow.state],
        "reason": flow.reason or None,
        "live": flow.live,
        "request_id": flow.request_id or None,
        "created_at": instant(flow, "created_at"),
        "deadline": instant(flow, "deadline"),
        "finished_at": instant(flow, "finished_at"),
        "nodes": [_node_json(node) for node in flow.nodes],
    }


def _node_json(node: flows_pb2.FlowNode) -> dict[str, object]:
    return {
        "key": node.key,
        "kind": node.kind,
        "job_id": node.job_id,
        "name": node.name,
        "queue": node.queue,
        "state": STATE_WORDS[node.state] if node.state else None,
        "depends_on": list(node.depends_on),
        "attempts_made": node.attempts_made,
        "error": node.error_message or None,
        "started_at": instant(node, "started_at"),
        "finished_at": instant(node, "finished_at"),
    }
