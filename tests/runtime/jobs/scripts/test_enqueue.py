"""Promises of the push: an id is in the index at most once, with its highest generation."""

import pytest

from shared.jobs.scripts import Push
from tests.runtime.jobs.scripts.index import FAR_MS, IDENTITY, OUTCOME, Index, Q, view


def test_a_pushed_job_is_ready_with_its_body_and_told_once(index: Index) -> None:
    status = index.push("a", body="the body")

    assert status == 1
    assert index.view() == view(states={"a": (1, "queued")}, ready=["a"], bodies={"a": "the body"})
    [event] = index.events()
    assert (event.job_id, event.kind, event.state, event.queue, event.generation) == ("a", "enqueued", "queued", Q, 1)


def test_a_job_due_later_waits_in_delayed_until_its_time(index: Index) -> None:
    due = index.later()

    index.push("a", due_ms=due, wait_reason="delay")

    assert index.view() == view(states={"a": (1, "scheduled")}, delayed=["a"], bodies={"a": "body of a"})
    assert index.client.zscore(index.keys.of_queue(Q, "delayed"), "a") == due
    assert index.entry("a").wait_reason == "delay"
    assert index.events()[0].due_ms == due


def test_a_job_whose_time_has_passed_is_ready_at_once(index: Index) -> None:
    index.push("a", due_ms=index.scripts.time_ms() - 1)

    assert index.view().ready == ["a"]


@pytest.mark.parametrize("generation", [2, 1])
@pytest.mark.parametrize("form", ["queued", "scheduled", "retrying", "running", "outcome", "tomb"])
def test_the_same_or_a_lower_generation_is_refused_in_any_form(index: Index, form: str, generation: int) -> None:
    bring_into(index, form, generation=2)
    before = index.dump()

    status = index.push("a", generation=generation, body="another body")

    assert status == 0
    assert index.dump() == before


@pytest.mark.parametrize("form", ["queued", "scheduled", "retrying", "outcome", "tomb"])
def test_a_higher_generation_replaces_a_lower_one_in_any_form_but_a_live_lease(index: Index, form: str) -> None:
    bring_into(index, form, generation=2)

    status = index.push("a", generation=3, body="the new body")

    seen = index.view()
    assert status == 1
    assert seen.states == {"a": (3, "queued")}
    assert (seen.ready, seen.delayed, seen.running, seen.unsettled, seen.tombs) == (["a"], [], [], [], [])
    assert (seen.bodies, seen.outcomes) == ({"a": "the new body"}, {})


def test_a_replaced_retry_is_no_longer_counted_as_retrying(index: Index) -> None:
    bring_into(index, "retrying", generation=1)

    index.push("a", generation=2)

    assert index.view().count["retrying"] == 0


def test_a_running_older_generation_is_left_alone_and_reported(index: Index) -> None:
    index.started("a", generation=1)
    before = index.dump()

    status = index.push("a", generation=2)

    assert status == -2
    assert index.dump() == before


def test_a_push_past_its_deadline_changes_nothing(index: Index) -> None:
    index.push("present")
    before = index.dump()

    statuses = [index.push("a", deadline_ms=index.scripts.time_ms() - 1), index.push("present", deadline_ms=1)]

    assert statuses == [-1, -1]
    assert index.dump() == before


def test_a_push_before_its_deadline_is_taken(index: Index) -> None:
    assert index.push("a", deadline_ms=index.scripts.time_ms() + FAR_MS) == 1


def test_one_call_answers_for_each_job_in_order_over_several_queues(index: Index) -> None:
    index.push("old", generation=2)

    statuses = index.scripts.enqueue(
        [
            Push("new", 1, "b-queue", "job", 3, 0, 3, 1000, "x"),
            Push("old", 1, Q, "job", 3, 0, 3, 1000, "x"),
            Push("other", 1, "a-queue", "job", 3, 0, 3, 1000, "x"),
            Push("new", 1, "b-queue", "job", 3, 0, 3, 1000, "twice in one call"),
        ],
        deadline_ms=0,
    )

    assert statuses == [1, 0, 1, 0]
    assert (index.view("b-queue").ready, index.view("a-queue").ready, index.view().ready) == (
        ["new"],
        ["other"],
        ["old"],
    )
    assert index.view().bodies["new"] == "x"


def test_what_a_rebuild_knows_of_attempts_and_crashes_comes_back(index: Index) -> None:
    index.push("a", attempts=2, crashes=1, must_check=True)

    [claimed] = index.claim().jobs

    assert (claimed.attempt, claimed.crashes, claimed.must_check) == (3, 1, True)


def test_a_rebuilt_retry_is_retrying_until_its_time(index: Index) -> None:
    index.push("a", state="retrying", due_ms=index.later(), attempts=1)

    assert index.view().states == {"a": (1, "retrying")}
    assert index.view().count == {"retrying": 1}


def bring_into(index: Index, form: str, *, generation: int) -> None:
    """Job a, of the given generation, as an entry of that form."""
    if form in ("scheduled", "retrying"):
        index.push_all("a", generation=generation, due_ms=index.later(), state=form)
        return
    index.push_all("a", generation=generation)
    if form == "queued":
        return
    [claimed] = index.claim(identity=IDENTITY).jobs
    if form == "outcome":
        assert index.complete(claimed.held, outcome=OUTCOME)
    if form == "tomb":
        assert index.complete(claimed.held, is_settled=True)
    index.drain_wakes()
