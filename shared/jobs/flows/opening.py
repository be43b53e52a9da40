"""Owns submit_flow(): a whole graph of jobs in one transaction. It must never leave a part of one."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from shared import clock, logs
from shared.db import UnitOfWork
from shared.errors import AlreadyExists, InvalidArgument, NotFound
from shared.jobs import keyed_nodes
from shared.jobs.admission import Request, fresh_id, prepare
from shared.jobs.crash_points import crash_point
from shared.jobs.dependencies import Dependency
from shared.jobs.flows.graphs import Node, Placed, arrange, callback, checked_word
from shared.jobs.flows.reads import Flow, read_flow
from shared.jobs.flows.remote import check_remote, submission_of
from shared.jobs.ledger import edges, flow_rows, idempotency, opening, remote_rows
from shared.jobs.ledger.edges import Wait
from shared.jobs.ledger.records import JobId, Submission
from shared.jobs.ledger.time_rows import keep_own
from shared.jobs.submission import Jobs
from shared.rpc import Peers

TIMEOUT_MAX = timedelta(days=30)


def submit_flow(
    jobs: Jobs,
    name: str,
    nodes: Sequence[Node],
    *,
    timeout: timedelta | None = None,
    on_success: Node | None = None,
    on_complete: Node | None = None,
    on_death: Node | None = None,
    idempotency_key: str | None = None,
    peers: Peers | None = None,
    within: UnitOfWork | None = None,
    flow_id: str | None = None,
) -> Flow:
    """Accept a graph of jobs as a whole, or nothing of it; without dependencies it is a batch.

    Nodes of other services are asked of them through `peers` before anything is written, and sent by the outbox.
    A `flow_id` makes the call repeatable for good: the flow that has it already is the answer, whatever is asked.
    Callbacks start once: when all nodes have completed, when all have ended, when the first is dead or expired.

    Raises:
        InvalidArgument: naming the node's field; a cycle is told by its keys.
        AlreadyExists: the idempotency key was used for another flow.
        StoreUnavailable: repeat with the same idempotency key.
    """
    checked_word(name, field="name")
    placed = arrange(nodes)
    given = {"on_success": on_success, "on_complete": on_complete, "on_death": on_death}
    placed += [callback(kind, node, len(nodes)) for kind, node in given.items() if node is not None]
    form = Submission(
        id=JobId(flow_id or fresh_id(clock.epoch_ms(clock.now()))), name=f"flow:{name}", queue="", priority=0,
        args_json="", attempts_max=0, timeout_ms=_timeout_ms(timeout), idempotency_key=idempotency_key or None,
        request_id=logs.request_id() or None,
    )  # fmt: skip
    known = _begun(jobs, flow_id, within) if flow_id is not None else None
    if known is not None:
        return known
    submissions = _submissions(jobs, placed, form)
    check_remote(peers, placed, submissions)
    deadline_ms = jobs.push_deadline()

    def write(work: UnitOfWork) -> Flow:
        return _write(jobs, work, name, placed, submissions, form, deadline_ms)

    if within is not None:
        return write(within)
    with jobs.database.unit_of_work() as work:
        return write(work)


def _begun(jobs: Jobs, flow_id: str, within: UnitOfWork | None) -> Flow | None:
    """The flow of this id; who begins it at the same time fails by the row's id and finds it at the next try."""
    try:
        if within is not None:
            return read_flow(within, flow_id)
        with jobs.database.unit_of_work() as work:
            return read_flow(work, flow_id)
    except NotFound:
        return None


