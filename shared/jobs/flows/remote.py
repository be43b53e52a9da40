"""Owns a flow's nodes in other services: whether they would be taken, and what they came to.

It must never hold a transaction while another service is asked.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import grpc
import structlog

from protos.jobs.v1 import flows_pb2, flows_pb2_grpc, jobs_pb2, jobs_pb2_grpc
from shared.errors import InvalidArgument, PlatformError, Rejected
from shared.jobs import payloads, wire
from shared.jobs.admission import check_options
from shared.jobs.flows.graphs import Placed
from shared.jobs.ledger import remote_rows
from shared.jobs.ledger.records import Submission
from shared.jobs.ledger.remote_rows import OpenRemote
from shared.jobs.limits import NAME
from shared.jobs.states import FINAL, State
from shared.jobs.submission import Jobs
from shared.rpc import Peers, from_rpc_error

log = structlog.get_logger(__name__)
BATCH = 100
CALL_SECONDS = 5.0
_FIRST = "00000000-0000-0000-0000-000000000000"


def submission_of(jobs: Jobs, each: Placed, form: Submission) -> Submission:
    """The row that stands for a job of another service; what its service alone knows is asked of it later."""
    node = each.node
    if node.service not in jobs.peers:
        raise InvalidArgument(f"no service {node.service[:60]!r} here", field="service", allowed=jobs.peers)
    name = node.job if isinstance(node.job, str) else node.job.name
    for field, word in (("name", name), ("queue", node.queue or "x")):
        if not NAME.fullmatch(word):
            raise InvalidArgument(f"{field} {word[:60]!r} must match {NAME.pattern}", field=field)
    check_options(priority=node.priority, scheduled_for=node.scheduled_for, key=None)
    if isinstance(node.args, dict):
        payloads.check(node.args)
    return Submission(
        id=form.id, name=name, queue=remote_rows.queue_for(node.service), priority=node.priority or 3,
        args_json=payloads.encode(node.args), attempts_max=1, timeout_ms=0, scheduled_for=node.scheduled_for,
        request_id=form.request_id,
    )  # fmt: skip


def check_remote(peers: Peers | None, placed: Sequence[Placed], submissions: Sequence[Submission]) -> None:
    """Ask each service whether it would take its nodes. Raises what it says, naming the node; PeerUnavailable."""
    by_peer: dict[str, list[tuple[Placed, Submission]]] = defaultdict(list)
    for each, made in zip(placed, submissions, strict=True):
        if each.node.service:
            by_peer[each.node.service].append((each, made))
    for peer, nodes in by_peer.items():
        if peers is None:
            field = f"{nodes[0][0].field}service"
            raise InvalidArgument("nodes of other services need `peers` to ask them", field=field)
        request = flows_pb2.CheckNodesRequest(
            nodes=[
                flows_pb2.FlowNodeSpec(
                    key=each.key, name=made.name, args_json=made.args_json, queue=each.node.queue or "",
                    priority=each.node.priority or 0, scheduled_for=wire.timestamp(made.scheduled_for),
                )
                for each, made in nodes
            ]
        )  # fmt: skip
        try:
            peers.stub(flows_pb2_grpc.FlowServiceStub, peer).CheckNodes(request, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            raise _told_of(from_rpc_error(error, peer=peer), [each for each, _ in nodes]) from error


def _told_of(error: PlatformError, nodes: Sequence[Placed]) -> PlatformError:
    """A peer counts the nodes it was sent; the caller has counted all."""
    if isinstance(error, InvalidArgument) and error.field.startswith("nodes["):
        number, _, rest = error.field.removeprefix("nodes[").partition("].")
        if number.isdigit() and int(number) < len(nodes):
            field = f"{nodes[int(number)].field}{rest}"
            error.args = (str(error).replace(error.field, field),)
            error.field = field
    return error


def follow_remote_once(jobs: Jobs, peers: Peers) -> bool:
    """Ask what became of the nodes that were sent, and end the rows that stand for them; False: the next turn is due.

    A service that does not answer is asked again at the next turn. Any number of copies may run.
    """
    after = _FIRST
    while True:
        with jobs.database.unit_of_work() as work:
            page = remote_rows.open_page(work, after=after, limit=BATCH)
        by_peer: dict[str, list[OpenRemote]] = defaultdict(list)
        for node in page:
            by_peer[node.peer].append(node)
        for peer, nodes in by_peer.items():
            try:
                _follow_peer(jobs, peers, peer, nodes)
            except grpc.RpcError as error:
                log.warning("outcomes not told", peer=peer, error=str(from_rpc_error(error, peer=peer))[:300])
            except Rejected as error:
                log.warning("outcomes not asked for", peer=peer, error=str(error)[:300])
        if len(page) < BATCH:
            return False
        after = page[-1].job_id


def _follow_peer(jobs: Jobs, peers: Peers, peer: str, nodes: Sequence[OpenRemote]) -> None:
    asked = []
    for node in nodes:
        if node.state in FINAL:
            _withdraw(jobs, peers, node)
        elif node.outbox_state == "failed":
            _end(jobs, node.message_id, State.DEAD, None, f"{peer} did not take it: {node.outbox_error}")
        elif node.outbox_state == "sent":
            asked.append(node)
    if not asked:
        return
    request = flows_pb2.ListOutcomesRequest(
        source=jobs.service,
        nodes=[flows_pb2.SentNode(message_id=node.message_id, job_id=node.peer_job_id or "") for node in asked],
    )
    answer: Any = peers.stub(flows_pb2_grpc.FlowServiceStub, peer).ListOutcomes(request, timeout=CALL_SECONDS)
    known = {node.message_id: node for node in asked}
    for outcome in answer.outcomes:
        state = State.DEAD if not outcome.state else wire.state_of(outcome.state)
        if state in FINAL:
            text = outcome.error_message or ("" if outcome.state else "its job has been deleted")
            _end(jobs, outcome.message_id, State(state), outcome.result_json or None, f"in {peer}: {text}")
        elif outcome.job_id and known[outcome.message_id].peer_job_id is None:
            with jobs.database.unit_of_work() as work:
                remote_rows.name(work, outcome.message_id, outcome.job_id)


def _end(jobs: Jobs, message_id: str, state: State, result: str | None, error: str) -> None:
    with jobs.database.unit_of_work() as work:
        ended = remote_rows.end(work, message_id, state=state, result=result, error=error)
        if ended is not None and ended[1]:
            jobs.ended(work, [(ended[0], state)])


def _withdraw(jobs: Jobs, peers: Peers, node: OpenRemote) -> None:
    """It was cancelled here: there as well, once it is known which job that is."""
    if node.outbox_state == "waiting":
        return  # it may be on its way; at a later turn there is a job to cancel, or a failure
    if node.peer_job_id is not None and node.state is State.CANCELLED:
        request = jobs_pb2.CancelJobRequest(id=node.peer_job_id, reason=f"its flow in {jobs.service} was cancelled")
        try:
            peers.stub(jobs_pb2_grpc.JobServiceStub, node.peer).CancelJob(request, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            if not isinstance(from_rpc_error(error, peer=node.peer), Rejected):
                raise
    with jobs.database.unit_of_work() as work:
        remote_rows.close(work, node.message_id)
