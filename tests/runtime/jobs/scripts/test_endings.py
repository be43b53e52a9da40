"""Promises of how an attempt ends: completed, buried, retried, given back; each is one move under the lease."""

import pytest

from shared.jobs.scripts import TOMB_MS, Completion
from tests.runtime.jobs.scripts.index import FAR_MS, OUTCOME, Index, Q, view


def test_a_completed_job_keeps_its_outcome_until_postgresql_has_it(index: Index) -> None:
    held = index.started("a")

    assert index.complete(held, outcome=OUTCOME)

    assert index.view() == view(
        states={"a": (1, "completed")}, unsettled=["a"], outcomes={"a": OUTCOME},
        count={"started": 1, "completed": 1},
    )  # fmt: skip
    assert index.client.ttl(index.keys.of("outcomes")) == -1
    [event] = index.events("completed")
    assert (event.state, event.token, event.generation, event.attempts) == ("completed", held.token, 1, 1)


def test_an_outcome_that_is_committed_already_leaves_only_a_tombstone(index: Index) -> None:
    held = index.started("a")

    assert index.complete(held, is_settled=True)

    assert index.view() == view(states={"a": (1, "tomb")}, tombs=["a"], count={"started": 1, "completed": 1})
    assert len(index.events("completed")) == 1
    expires = index.client.zscore(index.keys.of("tombs"), "a")
    assert abs(expires - index.scripts.time_ms() - TOMB_MS) < 5_000


def test_a_job_that_is_not_durable_ends_without_a_trace_but_its_event(index: Index) -> None:
    held = index.started("a", is_durable=False)

    assert index.complete(held)

    assert index.view() == view(count={"started": 1, "completed": 1})
    assert len(index.events("completed")) == 1


def test_a_second_completion_changes_nothing(index: Index) -> None:
    held = index.started("a")
    index.complete(held)
    before = index.dump()

    assert not index.complete(held, outcome='{"another": 1}')
    assert not index.complete(held, is_settled=True)
    assert index.dump() == before


def test_a_completion_that_stands_twice_in_one_call_is_admitted_once(index: Index) -> None:
    held = index.started("a")

    answers = index.scripts.complete([Completion(held, OUTCOME, False), Completion(held, OUTCOME, False)])

    assert answers == [True, False]
    assert index.view().count["completed"] == 1
    assert len(index.events("completed")) == 1


def test_one_call_completes_many_and_answers_for_each(index: Index) -> None:
    first, lost = index.started("a", queue="q-one"), index.started("b", queue="q-two")
    index.crash(lost)
    [third] = [index.started("c", queue="q-three")]

    answers = index.scripts.complete([Completion(held, OUTCOME, False) for held in (third, lost, first)])

    assert answers == [True, False, True]
    assert index.view().unsettled == ["a", "c"]
    assert index.view("q-two").ready == ["b"]


@pytest.mark.parametrize("state", ["dead", "cancelled"])
def test_a_buried_job_keeps_error_and_arguments_without_expiry(index: Index, state: str) -> None:
    held = index.started("a")

    assert index.bury(held, state=state)

    outcome = f'{{"state":"{state}"}}'
    assert index.view() == view(
        states={"a": (1, state)}, unsettled=["a"], bodies={"a": "body of a"}, outcomes={"a": outcome},
        count={"started": 1, state: 1},
    )  # fmt: skip
    [event] = index.events(state)
    assert (event.extra, event.token) == ("why", held.token)


def test_a_retry_moves_the_job_to_its_next_time_and_nothing_is_copied(index: Index) -> None:
    held = index.started("a")
    before_ms = index.scripts.time_ms()

    assert index.retry(held, delay_ms=FAR_MS)

    assert index.view() == view(
        states={"a": (1, "retrying")}, delayed=["a"], bodies={"a": "body of a"},
        count={"started": 1, "retried": 1, "retrying": 1},
    )  # fmt: skip
    record = index.entry("a")
    assert (record.attempts, record.token, record.check) == (1, "", 1)
    assert before_ms + FAR_MS <= record.due <= index.scripts.time_ms() + FAR_MS
    [event] = index.events("retrying")
    assert (event.state, event.due_ms, event.token) == ("retrying", record.due, held.token)


