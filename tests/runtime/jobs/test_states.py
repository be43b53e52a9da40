"""Promises of the table of states: what may follow what, and what is the end."""

import pytest

from shared.jobs.states import DISPATCHED, FINAL, LIVE, TRANSITIONS, State, is_allowed

ONE_LIFE = [
    ("scheduled", "queued"), ("blocked", "queued"), ("blocked", "scheduled"), ("queued", "running"),
    ("running", "completed"), ("running", "retrying"), ("running", "scheduled"), ("running", "queued"),
    ("running", "dead"), ("running", "cancelled"), ("retrying", "queued"), ("scheduled", "cancelled"),
    ("queued", "cancelled"), ("retrying", "cancelled"), ("blocked", "cancelled"), ("blocked", "dead"),
    ("scheduled", "expired"), ("queued", "expired"), ("queued", "scheduled"), ("running", "expired"),
]  # fmt: skip
NEVER = [
    ("queued", "completed"), ("scheduled", "completed"), ("blocked", "running"), ("blocked", "completed"),
    ("retrying", "completed"), ("running", "blocked"), ("completed", "dead"), ("completed", "running"),
    ("dead", "completed"), ("cancelled", "completed"), ("expired", "running"),
]  # fmt: skip


def test_the_vocabulary_is_the_architectures() -> None:
    words = "scheduled blocked queued running retrying completed dead cancelled expired"

    assert [str(state) for state in State] == words.split()


def test_every_state_is_live_or_final_and_every_final_one_ends_a_generation() -> None:
    assert {"completed", "dead", "cancelled", "expired"} == FINAL
    assert set(State) == FINAL | LIVE
    assert not FINAL & LIVE
    assert LIVE - {State.BLOCKED} == DISPATCHED
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize(("before", "after"), ONE_LIFE)
def test_a_job_may_go_this_way(before: str, after: str) -> None:
    assert is_allowed(State(before), State(after))


@pytest.mark.parametrize(("before", "after"), NEVER)
def test_a_job_never_goes_this_way(before: str, after: str) -> None:
    assert not is_allowed(State(before), State(after))


@pytest.mark.parametrize("final", sorted(FINAL))
def test_a_final_state_is_left_only_by_a_requeue(final: State) -> None:
    assert TRANSITIONS[final] == {State.QUEUED, State.BLOCKED}


@pytest.mark.parametrize("state", list(State))
def test_no_state_follows_itself(state: State) -> None:
    assert not is_allowed(state, state)
