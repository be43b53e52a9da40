"""Promises of the change: a waiting job moves in place, whole, and never while it runs."""

import pytest

from shared.jobs.control_scripts import Gone, Move
from tests.runtime.jobs.scripts.index import Index, Q

SIDE = "side"
QUEUES = [Q, SIDE]


def test_a_new_priority_keeps_the_order_of_arrival(index: Index) -> None:
    index.push_all("a", "b")
    index.push_all("c", priority=1)
    index.push_all("d")
    index.push_all("e", priority=1)

    assert index.control.change("b", 1, Move(priority=1), queues=QUEUES) == 1

    assert index.view().ready == ["b", "c", "e", "a", "d"]
    assert (index.entry("b").priority, index.events("changed")[0].job_id) == (1, "b")


@pytest.mark.parametrize("state", ["scheduled", "retrying"])
def test_a_waiting_job_is_due_at_once(index: Index, state: str) -> None:
    index.push_all("a", state=state, due_ms=index.later())
    index.drain_wakes()

    assert index.control.change("a", 1, Move(due_ms=0), queues=QUEUES) == 1

    seen = index.view()
    assert (seen.ready, seen.delayed, seen.count.get("retrying", 0), index.wake_tokens()) == (["a"], [], 0, 1)


def test_a_time_that_has_passed_means_at_once(index: Index) -> None:
    index.push_all("a", due_ms=index.later())

    index.control.change("a", 1, Move(due_ms=1), queues=QUEUES)

    assert index.view().ready == ["a"]


def test_a_queued_job_waits_for_its_new_time(index: Index) -> None:
    index.push_all("a")
    due_ms = index.later()
    index.drain_wakes()

    index.control.change("a", 1, Move(due_ms=due_ms), queues=QUEUES)

    record = index.entry("a")
    assert (record.state, record.due, record.wait_reason) == ("scheduled", due_ms, "delay")
    assert (index.take(), index.view().delayed, index.wake_tokens()) == ([], ["a"], 1)


@pytest.mark.parametrize("state", ["queued", "retrying"])
def test_a_job_moves_to_another_queue_with_all_that_is_counted_of_it(index: Index, state: str) -> None:
    index.push_all(
        "a", state="retrying" if state == "retrying" else "scheduled", due_ms=index.later() * (state != "queued")
    )

    index.control.change("a", 1, Move(queue=SIDE), queues=QUEUES)

    here, there = index.view(), index.view(SIDE)
    assert (here.ready, here.delayed, here.count.get("retrying", 0)) == ([], [], 0)
    assert (there.ready + there.delayed, there.count.get("retrying", 0)) == (["a"], int(state == "retrying"))
    assert (there.bodies, index.entry("a").queue) == ({"a": "body of a"}, SIDE)


def test_a_running_job_is_not_moved(index: Index) -> None:
    index.started("a")
    before = index.dump()

    assert index.control.change("a", 1, Move(priority=1, due_ms=0, queue=SIDE), queues=QUEUES) == -1
    assert index.dump() == before


def test_what_is_not_there_yet_is_told_apart_from_what_has_ended(index: Index) -> None:
    index.complete(index.started("a"), is_settled=True)

    assert index.control.change("a", 1, Move(priority=1), queues=QUEUES) == -1
    assert index.control.change("a", 2, Move(priority=1), queues=QUEUES) == 0
    assert index.control.change("b", 1, Move(priority=1), queues=QUEUES) == 0


def test_a_repeated_change_changes_nothing(index: Index) -> None:
    index.push_all("a", "b")
    move = Move(priority=1, queue=SIDE)
    index.control.change("a", 1, move, queues=QUEUES)
    before = index.view(SIDE)

    index.control.change("a", 1, move, queues=QUEUES)

    assert index.view(SIDE) == before


def test_an_outcome_that_waits_for_its_settler_is_not_cancelled_away(index: Index) -> None:
    index.complete(index.started("a"))

    assert index.control.cancel([Gone("a", 1)], queues=QUEUES) == [0]
    assert index.view().unsettled == ["a"]


def test_a_batch_is_cancelled_over_queues_and_counts_whom_it_must_tell(index: Index) -> None:
    index.push_all("a")
    index.push_all("b", queue=SIDE, state="retrying", due_ms=index.later())
    index.started("c", priority=1)

    assert index.control.cancel([Gone(each, 1) for each in "abcd"], queues=QUEUES) == [1, 1, 2, 0]

    assert (index.view(SIDE).count["retrying"], index.control.unwanted()) == (0, 1)
    assert (index.entry("c").doomed, index.push("d", generation=1), index.push("d", generation=2)) == (1, 0, 1)
