"""Flows against an oracle: random graphs, random ends, told one by one or many at once, cancels and retries between."""

import os
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.jobs import Cancel, JobContext, Policy, dependencies
from shared.jobs.control.cancellations import cancel
from shared.jobs.flows.graphs import After, Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.verbs import cancel_flow, get_flow, retry_flow
from shared.jobs.ledger import edges, flow_rows
from tests.runtime.jobs.flow_oracle import Oracle, Plan
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.subjects import give_up

IS_LONG = os.environ.get("MILLRACE_TEST_LONG") == "1"
MODEL = settings(
    max_examples=2000 if IS_LONG else 15, deadline=None, database=None, derandomize=not IS_LONG,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink] if IS_LONG else [Phase.generate],
)  # fmt: skip
POLICIES = ("fail_parent", "continue", "ignore", "remove")


@st.composite
def graphs(draw: st.DrawFn) -> list[Plan]:
    """A graph of up to ten nodes, each waiting for some before it."""
    plans: list[Plan] = []
    for at in range(draw(st.integers(1, 10))):
        parents = draw(st.sets(st.integers(0, at - 1), max_size=4)) if at else set()
        ratio = draw(st.none() | st.sampled_from([Fraction(part, 4) for part in range(5)])) if parents else None
        plans.append(
            Plan(
                draw(st.sampled_from(("completed", "completed", "dead", "cancelled"))),
                {parent: draw(st.sampled_from(POLICIES)) for parent in sorted(parents)},
                ratio,
            )
        )
    return plans


def act(ctx: JobContext, args: Play) -> Any:
    """End as the node's plan says."""
    if args.note == "dead":
        give_up(ctx, args)
    if args.note == "cancelled":
        raise Cancel("not wanted")
    return args.number


def node(at: int, plan: Plan) -> Node:
    return Node(
        key=str(at),
        job="play",
        args=Play(number=at, note=plan.outcome),
        depends_on=[After(str(parent), Policy(policy)) for parent, policy in plan.parents.items()],
        min_success_ratio=None if plan.ratio is None else float(plan.ratio),
    )


def check(bench: Bench, flow_id: str, oracle: Oracle) -> None:
    flow = get_flow(bench.jobs, flow_id)
    shown = {each.key: str(each.state) for each in flow.nodes}
    assert shown == {str(at): state for at, state in enumerate(oracle.states)}, oracle.plans
    assert flow.state == oracle.state
    assert flow.live == sum(state in ("blocked", "queued") for state in oracle.states)


def clear(bench: Bench) -> None:
    """Nothing is left of a walk that failed, or that Hypothesis had enough of."""
    for (flow_id,) in bench.sql("SELECT id FROM flow WHERE finished_at IS NULL"):
        cancel_flow(bench.jobs, str(flow_id))


def run(bench: Bench, oracle: Oracle, count: int) -> None:
    """Run up to so many and tell their ends at once."""
    claimed = bench.claim(count)
    for each in claimed:
        bench.attempt(each)
    bench.settle()
    oracle.end(bench.row(each.held.id).args["number"] for each in claimed)


def walk(bench: Bench, plans: list[Plan], data: st.DataObject) -> None:
    """Play one graph to its end, then run its failed part again."""
    bench.stage.runs.clear()
    clear(bench)
    bench.stage.act = act
    oracle = Oracle(plans)
    flow = submit_flow(bench.jobs, "model", [node(at, plan) for at, plan in enumerate(plans)])
    check(bench, flow.id, oracle)
    while oracle.state == "running":
        cancelled = data.draw(st.none() | st.integers(0, 3 * len(plans)))
        if cancelled is not None and cancelled < len(plans) and oracle.states[cancelled] in ("blocked", "queued"):
            cancel(bench.jobs, flow.node(str(cancelled)).job_id)
            oracle.cancel(cancelled)
        else:
            run(bench, oracle, data.draw(st.integers(1, 4)))
        check(bench, flow.id, oracle)
    assert len(bench.stage.numbers) == len(set(bench.stage.numbers)), "a node ran twice"
    if set(oracle.states) != {"completed"}:
        again(bench, flow.id, oracle)
    assert bench.claim() == ()


def again(bench: Bench, flow_id: str, oracle: Oracle) -> None:
    """What failed begins anew and this time goes well; what had completed does not run."""
    done = {at for at, state in enumerate(oracle.states) if state == "completed"}
    bench.stage.runs.clear()
    bench.stage.act = lambda _ctx, args: args.number
    retry_flow(bench.jobs, flow_id)
    while bench.run():
        bench.settle()
    flow = get_flow(bench.jobs, flow_id)
    assert {str(each.state) for each in flow.nodes} == {"completed"}
    assert (flow.state, flow.live) == ("completed", 0)
    order = bench.stage.numbers
    assert sorted(order) == sorted(set(range(len(oracle.plans))) - done)
    for at in order:
        waited_for = [parent for parent in oracle.plans[at].parents if parent not in done]
        assert all(order.index(parent) < order.index(at) for parent in waited_for), "a child ran before its parent"


@MODEL
@given(plans=graphs(), data=st.data())
def test_a_flow_is_after_every_step_what_the_oracle_says(bench: Bench, plans: list[Plan], data: st.DataObject) -> None:
    walk(bench, plans, data)


#: A guard, and what takes its place when it is missing.
BROKEN: dict[str, Any] = {
    "the policy of a failure": (dependencies, "effect_of", lambda _policy, _outcome: "succeeded"),
    "the ratio": (dependencies.Tally, "is_out_of_reach", False),
    "what is still open": (edges, "verdict", lambda tally: dependencies.verdict(_closed(tally))),
    "the walk to grandchildren": (edges, "LEVELS_MAX", 1),
    "the count of live nodes": (flow_rows, "count_ended", lambda _work, _ids: None),
    "the open edges of a retry": (edges, "block_again", lambda _work, _ids: []),
}


def _closed(tally: dependencies.Tally) -> dependencies.Tally:
    return dependencies.Tally(open=0, succeeded=tally.succeeded, failed=tally.failed, killing=tally.killing)


@pytest.mark.parametrize("guard", list(BROKEN))
def test_the_oracle_notices_a_guard_that_is_missing(bench: Bench, guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, broken = BROKEN[guard]
    monkeypatch.setattr(edges if name == "effect_of" else owner, name, broken)

    @settings(MODEL, max_examples=8 * MODEL.max_examples)
    @given(plans=graphs(), data=st.data())
    def hunt(plans: list[Plan], data: st.DataObject) -> None:
        walk(bench, plans, data)

    with pytest.raises((AssertionError, BaseExceptionGroup)):
        hunt()
