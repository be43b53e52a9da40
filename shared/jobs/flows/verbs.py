"""Owns what is done to a flow as a whole: cancel, retry of what failed, the end of its time.

It must never change a job but through the verbs of jobs.
"""

from collections.abc import Sequence

import structlog

from shared.errors import NotFound, StoreUnavailable, WrongState
from shared.jobs import keyed_nodes
from shared.jobs.control.cancellations import cancel_rows, withdraw
from shared.jobs.control.subjects import checked_reason
from shared.jobs.crash_points import crash_point
from shared.jobs.flows.reads import Flow, read_flow
from shared.jobs.ledger import commands, edges, flow_rows, remote_rows
from shared.jobs.states import FINAL, State
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 20
#: So many pages full of flows that cannot be ended are looked past.
PAGES_MAX = 50


def get_flow(jobs: Jobs, flow_id: str) -> Flow:
    """One flow. Raises NotFound."""
    with jobs.database.unit_of_work() as work:
        return read_flow(work, flow_id)


def cancel_flow(jobs: Jobs, flow_id: str, *, reason: str = "") -> Flow:
    """Cancel all of it that has not ended, callbacks included. Safe to repeat.

    Raises NotFound, WrongState for a flow that has ended otherwise.
    """
    reason = checked_reason(reason) or "cancelled by a person"
    flow = get_flow(jobs, flow_id)
    if flow.finished_at is not None and flow.state != State.CANCELLED:
        raise WrongState(f"flow {flow_id} is {flow.state}; cancel needs running", state=flow.state, allowed=["running"])
    _end(jobs, flow_id, state=State.CANCELLED, reason=reason, kinds=None)
    return get_flow(jobs, flow_id)


def expire_once(jobs: Jobs) -> bool:
    """End flows whose time is over: what is live of their nodes is cancelled, callbacks follow. True = maybe more.

    One that cannot be ended keeps none that came after it: those are ended before its error is raised.
    """
    failed: Exception | None = None
    last: flow_rows.Overdue | None = None
    for _ in range(PAGES_MAX):
        with jobs.database.unit_of_work() as work:
            overdue = flow_rows.overdue(work, limit=BATCH, after=last)
        ended = 0
        for last in overdue:
            try:
                _end(jobs, last.id, state=State.EXPIRED, reason="its time was over", kinds=("node",))
                ended += 1
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # raised again below, when the others have had their turn
                log.warning("flow whose time is over could not be ended", flow_id=last.id, error=str(error)[:500])
                failed = failed or error
        if ended or len(overdue) < BATCH:
            break
    if failed is not None:
        raise failed
    return len(overdue) == BATCH


def retry_flow(jobs: Jobs, flow_id: str) -> Flow:
    """Run again what did not end well, each after what it waits for; what has completed keeps its results.

    Callbacks that have been started are not started again. Raises NotFound, WrongState when nothing has failed.
    """
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        nodes = flow_rows.lock_nodes(work, flow_id)
        failed = [node.job_id for node in nodes if node.state in FINAL and node.state is not State.COMPLETED]
        if not failed:
            flow = read_flow(work, flow_id)
            raise WrongState(f"nothing of flow {flow_id} has failed", state=flow.state, allowed=["dead", "cancelled"])
        begun = commands.requeue_many(work, failed)
        flow_rows.count_revived(work, failed)
        flow_rows.renew_deadline(work, flow_id)
        blocked = [node.job_id for node in nodes if node.state is State.BLOCKED and node.is_waiting]
        waiting = set(edges.block_again(work, [*failed, *blocked]))
        free = remote_rows.sent_apart(work, [job for job in begun if job.id not in waiting])
        crash_point("flow.retried")
        keyed_nodes.start(jobs, work, free, deadline_ms)
        return read_flow(work, flow_id)


def _end(jobs: Jobs, flow_id: str, *, state: State, reason: str, kinds: Sequence[str] | None) -> None:
    with jobs.database.unit_of_work() as work:
        nodes = flow_rows.lock_nodes(work, flow_id)
        if not nodes:
            raise NotFound(f"no job of flow {flow_id} is left")
        flow_rows.close(work, flow_id, state=state, reason=reason)
        live = [node.job_id for node in nodes if node.state not in FINAL and (kinds is None or node.kind in kinds)]
        cancelled = cancel_rows(jobs, work, live, reason=f"its flow: {reason}")
        crash_point("flow.ended")
    withdraw(jobs, cancelled)
