"""Promises of a fair queue: one start a group and round, whatever anybody has waiting; FIFO in each; priority first."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.jobs.control_scripts import Move
from shared.jobs.grants import Completion
from tests.runtime.jobs.scripts.index import IDENTITY, OUTCOME, Index, Q


@pytest.fixture
def fair(index: Index) -> Iterator[Index]:
    """The index, with a queue whose groups take turns."""
    index.scripts.fair = index.control.fair = frozenset({Q})
    yield index
    index.scripts.fair = index.control.fair = frozenset()


def push_many(index: Index, group: str, count: int, **more: int) -> None:
    for number in range(count):
        assert index.push(f"{group}-{number:05}", group=group, **more) == 1


def starts(index: Index, want: int) -> list[str]:
    return [held.id for held in index.take(want)]


def test_a_tenant_with_one_job_starts_within_a_round_of_one_with_ten_thousand(fair: Index) -> None:
    from_a = [f"a-{number:05}" for number in range(10_000)]
    for at in range(0, 10_000, 500):
        fair.push_group("a", from_a[at : at + 500])
    assert starts(fair, 100) == from_a[:100]
    fair.push("b-0", group="b")
    fair.push("c-0", group="c")

    assert set(starts(fair, 3)) >= {"b-0", "c-0"}
    assert starts(fair, 3) == from_a[101:104]


def test_two_backlogs_start_by_turns_and_in_their_order(fair: Index) -> None:
    push_many(fair, "a", 30)
    push_many(fair, "b", 10)

    order = starts(fair, 20)

    assert [one[0] for one in order] == ["a", "b"] * 10
    assert [one for one in order if one[0] == "b"] == [f"b-{number:05}" for number in range(10)]


def test_who_was_idle_has_saved_up_no_turns(fair: Index) -> None:
    push_many(fair, "a", 50)
    assert len(starts(fair, 20)) == 20
    push_many(fair, "b", 50)

    assert [one[0] for one in starts(fair, 20)].count("b") in (9, 10, 11)


def test_priority_comes_first_and_each_has_rounds_of_its_own(fair: Index) -> None:
    push_many(fair, "a", 4)
    fair.push("high-a-1", group="a", priority=1)
    fair.push("high-a-2", group="a", priority=1)
    fair.push("high-b", group="b", priority=1)

    order = starts(fair, 4)

    assert set(order[:2]) == {"high-a-1", "high-b"}
    assert order[2:] == ["high-a-2", "a-00000"]


def test_limits_and_pauses_of_a_group_stay(fair: Index) -> None:
    push_many(fair, "a", 5)
    push_many(fair, "b", 5)
    fair.gate("g:a", max_running=1)
    assert [one[0] for one in starts(fair, 4)] == ["a", "b", "b", "b"]
    fair.gate("g:b", until_ms=-1)
    assert starts(fair, 4) == []

    fair.gate("g:a", version=2)
    assert starts(fair, 9) == [f"a-0000{number}" for number in range(1, 5)]


def test_jobs_that_were_due_later_take_their_turn_when_their_time_comes(fair: Index) -> None:
    for number in range(9):
        fair.push(f"a-{number}", group="a", due_ms=fair.later())
    push_many(fair, "b", 20)
    assert len(starts(fair, 10)) == 10
    fair.make_due(*(f"a-{number}" for number in range(9)))

    assert [one[0] for one in starts(fair, 8)].count("a") in (3, 4, 5)


def test_a_job_that_is_made_due_by_a_person_takes_a_turn_too(fair: Index) -> None:
    fair.push("late", group="a", due_ms=fair.later())
    push_many(fair, "b", 3)
    assert starts(fair, 1) == ["b-00000"]

    assert fair.control.change("late", 1, Move(due_ms=0), queues=[Q]) == 1

    assert "late" in starts(fair, 2)
    fair.push("later", group="a", due_ms=fair.later())
    assert fair.control.change("later", 1, Move(queue="another"), queues=[Q, "another"]) == 1
    assert fair.entry("later").score % 1e13 > 0, "elsewhere its arrival counts"


def test_turns_are_forgotten_when_nobody_waits_and_bounded_while_somebody_does(fair: Index) -> None:
    turns = fair.keys.of_queue(Q, "turns")
    for number in range(300):
        fair.push(f"{number:03}", group=f"tenant {number}")
        assert len(starts(fair, 1)) == 1
    assert fair.client.zcard(turns) <= 3


def test_a_queue_that_is_not_fair_knows_no_turns(index: Index) -> None:
    push_many(index, "a", 3)
    push_many(index, "b", 1)

    assert [one[0] for one in starts(index, 4)] == ["a", "a", "a", "b"]
    assert not index.client.exists(index.keys.of_queue(Q, "turns"))


STEPS = st.lists(st.tuples(st.sampled_from("aaaabbc"), st.sampled_from([3, 3, 3, 2]), st.integers(0, 3)), max_size=60)


@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_nobody_who_waits_is_passed_over_for_more_than_a_round(fair: Index, steps: list[tuple[str, int, int]]) -> None:
    fair.client.flushdb()
    fair.open()
    waiting: dict[tuple[int, str], list[str]] = defaultdict(list)
    #: Starts of others since a group that waits at a priority had one.
    passed: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for number, (group, priority, want) in enumerate([*steps, *[("d", 3, 5)] * 30]):
        job = f"{number:04}"
        fair.push(job, group=group, priority=priority)
        waiting[priority, group].append(job)
        for one in starts(fair, want) if want else ():
            best = min(each for (each, _), jobs in waiting.items() if jobs)
            [its] = [key for key, jobs in waiting.items() if one in jobs]
            assert its[0] == best, "priority first"
            assert waiting[its][0] == one, "FIFO in a group"
            waiting[its].pop(0)
            passed[its].clear()
            for other, jobs in waiting.items():
                if jobs and other != its and other[0] == best:
                    passed[other][its[1]] += 1
                    assert passed[other][its[1]] <= 2, f"{its[1]} was served again and again before {other[1]}"


def test_claims_that_travel_with_ends_take_turns_as_well(fair: Index) -> None:
    push_many(fair, "a", 20)
    running = fair.take(10)
    push_many(fair, "b", 5)
    order = []
    for number in range(10):
        ends = [Completion(running.pop(0), OUTCOME, is_settled=False)]
        asked = fair.scripts.ask({Q: 1}, ends, identity=IDENTITY, request=f"{number:032x}", worker="w1")
        ended, claim = asked.receive()
        assert ended == [True]
        running += [one.held for one in claim.jobs]
        order += [one.held.id for one in claim.jobs]

    assert [one[0] for one in order] in (["a", "b"] * 5, ["b", "a"] * 5)
    # The rounds that were served are over: who comes now has none of them saved up.
    push_many(fair, "c", 5)
    assert [one[0] for one in starts(fair, 6)].count("c") == 3
