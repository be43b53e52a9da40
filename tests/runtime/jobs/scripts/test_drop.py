"""Promises of the drop: an unwanted entry goes, but never under the hands of whoever runs it."""

from collections.abc import Callable

import pytest

from shared.jobs.scripts import Held
from tests.runtime.jobs.scripts.index import Index, Q, view

GONE = {"states": {"a": (1, "tomb")}, "tombs": ["a"]}


@pytest.mark.parametrize("form", ["queued", "scheduled", "retrying"])
def test_a_waiting_job_is_dropped_wherever_it_waits(index: Index, form: str) -> None:
    index.push_all(
        "a", state=form if form != "queued" else "scheduled", due_ms=0 if form == "queued" else index.later()
    )

    assert index.scripts.drop("a", Q, generation=1) == 1

    seen = index.view()
    assert (seen.states, seen.tombs, seen.ready, seen.delayed) == ({"a": (1, "tomb")}, ["a"], [], [])
    assert (seen.bodies, seen.count.get("retrying", 0)) == ({}, 0)
    [event] = index.events("dropped")
    assert (event.job_id, event.state) == ("a", "cancelled")


def test_a_dropped_retry_is_no_longer_counted_as_retrying(index: Index) -> None:
    index.retry(index.started("a"))

    index.scripts.drop("a", Q, generation=1)

    assert index.view().count["retrying"] == 0


def test_a_dropped_job_cannot_be_pushed_back_in_its_generation(index: Index) -> None:
    index.push_all("a")
    index.scripts.drop("a", Q, generation=1)

    assert index.push("a", generation=1) == 0
    assert index.push("a", generation=2) == 1


def test_a_live_lease_is_only_doomed(index: Index) -> None:
    held = index.started("a")

    assert index.scripts.drop("a", Q, generation=1) == 2

    assert index.view() == view(
        states={"a": (1, "running")}, running=["a"], bodies={"a": "body of a"}, count={"started": 1}
    )
    assert index.entry("a").doomed == 1
    assert index.entry("a").token == held.token


def test_the_holder_itself_may_drop_what_it_runs(index: Index) -> None:
    held = index.started("a")

    assert index.scripts.drop("a", Q, generation=1, token=held.token) == 1

    assert index.view() == view(**GONE, count={"started": 1})


def test_a_token_of_the_past_only_dooms(index: Index) -> None:
    lost = index.started("a")
    index.crash(lost)
    index.take(worker="w2")

    assert index.scripts.drop("a", Q, generation=1, token=lost.token) == 2
    assert index.view().running == ["a"]


def test_a_drop_of_an_older_generation_does_nothing(index: Index) -> None:
    index.push_all("a", generation=2)
    before = index.dump()

    assert index.scripts.drop("a", Q, generation=1) == 0
    assert index.dump() == before


def test_a_drop_of_what_is_gone_or_never_was_does_nothing(index: Index) -> None:
    index.push_all("a")
    index.scripts.drop("a", Q, generation=1)
    before = index.dump()

    assert index.scripts.drop("a", Q, generation=1) == 0
    assert index.scripts.drop("b", Q, generation=1) == 0
    assert index.dump() == before


ENDINGS: dict[str, Callable[[Index, Held], object]] = {
    "retry": lambda index, held: index.retry(held),
    "snooze": lambda index, held: index.retry(held, counts=False),
    "release": lambda index, held: index.scripts.release(held),
    "crash": lambda index, held: index.crash(held),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_doomed_job_goes_when_its_attempt_ends_and_never_runs_again(index: Index, ending: str) -> None:
    held = index.started("a")
    index.scripts.drop("a", Q, generation=1)

    ENDINGS[ending](index, held)

    assert index.view() == view(**GONE, count={"started": 1})
    assert index.take() == []
    assert len(index.events("dropped")) == 1


def test_a_doomed_job_that_ends_well_keeps_its_outcome_for_postgresql_to_judge(index: Index) -> None:
    held = index.started("a")
    index.scripts.drop("a", Q, generation=1)

    assert index.complete(held)
    assert index.view().unsettled == ["a"]


def test_a_requeued_job_is_not_doomed_by_what_doomed_its_last_life(index: Index) -> None:
    held = index.started("a")
    index.scripts.drop("a", Q, generation=1)
    index.scripts.release(held)

    index.push("a", generation=2)
    [again] = index.take()

    assert index.scripts.extend([again]) == [1]
