"""Promises of the gates of job names and groups: limits, pauses, and that a closed gate holds up nobody else."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.jobs.scripts import Held
from tests.runtime.jobs.scripts.index import FAR_MS, Index, Q

JOB = "j:update-coin-price"


def push_of(index: Index, job_id: str, name: str = "update-coin-price", **more: Any) -> None:
    assert index.push(job_id, name=name, **more) == 1


def ids(held: list[Held]) -> list[str]:
    return [one.id for one in held]


def ends_of(index: Index) -> dict[str, Callable[[Held], object]]:
    """Every way in which a running job gives its place back."""
    return {
        "complete": index.complete,
        "bury": index.bury,
        "retry": index.retry,
        "release": lambda held: index.scripts.release(held) and index.scripts.drop(held.id, Q, generation=1),
        "crash": lambda held: index.crash(held) and index.scripts.drop(held.id, Q, generation=1),
        "drop": lambda held: index.scripts.drop(held.id, Q, generation=1, token=held.token),
    }


def test_a_limit_of_a_job_holds_and_its_neighbours_start(index: Index) -> None:
    index.gate(JOB, max_running=1)
    index.push_all("a", "b")
    push_of(index, "c", "warm-cache")

    assert ids(index.take(5)) == ["a", "c"]
    assert index.view().parked == ["b"]
    assert index.entry("b").wait_reason == "job_limit"


@pytest.mark.parametrize("way", ["complete", "bury", "retry", "release", "crash", "drop"])
def test_every_end_of_a_holder_lets_the_next_one_in(index: Index, way: str) -> None:
    index.gate(JOB, max_running=1)
    index.push_all("a", "b", "c")
    [held] = index.take(5)
    assert index.take(5) == []
    index.drain_wakes()

    ends_of(index)[way](held)

    assert index.wake_tokens() == 1
    assert ids(index.take(5)) == ["b"]
    assert index.view().parked == ["c"]
    assert index.entry("b").wait_reason == ""


def test_a_limit_counts_what_was_running_before_it_was_set(index: Index) -> None:
    index.push_all("a", "b", "c", group="acme")
    held = index.take(2)
    index.gate("g:acme", max_running=2)

    assert index.take() == []
    index.complete(held[0])
    assert ids(index.take(5)) == ["c"]


def test_a_limit_for_every_group_holds_for_each_and_one_group_may_have_its_own(index: Index) -> None:
    index.configure(group_max=1)
    index.gate("g:big", max_running=2)
    for group in ("acme", "big"):
        index.push_all(*(f"{group}-{n}" for n in range(3)), group=group)
    index.push_all("alone")

    assert ids(index.take(9)) == ["acme-0", "big-0", "big-1", "alone"]


def test_jobs_parked_at_a_gate_keep_their_order(index: Index) -> None:
    index.gate(JOB, max_running=1)
    index.push("first")
    [running] = index.take()
    index.push_all("late", priority=4)
    index.push_all("b", "c")
    index.push_all("urgent", priority=1)
    index.take(9)

    order = []
    for _ in range(4):
        index.complete(running)
        [running] = index.take(9)
        order.append(running.id)

    assert order == ["urgent", "b", "c", "late"]


@pytest.mark.parametrize("gate", [JOB, "g:acme"])
def test_a_paused_gate_starts_nothing_until_it_is_resumed(index: Index, gate: str) -> None:
    index.gate(gate, version=1, until_ms=-1)
    index.push_all("a", "b", group="acme")
    push_of(index, "c", "warm-cache")

    assert ids(index.take(9)) == ["c"]
    assert index.claim(9).waits == {Q: None}
    index.gate(gate, version=2)
    assert ids(index.take(9)) == ["a", "b"]


@pytest.mark.parametrize("gate", [JOB, "g:acme"])
def test_a_pause_with_an_end_tells_when_and_ends_by_itself(index: Index, gate: str) -> None:
    until = index.scripts.time_ms() + FAR_MS
    index.gate(gate, version=1, until_ms=until)
    index.push_all("a", group="acme")

    waits = [index.claim(9).waits[Q] for _ in range(2)]
    assert all(0 < (wait or 0) <= FAR_MS for wait in waits)
    index.client.hset(index.keys.of_queue(Q, "conf"), f"until:{gate}", 1)
    index.client.zadd(index.keys.of_queue(Q, "opened"), {gate: 1})

    assert ids(index.take()) == ["a"]


def test_a_queue_paused_with_an_end_tells_when_and_ends_by_itself(index: Index) -> None:
    index.push_all("a")
    index.configure(version=1, is_paused=True, paused_until_ms=index.scripts.time_ms() + FAR_MS)
    waits = index.claim().waits[Q]

    index.configure(version=2, is_paused=True, paused_until_ms=1)

    assert 0 < (waits or 0) <= FAR_MS
    assert ids(index.take()) == ["a"]


def test_many_that_wait_at_one_gate_are_parked_and_come_back_in_bounded_steps(index: Index) -> None:
    count = 450
    index.gate(JOB, version=1, until_ms=-1)
    for n in range(count):
        index.push(f"job-{n:03}")
    push_of(index, "free", "warm-cache")
    claims = [index.claim(5) for _ in range(3)]

    assert [[one.held.id for one in claim.jobs] for claim in claims] == [[], [], ["free"]]
    assert [claim.waits[Q] for claim in claims] == [0, 0, None]
    assert len(index.view().parked) == count
    index.gate(JOB, version=2)
    assert ids(index.take(count)) == [f"job-{n:03}" for n in range(200)]
    assert len(index.view().parked) == count - 200


def test_more_gates_than_one_call_opens_are_all_opened(index: Index) -> None:
    count = 230
    index.configure(version=1, group_max=1)
    for n in range(count):
        index.push(f"a-{n}", group=f"group-{n}")
        index.push(f"b-{n}", group=f"group-{n}")
    for _ in range(10):
        index.take(100)
    assert len(index.view().parked) == count

    index.configure(version=2)
    started = sum(len(index.take(100)) for _ in range(30))

    assert started == count


def test_a_job_that_two_gates_keep_does_not_use_up_a_place_of_the_first(index: Index) -> None:
    index.gate(JOB, max_running=1)
    index.push("a")
    [held] = index.take()
    index.push("b", group="acme")
    index.push("c")
    index.take(9)
    index.gate("g:acme", until_ms=-1)

    index.complete(held)

    assert ids(index.take(9)) == ["c"]
    assert index.entry("b").wait_reason == "group_paused"


@pytest.mark.parametrize("way", ["drop", "newer generation"])
def test_a_parked_entry_that_goes_leaves_nothing_behind(index: Index, way: str) -> None:
    index.gate(JOB, max_running=1)
    index.push_all("a", "b")
    index.take(9)

    if way == "drop":
        index.scripts.drop("b", Q, generation=1)
    else:
        index.push("b", generation=2)

    assert index.view().parked == []
    assert index.view().ready == ([] if way == "drop" else ["b"])


def test_a_queue_without_gates_counts_no_places(index: Index) -> None:
    index.gate(JOB, version=1, max_running=1)
    index.gate(JOB, version=2)
    index.push_all("a", "b", group="acme")

    assert ids(index.take(9)) == ["a", "b"]
    assert index.view().places == {}


def test_older_settings_of_a_gate_never_overwrite_newer_ones(index: Index) -> None:
    index.gate(JOB, version=5, max_running=7)
    before = index.dump()

    assert not index.gate(JOB, version=4, until_ms=-1)
    assert index.dump() == before


def test_hostile_group_names_stay_apart(index: Index) -> None:
    index.configure(group_max=1)
    groups = ["a", "a:b", "a'b", "%s", "g:a", "ä", "a "]
    for n, group in enumerate(groups * 2):
        index.push(f"job-{n:02}", group=group)

    first = index.take(99)
    for held in first:
        index.complete(held)

    assert len(first) == len(groups)
    assert len(index.take(99)) == len(groups)
    assert index.view().parked == []


def test_a_job_that_is_dropped_when_its_turn_has_come_leaves_the_turn_to_the_next(index: Index) -> None:
    index.gate(JOB, max_running=1)
    index.push_all("a", "b", "c")
    [held] = index.take(9)
    index.take(9)
    index.complete(held)
    push_of(index, "urgent", "warm-cache", priority=1)
    assert ids(index.take(1)) == ["urgent"]
    assert index.view().ready == ["b"]

    index.scripts.drop("b", Q, generation=1)

    assert ids(index.take(1)) == ["c"]