def test_a_snooze_costs_no_attempt_and_says_why_it_waits(index: Index) -> None:
    held = index.started("a")

    assert index.retry(held, counts=False)

    record = index.entry("a")
    assert (record.state, record.attempts, record.wait_reason) == ("scheduled", 0, "snoozed")
    assert index.view().count == {"started": 1}


@pytest.mark.parametrize("counts", [True, False])
def test_a_job_that_comes_back_keeps_its_position(index: Index, counts: bool) -> None:
    held = index.started("first")
    index.push_all("second", "third")
    index.retry(held, counts=counts)
    index.make_due("first")

    order = [index.take()[0].id for _ in range(3)]

    assert order == ["first", "second", "third"]


def test_a_counted_retry_starts_as_the_next_attempt_and_is_no_longer_retrying(index: Index) -> None:
    index.retry(index.started("a"))
    index.make_due("a")

    [claimed] = index.claim().jobs

    assert (claimed.attempt, claimed.must_check) == (2, True)
    assert index.view().count == {"started": 2, "retried": 1, "retrying": 0}


def test_a_job_given_back_keeps_position_and_attempt(index: Index) -> None:
    held = index.started("first")
    index.push_all("second")

    assert index.scripts.release(held)

    seen = index.view()
    assert (seen.ready, seen.delayed, seen.running) == (["first", "second"], [], [])
    record = index.entry("first")
    assert (record.state, record.attempts, record.token, record.check) == ("queued", 0, "", 1)
    [event] = index.events("released")
    assert event.token == held.token


def test_a_settled_entry_leaves_a_tombstone(index: Index) -> None:
    index.complete(index.started("a"))

    gone = index.scripts.settle([("a", 1, "completed")])

    assert gone == 1
    assert index.view() == view(states={"a": (1, "tomb")}, tombs=["a"], count={"started": 1, "completed": 1})


@pytest.mark.parametrize("entry", [("a", 1, "dead"), ("a", 1, "completed"), ("a", 3, "dead"), ("b", 2, "dead")])
def test_settling_another_generation_or_outcome_removes_nothing(index: Index, entry: tuple[str, int, str]) -> None:
    index.complete(index.started("a", generation=2))

    gone = index.scripts.settle([entry])

    assert gone == 0
    assert index.view().outcomes == {"a": OUTCOME}
    assert index.view().unsettled == ["a"]


def test_settling_an_old_outcome_does_not_hurt_the_job_that_lives_again(index: Index) -> None:
    index.complete(index.started("a"))
    index.push("a", generation=2)

    gone = index.scripts.settle([("a", 1, "completed")])

    assert gone == 0
    assert index.view().states == {"a": (2, "queued")}
    assert index.take()[0].generation == 2


def test_settling_twice_is_harmless(index: Index) -> None:
    index.complete(index.started("a"))
    index.scripts.settle([("a", 1, "completed")])
    before = index.dump()

    assert index.scripts.settle([("a", 1, "completed")]) == 0
    assert index.dump() == before


def test_tombstones_that_have_outlived_every_push_deadline_are_purged(index: Index) -> None:
    for job_id in ("a", "b", "c"):
        index.complete(index.started(job_id), is_settled=True)
    index.client.zadd(index.keys.of("tombs"), {"a": 1, "b": 2})

    index.complete(index.started("d"), is_settled=True)

    assert index.view().tombs == ["c", "d"]
    assert set(index.view().states) == {"c", "d"}


def test_purging_an_old_tombstone_never_removes_a_job_that_lives_again(index: Index) -> None:
    index.complete(index.started("a"), is_settled=True)
    index.push("a", generation=2)
    index.client.zadd(index.keys.of("tombs"), {"a": 1})

    index.complete(index.started("b", queue="other"), is_settled=True)

    assert index.view().states["a"] == (2, "queued")


def test_the_outcome_of_a_queue_is_counted_once(index: Index) -> None:
    for job_id in ("a", "b"):
        index.complete(index.started(job_id))
    index.bury(index.started("c"))
    index.bury(index.started("d"), state="cancelled")

    assert index.view(Q).count == {"started": 4, "completed": 2, "dead": 1, "cancelled": 1}
