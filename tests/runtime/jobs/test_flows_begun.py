"""Flows that jobs begin: once over all attempts, with the job's own commit if it wants, into other services too."""

from typing import Any

import pytest

from shared.jobs import JobContext, Node
from shared.jobs.flows.verbs import get_flow
from shared.jobs.testing import drain
from shared.rpc import Peers
from tests.runtime.jobs.pair import Pair, here, there
from tests.runtime.jobs.sample import Bench, Play, write_effect


def flows(bench: Bench) -> int:
    return int(bench.sql("SELECT count(*) FROM flow")[0][0])


def begins(*nodes: Node, seen: list[str], fails: bool = False, joins: bool = False) -> Any:
    """The job numbered 1 begins a flow, and fails at its first attempt; all others do nothing."""

    def act(ctx: JobContext, args: Play) -> None:
        if args.number != 1:
            return
        if joins:
            with ctx.unit_of_work() as work:
                write_effect(work, ctx.attempt)
                seen.append(ctx.submit_flow("f", nodes, key="all").id)
        else:
            seen.append(ctx.submit_flow("f", nodes, key="all").id)
        if fails and ctx.attempt == 1:
            raise ValueError("not yet")

    return act


def test_a_repeated_attempt_gets_the_flow_that_is_there_whatever_it_asks(bench: Bench) -> None:
    seen: list[str] = []
    bench.stage.act = begins(here("first"), here("second", "first"), seen=seen, fails=True)
    bench.submit(1)
    drain(bench.runtime)
    bench.stage.act = begins(here("other"), seen=seen)

    drain(bench.runtime, with_scheduled=True)

    assert (len(seen), len(set(seen)), flows(bench)) == (2, 1, 1)
    flow = get_flow(bench.jobs, seen[0])
    assert (flow.state, [node.key for node in flow.nodes]) == ("completed", ["first", "second"])


def test_one_begun_in_the_final_transaction_goes_with_it(bench: Bench) -> None:
    seen: list[str] = []
    bench.stage.act = begins(here("first"), seen=seen, fails=True, joins=True)
    bench.submit(1)
    drain(bench.runtime)
    rolled_back = flows(bench)

    drain(bench.runtime, with_scheduled=True)

    assert (rolled_back, flows(bench), bench.effects()) == (0, 1, [2])
    assert get_flow(bench.jobs, seen[1]).state == "completed"


def test_its_nodes_may_run_in_another_service(pair: Pair) -> None:
    seen: list[str] = []
    pair.home.runtime.resources[Peers] = pair.peers
    pair.home.stage.act = begins(here("first"), there("elsewhere", "first"), seen=seen)
    pair.home.submit(1)

    drain(pair.home.runtime)
    pair.turn()

    assert get_flow(pair.home.jobs, seen[0]).state == "completed"
    assert pair.made() == ["completed"]


def test_one_that_has_to_ask_others_is_refused_inside_the_final_transaction(pair: Pair) -> None:
    pair.home.runtime.resources[Peers] = pair.peers
    pair.home.stage.act = begins(there("elsewhere"), seen=[], joins=True)
    job = pair.home.submit(1)

    drain(pair.home.runtime)

    error = pair.home.row(job.id).error
    assert error is not None
    assert (error["type"], flows(pair.home)) == ("RuntimeError", 0)


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_cannot_be_is_refused_by_name(bench: Bench, key: str) -> None:
    bench.stage.act = lambda ctx, _args: ctx.submit_flow("f", [here("first")], key=key)
    job = bench.submit()

    drain(bench.runtime)

    error = bench.row(job.id).error
    assert error is not None
    assert (error["type"], "key must have" in error["message"], flows(bench)) == ("InvalidArgument", True, 0)