def _submissions(jobs: Jobs, placed: Sequence[Placed], form: Submission) -> list[Submission]:
    """Every job checked; ids in the order of the graph, so that all who lock several lock parents first."""
    at_ms = clock.epoch_ms(clock.now())
    ids = sorted(fresh_id(at_ms) for _ in placed)
    made = []
    for job_id, each in zip(ids, placed, strict=True):
        node = each.node
        try:
            if node.service:
                made.append(submission_of(jobs, each, msgspec.structs.replace(form, id=job_id)))
                continue
            submission = prepare(
                jobs.catalogue, node.job, node.args, queue=node.queue, priority=node.priority,
                scheduled_for=node.scheduled_for, request=Request(id=job_id, request_id=form.request_id),
            )  # fmt: skip
            if not submission.is_durable:
                raise InvalidArgument("a job with durable=False keeps no row, so it cannot be in a flow", field="name")
            keyed_nodes.refuse_latest(submission)
        except InvalidArgument as error:
            error.args = (f"{each.field}{error.field}: {error}",)
            error.field = f"{each.field}{error.field}"
            raise
        made.append(submission)
    return made


def _write(
    jobs: Jobs,
    work: UnitOfWork,
    name: str,
    placed: Sequence[Placed],
    submissions: Sequence[Submission],
    form: Submission,
    deadline_ms: int | None,
) -> Flow:
    known = _known(work, msgspec.structs.replace(form, args_json=_digest(placed, submissions)))
    if known is not None:
        return known
    opened = opening.open_many(work, submissions)
    keep_own(work, submissions)
    keyed_nodes.note(work, submissions)
    flow_rows.add(
        work, flow_rows.NewFlow(form.id, name, form.request_id, form.timeout_ms or None),
        [
            flow_rows.NewNode(key=each.key, job_id=made.id, kind=each.kind, is_sink=each.is_sink)
            for each, made in zip(placed, submissions, strict=True)
        ],
    )  # fmt: skip
    remote = [
        remote_rows.NewRemote(job_id=made.id, peer=each.node.service, queue=each.node.queue or "")
        for each, made in zip(placed, submissions, strict=True)
        if each.node.service
    ]
    if remote:
        remote_rows.add(work, remote)
    waits = _waits(placed, submissions)
    if waits:
        edges.block(work, waits)
    crash_point("flow.opened")
    roots = remote_rows.sent_apart(work, [job for job, each in zip(opened, placed, strict=True) if not each.parents])
    keyed_nodes.start(jobs, work, roots, deadline_ms)
    return read_flow(work, form.id)


def _waits(placed: Sequence[Placed], submissions: Sequence[Submission]) -> list[Wait]:
    """What each node that waits is to wait for."""
    return [
        Wait(
            job_id=made.id,
            parents=[Dependency(submissions[at].id, policy) for at, policy in each.parents],
            min_success_ratio=each.min_success_ratio,
            is_death_watch=each.kind == "on_death",
        )
        for each, made in zip(placed, submissions, strict=True)
        if each.parents
    ]


def _known(work: UnitOfWork, form: Submission) -> Flow | None:
    """The flow that was submitted with this key before; None when the key is ours, or there is none."""
    if form.idempotency_key is None:
        return None
    if len(form.idempotency_key) > 200 or not form.idempotency_key.isprintable():
        raise InvalidArgument("idempotency_key must be at most 200 printable characters", field="idempotency_key")
    holder: JobId | None = idempotency.take_key(work, form)
    if holder is None:
        return None
    try:
        return read_flow(work, holder)
    except NotFound as error:
        raise AlreadyExists(f"flow {holder} of this key has been deleted; the key is free within a day") from error


def _digest(placed: Sequence[Placed], submissions: Sequence[Submission]) -> str:
    """What makes two requests the same, whatever ids they were given."""
    told = [
        (each.key, each.kind, made.name, made.queue, made.priority, made.args_json, str(made.scheduled_for),
         [(at, str(policy)) for at, policy in each.parents], str(each.min_success_ratio))
        for each, made in zip(placed, submissions, strict=True)
    ]  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _timeout_ms(timeout: timedelta | None) -> int:
    if timeout is None:
        return 0
    if not timedelta(0) < timeout <= TIMEOUT_MAX:
        raise InvalidArgument("timeout_ms must be above 0 and at most 30 days", field="timeout_ms")
    return max(1, timeout // timedelta(milliseconds=1))
