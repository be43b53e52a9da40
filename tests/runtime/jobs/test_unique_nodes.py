"""Unique jobs in flows: a node takes the key when it may start, or goes by the job that has it."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.db import Database
from shared.errors import InvalidArgument
from shared.jobs import (
    JobContext,
    Node,
    submit,
    submit_flow,
)
from shared.jobs.control.cancellations import cancel
from shared.jobs.flows.reads import Flow
from shared.jobs.flows.verbs import cancel_flow, get_flow, retry_flow
from shared.jobs.maintenance.dependencies import follow_once as follow_ends_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.testing import drain
from shared.jobs.why.answer import why
from tests.runtime.jobs.one_of_each import DECLARED
from tests.runtime.jobs.pair import Pair, there
from tests.runtime.jobs.sample import NAME, Bench, Play, jobs_of, open_bench
from tests.runtime.jobs.subjects import give_up


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with jobs that are declared unique, one a mode."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=DECLARED)
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def node(key: str, *after: str, mode: str = "done", number: int = 7) -> Node:
    return Node(key=key, job=f"one-{mode}", args=Play(number=number, note=key), depends_on=after)


def plain(key: str, *after: str) -> Node:
    return Node(key=key, job="play", args=Play(note=key), depends_on=after)


def states(bench: Bench, flow: Flow) -> dict[str, str]:
    return {each.key: str(each.state) for each in get_flow(bench.jobs, flow.id).nodes}


@pytest.mark.parametrize("mode", ["start", "done", "time"])
def test_a_node_whose_key_means_a_job_ends_as_that_one_does(bench: Bench, mode: str) -> None:
    seen: dict[str, Any] = {}

    def act(ctx: JobContext, args: Play) -> Any:
        seen.update(ctx.results() if args.note == "end" else {})
        return {"from": args.note}

    bench.stage.act = act
    known = submit(bench.jobs, f"one-{mode}", Play(number=7, note="known"))
    flow = submit_flow(bench.jobs, "f", [node("a", mode=mode), plain("end", "a")])
    attached = flow.node("a").job_id
    assert (states(bench, flow)["a"], bench.row(attached).wait_reason) == ("blocked", "unique")
    assert known.id in why(bench.jobs, attached).causes[0].text

    drain(bench.runtime)

    assert states(bench, flow) == {"a": "completed", "end": "completed"}
    assert seen["a"].result == {"from": "known"}
    assert get_flow(bench.jobs, flow.id).live == 0
    assert bench.sql("SELECT count(*) FROM job_attachment")[0][0] == 0


def test_a_node_takes_its_key_when_it_may_start_and_not_before(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "f", [plain("first"), node("a", "first"), node("b", "first")])
    other = submit(bench.jobs, "one-done", Play(number=7, note="other"))
    assert not other.already_existed
    cancel(bench.jobs, other.id)

    bench.run()
    bench.settle()
    late = submit(bench.jobs, "one-done", Play(number=7))
    assert late.already_existed
    drain(bench.runtime)

    assert late.id in {flow.node("a").job_id, flow.node("b").job_id}
    assert set(states(bench, flow).values()) == {"completed"}
    assert len(bench.stage.runs) == 2


def test_its_death_is_the_nodes_death_and_a_retry_takes_the_key_anew(bench: Bench) -> None:
    bench.stage.act = give_up
    known = submit(bench.jobs, "one-done", Play(number=7))
    flow = submit_flow(bench.jobs, "f", [node("a"), node("b", "a", number=8)])
    drain(bench.runtime)
    assert states(bench, flow) == {"a": "dead", "b": "dead"}
    error = bench.row(flow.node("a").job_id).error
    assert error is not None
    assert (error["type"], known.id in error["message"]) == ("UniqueFailed", True)

    bench.stage.act = lambda _ctx, args: args.note
    retry_flow(bench.jobs, flow.id)
    drain(bench.runtime)

    assert states(bench, flow) == {"a": "completed", "b": "completed"}
    assert [number for _, _, number in bench.stage.runs] == [7, 7, 8]


def test_a_job_of_the_time_that_has_ended_ends_a_whole_chain_at_once(bench: Bench) -> None:
    done = submit(bench.jobs, "one-time", Play(number=7))
    drain(bench.runtime)
    assert bench.row(done.id).state == "completed"

    flow = submit_flow(bench.jobs, "f", [node("a", mode="time"), node("b", "a", mode="time"), plain("end", "b")])
    assert states(bench, flow) == {"a": "completed", "b": "completed", "end": "queued"}
    drain(bench.runtime)

    assert get_flow(bench.jobs, flow.id).state == "completed"
    assert len(bench.stage.runs) == 2


def test_a_cancelled_flow_leaves_the_job_that_its_node_went_by(bench: Bench) -> None:
    known = submit(bench.jobs, "one-done", Play(number=7))
    flow = submit_flow(bench.jobs, "f", [node("a")])
    cancel_flow(bench.jobs, flow.id)

    drain(bench.runtime)

    assert (states(bench, flow), bench.row(known.id).state) == ({"a": "cancelled"}, "completed")


def test_a_lost_index_and_a_holder_that_is_gone_leave_no_node_waiting(bench: Bench) -> None:
    known = submit(bench.jobs, "one-done", Play(number=7))
    flow = submit_flow(bench.jobs, "f", [node("a"), plain("end", "a")])
    bench.redis.flushdb()
    reconcile_once(bench.jobs)
    assert bench.entry(flow.node("a").job_id) is None

    bench.sql("DELETE FROM job WHERE id = :id", id=known.id)
    follow_ends_once(bench.jobs)

    assert states(bench, flow) == {"a": "cancelled", "end": "cancelled"}
    assert "is gone" in get_flow(bench.jobs, flow.id).node("a").error_message


@pytest.mark.parametrize(("mode", "word"), [("quiet", "debounce"), ("latest", "keep_latest")])
def test_modes_whose_newest_arguments_count_are_refused_in_a_flow_by_name(bench: Bench, mode: str, word: str) -> None:
    with pytest.raises(InvalidArgument, match=word) as caught:
        submit_flow(bench.jobs, "f", [plain("first"), node("a", mode=mode)])

    assert (caught.value.field, caught.value.allowed) == ("nodes[1].name", ("until_start", "until_done", "for"))
    assert bench.sql("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM flow)")[0][0] == 0


def test_a_node_of_another_service_goes_by_the_job_that_its_key_means_there(pair: Pair) -> None:
    known = submit(pair.away.jobs, "one-done", Play(number=7))
    nodes = [Node(key=key, job="one-done", args={"number": 7}, service=there(key).service) for key in ("a", "b")]
    flow, dropped = pair.submit(nodes[0]), pair.submit(nodes[1])
    pair.send(pair.home.jobs)
    cancel_flow(pair.home.jobs, dropped.id)

    pair.turn()

    assert (pair.states(flow), pair.states(dropped)) == ({"a": "completed"}, {"b": "cancelled"})
    assert (pair.made(), pair.away.row(known.id).state) == (["completed"], "completed")
    owned = submit(pair.away.jobs, "one-done", Play(number=8))
    alone = pair.submit(Node(key="e", job="one-done", args={"number": 8}, service=there("e").service))
    pair.send(pair.home.jobs)
    cancel_flow(pair.home.jobs, alone.id)
    pair.turn()
    assert pair.away.row(owned.id).state == "completed"  # it was not made for that flow


def test_a_job_of_the_time_that_ended_there_ends_a_node_as_soon_as_its_message_comes(pair: Pair) -> None:
    late = pair.submit(Node(key="c", job="one-time", args={"number": 7}, service=there("c").service))
    pair.turn()
    again = pair.submit(Node(key="d", job="one-time", args={"number": 7}, service=there("d").service))
    pair.turn()
    assert (pair.states(late), pair.states(again)) == ({"c": "completed"}, {"d": "completed"})
    assert len(pair.away.stage.runs) == 1


def test_one_of_two_flows_that_share_a_job_there_cannot_take_it_from_the_other(pair: Pair) -> None:
    first, second = (
        pair.submit(Node(key=key, job="one-done", args={"number": 7}, service=there(key).service)) for key in ("a", "b")
    )
    pair.send(pair.home.jobs)
    cancel_flow(pair.home.jobs, first.id)

    pair.turn()

    assert (pair.states(first), pair.states(second)) == ({"a": "cancelled"}, {"b": "completed"})


@pytest.mark.parametrize("mode", ["quiet", "latest"])
def test_a_node_that_its_service_would_refuse_by_its_mode_is_refused_before_anything_is_written(
    pair: Pair, mode: str
) -> None:
    before = pair.home.sql("SELECT count(*) FROM job")
    with pytest.raises(InvalidArgument, match="newest arguments") as caught:
        pair.submit(there("first"), Node(key="a", job=f"one-{mode}", args={}, service=there("a").service))

    assert (caught.value.field, caught.value.allowed) == ("nodes[1].name", ("until_start", "until_done", "for"))
    assert (pair.home.sql("SELECT count(*) FROM job"), pair.made()) == (before, [])
