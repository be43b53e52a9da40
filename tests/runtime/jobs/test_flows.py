"""Flows: accepted as a whole, run in their order, ended, retried and cancelled as a whole."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import AlreadyExists, InvalidArgument, NotFound, UnknownJob, WrongState
from shared.jobs import JobContext, Policy, hours
from shared.jobs.flows.graphs import After, Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.reads import Flow
from shared.jobs.flows.verbs import cancel_flow, expire_once, get_flow, retry_flow
from shared.jobs.testing import crash_at, drain
from tests.runtime.jobs.sample import Bench, Play, play, play_aside
from tests.runtime.jobs.subjects import give_up


def node(key: str, *after: str | After, number: int = 0, **options: Any) -> Node:
    """A node whose job has one attempt."""
    return Node(key=key, job="play", args=Play(number=number, note=key), depends_on=after, **options)


def diamond() -> list[Node]:
    return [node("end", "left", "right"), node("left", "start"), node("right", "start"), node("start")]


def states(flow: Flow) -> dict[str, str]:
    return {each.key: str(each.state) for each in flow.nodes}


def failing(*keys: str) -> Any:
    """A body that gives up at these nodes."""

    def act(ctx: JobContext, args: Play) -> Any:
        if args.note in keys:
            give_up(ctx, args)
        return args.note

    return act


def notes(bench: Bench) -> list[str]:
    """The nodes in the order in which they ran."""
    return [bench.row(job_id).args["note"] for job_id, _, _ in bench.stage.runs]


def test_a_diamond_runs_in_its_order_and_its_end_once(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "diamond", diamond())
    assert states(flow) == {"start": "queued", "left": "blocked", "right": "blocked", "end": "blocked"}

    drain(bench.runtime)

    assert notes(bench) in (["start", "left", "right", "end"], ["start", "right", "left", "end"])
    done = get_flow(bench.jobs, flow.id)
    assert (done.state, done.live, done.finished_at is not None) == ("completed", 0, True)


def test_a_successor_reads_what_its_parents_returned(bench: Bench) -> None:
    seen: dict[str, Any] = {}

    def act(ctx: JobContext, args: Play) -> Any:
        if args.note == "end":
            seen.update(ctx.results())
        if args.note == "right":
            give_up(ctx, args)
        return {"from": args.note}

    bench.stage.act = act
    nodes = [node("left"), node("right", on_failure=Policy.IGNORE), node("gone", on_failure=Policy.REMOVE)]
    submit_flow(bench.jobs, "f", [*nodes, node("end", "left", "right", "gone")])

    drain(bench.runtime)

    assert (seen["left"].result, seen["left"].state) == ({"from": "left"}, "completed")
    assert (seen["right"].result, seen["right"].state, seen["right"].error_message) == (None, "dead", "never")
    assert set(seen) == {"left", "right", "gone"}


def test_a_cycle_is_refused_and_named(bench: Bench) -> None:
    with pytest.raises(InvalidArgument, match="b → c → d → b") as caught:
        submit_flow(bench.jobs, "f", [node("a"), node("b", "d", "a"), node("c", "b"), node("d", "c"), node("e", "d")])

    assert caught.value.field == "nodes"
    assert bench.sql("SELECT count(*) FROM job")[0][0] == 0


@pytest.mark.parametrize(
    ("nodes", "kind", "field"),
    [
        ([], InvalidArgument, "nodes"),
        ([node("a", "b")], InvalidArgument, "nodes[0].depends_on"),
        ([node("a"), node("a")], InvalidArgument, "nodes[1].key"),
        ([node("a"), node("b", "a", "a")], InvalidArgument, "nodes[1].depends_on"),
        ([node("a", "a")], InvalidArgument, "nodes"),
        ([node("")], InvalidArgument, "nodes[0].key"),
        ([node("a"), node("b", "a", min_success_ratio=1.5)], InvalidArgument, "nodes[1].min_success_ratio"),
        ([node("a"), Node(key="b", job="plai", args={})], UnknownJob, "nodes[1].name"),
        ([Node(key="b", job="play", args={"numbr": 1})], InvalidArgument, "nodes[0].args.numbr"),
        ([node(str(number)) for number in range(1001)], InvalidArgument, "nodes"),
    ],
)
def test_a_graph_that_cannot_be_is_refused_as_a_whole(
    bench: Bench, nodes: list[Node], kind: type[InvalidArgument], field: str
) -> None:
    with pytest.raises(kind) as caught:
        submit_flow(bench.jobs, "f", nodes)

    assert caught.value.field == field
    assert bench.sql("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM flow)")[0][0] == 0


@pytest.mark.parametrize(("dead", "state"), [(2, "completed"), (3, "dead")])
def test_ten_children_of_which_eight_have_to_end_well(bench: Bench, dead: int, state: str) -> None:
    bench.stage.act = failing(*[f"child-{number}" for number in range(dead)])
    children = [node(f"child-{number}") for number in range(10)]
    together = node("together", *[child.key for child in children], min_success_ratio=0.8)
    flow = submit_flow(bench.jobs, "similarity", [*children, together])

    drain(bench.runtime)

    done = get_flow(bench.jobs, flow.id)
    assert (done.node("together").state, done.state) == (state, state)


def test_only_the_failed_part_runs_again(bench: Bench) -> None:
    bench.stage.act = failing("left")
    flow = submit_flow(bench.jobs, "diamond", diamond())
    drain(bench.runtime)
    assert states(get_flow(bench.jobs, flow.id)) == {
        "start": "completed", "left": "dead", "right": "completed", "end": "dead"
    }  # fmt: skip

    bench.stage.act = failing()
    bench.stage.runs.clear()
    again = retry_flow(bench.jobs, flow.id)
    assert (again.state, again.live, states(again)["end"]) == ("running", 2, "blocked")
    drain(bench.runtime)

    assert notes(bench) == ["left", "end"]
    assert get_flow(bench.jobs, flow.id).state == "completed"


def test_a_retry_where_nothing_failed_is_refused(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "diamond", diamond())

    with pytest.raises(WrongState):
        retry_flow(bench.jobs, flow.id)


def test_a_cancel_ends_all_of_it_and_nothing_starts_afterwards(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "diamond", diamond(), on_complete=node(""))
    bench.attempt(bench.claim(1)[0])
    bench.settle()

    done = cancel_flow(bench.jobs, flow.id, reason="wrong coins")

    assert (done.state, done.live, done.reason) == ("cancelled", 0, "wrong coins")
    assert set(states(done).values()) == {"completed", "cancelled"}
    assert bench.run() == []
    assert cancel_flow(bench.jobs, flow.id).state == "cancelled"


def test_a_cancelled_flow_can_be_retried_as_a_whole(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "diamond", diamond())
    cancel_flow(bench.jobs, flow.id)

    retry_flow(bench.jobs, flow.id)
    drain(bench.runtime)

    assert get_flow(bench.jobs, flow.id).state == "completed"
    assert sorted(notes(bench)) == ["end", "left", "right", "start"]


def test_a_flow_whose_time_is_over_is_cancelled_and_its_callback_told(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "slow", diamond(), timeout=hours(1), on_complete=node("", number=9))
    assert expire_once(bench.jobs) is False
    assert get_flow(bench.jobs, flow.id).state == "running"
    bench.sql("UPDATE flow SET deadline = clock_timestamp() - interval '1 second'")

    expire_once(bench.jobs)
    drain(bench.runtime)

    done = get_flow(bench.jobs, flow.id)
    assert (done.state, done.live) == ("expired", 0)
    assert bench.stage.numbers == [9]


def test_one_key_is_one_flow(bench: Bench) -> None:
    first = submit_flow(bench.jobs, "f", diamond(), idempotency_key="k")
    assert submit_flow(bench.jobs, "f", diamond(), idempotency_key="k").id == first.id

    with pytest.raises(AlreadyExists):
        submit_flow(bench.jobs, "f", [node("other")], idempotency_key="k")
    assert bench.sql("SELECT count(*) FROM flow")[0][0] == 1


def test_a_crash_before_the_commit_leaves_nothing_of_a_flow(bench: Bench) -> None:
    with crash_at("flow.opened"):
        submit_flow(bench.jobs, "f", diamond())

    assert bench.sql("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM flow)")[0][0] == 0


def test_a_flow_crosses_queues(bench: Bench) -> None:
    aside = Node(key="aside", job=play_aside, args=Play(number=2), depends_on=["first"])
    flow = submit_flow(bench.jobs, "f", [Node(key="first", job=play, args=Play(number=1)), aside])

    drain(bench.runtime)

    assert get_flow(bench.jobs, flow.id).state == "completed"
    assert bench.stage.numbers == [1, 2]


def test_what_is_unknown_is_not_found(bench: Bench) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    for verb in (get_flow, cancel_flow, retry_flow):
        with pytest.raises(NotFound):
            verb(bench.jobs, unknown)


@pytest.mark.parametrize(
    ("dead", "expected"),
    [
        ((), {"on_success()": "completed", "on_complete()": "completed", "on_death()": "cancelled"}),
        (("b",), {"on_success()": "cancelled", "on_complete()": "completed", "on_death()": "completed"}),
        (("a", "b", "c"), {"on_success()": "cancelled", "on_complete()": "completed", "on_death()": "completed"}),
    ],
)
def test_a_batch_calls_back_once_each(bench: Bench, dead: tuple[str, ...], expected: dict[str, str]) -> None:
    bench.stage.act = failing(*dead)
    calls: dict[str, Any] = {
        name: node("", number=at) for at, name in enumerate(("on_success", "on_complete", "on_death"), 100)
    }
    flow = submit_flow(bench.jobs, "batch", [node("a"), node("b"), node("c")], **calls)

    drain(bench.runtime)

    done = get_flow(bench.jobs, flow.id)
    assert {each.key: str(each.state) for each in done.nodes if each.kind != "node"} == expected
    assert sorted(number for number in bench.stage.numbers if number >= 100) == sorted(
        number for (_, state), number in zip(expected.items(), (100, 101, 102), strict=True) if state == "completed"
    )
    assert done.state == ("dead" if dead else "completed")


def test_callbacks_after_a_retry_start_what_had_not_been_started(bench: Bench) -> None:
    bench.stage.act = failing("b")
    calls: dict[str, Any] = {
        name: node("", number=at) for at, name in enumerate(("on_success", "on_complete", "on_death"), 100)
    }
    flow = submit_flow(bench.jobs, "batch", [node("a"), node("b")], **calls)
    drain(bench.runtime)

    bench.stage.act = failing()
    retry_flow(bench.jobs, flow.id)
    drain(bench.runtime)

    assert get_flow(bench.jobs, flow.id).state == "completed"
    assert sorted(number for number in bench.stage.numbers if number >= 100) == [100, 101, 102]


def test_two_parents_that_end_at_once_release_their_child_once(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "f", [node("a"), node("b"), node("c", "a", "b")])
    together = threading.Barrier(2)

    def act(ctx: JobContext, args: Play) -> Any:
        with ctx.unit_of_work() as work:
            work.connection.exec_driver_sql("SELECT 1")
        together.wait(10)

    bench.stage.act = act
    threads = [threading.Thread(target=bench.attempt, args=[claimed]) for claimed in bench.claim()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.stage.act = failing()
    drain(bench.runtime)

    done = get_flow(bench.jobs, flow.id)
    assert (done.state, done.live, notes(bench).count("c")) == ("completed", 0, 1)


def test_the_time_of_a_flow_has_bounds(bench: Bench) -> None:
    with pytest.raises(InvalidArgument) as caught:
        submit_flow(bench.jobs, "f", [node("a")], timeout=timedelta(0))

    assert caught.value.field == "timeout_ms"
