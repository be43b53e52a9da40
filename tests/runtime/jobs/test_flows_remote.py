"""Nodes of a flow that another service runs: asked before the commit, sent by the outbox, ended by what it says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from protos.jobs.v1 import flows_pb2_grpc, jobs_pb2_grpc, outcomes_pb2_grpc
from shared.errors import InvalidArgument, PlatformError, UnknownJob, WrongState
from shared.jobs import JobContext, Jobs, Policy
from shared.jobs.control.requeues import requeue
from shared.jobs.exchange.delivery import deliver_once
from shared.jobs.flows.graphs import After, Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.reads import Flow
from shared.jobs.flows.remote import follow_remote_once
from shared.jobs.flows.servicer import FlowServicer
from shared.jobs.flows.verbs import cancel_flow, get_flow, retry_flow
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.outcome_servicer import FULL_NAME, OutcomeServicer
from shared.jobs.servicer import JobServicer
from shared.jobs.testing import drain
from shared.rpc import Peers, RpcServer, Servicer, StreamSlots
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.site import TOKEN
from tests.runtime.jobs.subjects import give_up

FLOW_SERVICE = "millrace.jobs.v1.FlowService"


@dataclass(frozen=True, slots=True)
class Two:
    """The bench as `risk`, and a service that has flows with nodes there."""

    bench: Bench
    sender: Jobs
    peers: Peers
    server: RpcServer

    def submit(self, *nodes: Node, **options: Any) -> Flow:
        return submit_flow(self.sender, "f", nodes, peers=self.peers, **options)

    def turn(self) -> None:
        """Everything both services' loops and workers would do until nothing moves."""
        for _ in range(4):
            while deliver_once(self.sender, self.peers):
                continue
            drain(self.bench.runtime)
            follow_remote_once(self.sender, self.peers)

    def states(self, flow: Flow) -> dict[str, str]:
        return {each.key: str(each.state) for each in get_flow(self.sender, flow.id).nodes}

    def made(self) -> list[tuple[str, str]]:
        """State and note of the jobs that `risk` has made of messages."""
        rows = self.bench.sql(
            "SELECT job.state, args->>'note' FROM inbox JOIN job ON job.id::text = inbox.result#>>'{}' ORDER BY seq"
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def two(bench: Bench) -> Iterator[Two]:
    servicers = [
        Servicer(
            jobs_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(bench.jobs, StreamSlots(1)),
            "millrace.jobs.v1.JobService",
        ),
        Servicer(flows_pb2_grpc.add_FlowServiceServicer_to_server, FlowServicer(bench.jobs), FLOW_SERVICE),
        Servicer(outcomes_pb2_grpc.add_OutcomeServiceServicer_to_server, OutcomeServicer(bench.jobs), FULL_NAME),
    ]  # fmt: skip
    server = RpcServer(servicers, host="127.0.0.1", port=0, token=TOKEN, name="risk")
    peers = Peers({"risk": f"127.0.0.1:{server.start()}"}, TOKEN)
    sender = Jobs(bench.jobs.catalogue, bench.jobs.database, bench.jobs.scripts, peers=("risk",))
    yield Two(bench, sender, peers, server)
    peers.close()
    server.stop(0)


def node(key: str, *after: str | After, service: str = "", **options: Any) -> Node:
    args = {"note": key} if service else Play(note=key)
    return Node(key=key, job="play", args=args, depends_on=after, service=service, **options)


def failing(*notes: str) -> Any:
    def act(ctx: JobContext, args: Play) -> Any:
        if args.note in notes:
            give_up(ctx, args)
        return {"from": args.note}

    return act


def test_a_node_of_another_service_runs_there_in_its_turn_and_its_result_comes_back(two: Two) -> None:
    seen: dict[str, Any] = {}

    def act(ctx: JobContext, args: Play) -> Any:
        if args.note == "end":
            seen.update(ctx.results())
        return {"from": args.note}

    two.bench.stage.act = act
    flow = two.submit(node("first"), node("there", "first", service="risk"), node("end", "there"))
    assert two.states(flow) == {"first": "queued", "there": "blocked", "end": "blocked"}

    two.turn()

    assert two.states(flow) == {"first": "completed", "there": "completed", "end": "completed"}
    assert seen["there"].result == {"from": "there"}
    assert two.made() == [("completed", "there")]
    assert get_flow(two.sender, flow.id).state == "completed"


def test_what_waits_elsewhere_is_neither_pushed_nor_rebuilt_here(two: Two) -> None:
    flow = two.submit(node("there", service="risk"))
    stand_in = flow.nodes[0].job_id

    two.bench.age()
    relay_once(two.sender)
    reconcile_once(two.sender)

    assert (two.bench.entry(stand_in), two.bench.row(stand_in).wait_reason) == (None, "remote")
    assert two.bench.sql("SELECT count(*) FROM outbox")[0][0] == 1


def test_its_death_there_is_a_death_here_and_the_failed_part_runs_again(two: Two) -> None:
    two.bench.stage.act = failing("there")
    flow = two.submit(node("there", service="risk"), node("end", "there"))
    two.turn()
    assert two.states(flow) == {"there": "dead", "end": "dead"}
    assert "never" in flow_node(two, flow, "there").error_message

    two.bench.stage.act = failing()
    retry_flow(two.sender, flow.id)
    two.turn()

    assert two.states(flow) == {"there": "completed", "end": "completed"}
    assert [state for state, _ in two.made()] == ["dead", "completed"]


def flow_node(two: Two, flow: Flow, key: str) -> Any:
    return get_flow(two.sender, flow.id).node(key)


def test_a_later_refusal_follows_the_policy(two: Two) -> None:
    flow = two.submit(node("there", service="risk"), node("end", After("there", Policy.IGNORE)))
    two.bench.sql("UPDATE outbox SET job = 'gone'")

    two.turn()

    assert two.states(flow) == {"there": "dead", "end": "completed"}
    assert "did not take it" in flow_node(two, flow, "there").error_message


def test_a_cancelled_flow_is_cancelled_there_as_well(two: Two) -> None:
    flow = two.submit(node("there", service="risk"))
    while deliver_once(two.sender, two.peers):
        continue
    assert two.made() == [("queued", "there")]

    cancel_flow(two.sender, flow.id)
    while deliver_once(two.sender, two.peers):
        continue

    assert two.made() == [("cancelled", "there")]
    assert two.bench.sql("SELECT count(*) FROM remote_node WHERE NOT is_over")[0][0] == 0
    assert two.bench.run() == []


def test_a_service_that_is_down_is_asked_again(two: Two) -> None:
    flow = two.submit(node("there", service="risk"))
    while deliver_once(two.sender, two.peers):
        continue
    drain(two.bench.runtime)
    nobody = Peers({"risk": "127.0.0.1:9"}, TOKEN)

    follow_remote_once(two.sender, nobody)
    assert two.states(flow) == {"there": "blocked"}
    follow_remote_once(two.sender, two.peers)

    assert two.states(flow) == {"there": "completed"}
    nobody.close()


@pytest.mark.parametrize(
    ("wrong", "kind", "field"),
    [
        (Node(key="b", job="plai", args={}, service="risk"), UnknownJob, "nodes[1].name"),
        (Node(key="b", job="play", args={"numbr": 1}, service="risk"), InvalidArgument, "nodes[1].args.numbr"),
        (Node(key="b", job="play", args={}, service="rsik"), InvalidArgument, "nodes[1].service"),
        (Node(key="b", job="play", args={}, queue="nowhere", service="risk"), InvalidArgument, "nodes[1].queue"),
    ],
)
def test_what_the_other_service_would_not_take_is_refused_before_anything_is_written(
    two: Two, wrong: Node, kind: type[PlatformError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        two.submit(node("a"), wrong)

    assert isinstance(caught.value, InvalidArgument)
    assert caught.value.field == field
    assert two.bench.sql("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM outbox)")[0][0] == 0


def test_what_stands_for_another_services_job_is_not_run_here(two: Two) -> None:
    flow = two.submit(node("there", service="risk"))
    cancel_flow(two.sender, flow.id)

    with pytest.raises(WrongState):
        requeue(two.sender, flow.nodes[0].job_id)
