"""Promises of the wake-up: nobody polls, one token wakes one worker, and no possible start is slept over."""

from collections.abc import Callable

import pytest

from shared.jobs.scripts import Held
from tests.runtime.jobs.scripts.index import FAR_MS, Index, Q
from tests.runtime.jobs.scripts.waiters import idle_workers


def test_an_enqueue_wakes_exactly_one_idle_worker(index: Index) -> None:
    with idle_workers(index, 3) as workers:
        index.push("a")

        assert workers.blocked() == 2


def test_a_batch_wakes_one_worker_who_passes_the_baton_when_more_is_ready(index: Index) -> None:
    with idle_workers(index, 3) as workers:
        index.push_all("a", "b", "c")
        after_pushes = workers.blocked()
        index.drain_wakes()
        index.take(1)

        assert after_pushes == 0
    with idle_workers(index, 2) as workers:
        index.take(1)

        assert workers.blocked() == 1


def test_nobody_is_woken_when_a_claim_leaves_nothing_behind(index: Index) -> None:
    index.push_all("a")

    with idle_workers(index, 1) as workers:
        index.take(1)

        assert workers.blocked() == 1


def test_waiting_tokens_never_pile_up(index: Index) -> None:
    index.push_all(*(f"job-{n}" for n in range(20)))

    assert index.wake_tokens() == 1


def test_a_job_for_one_queue_wakes_nobody_of_another(index: Index) -> None:
    with idle_workers(index, 1, "q-other") as workers:
        index.push("a")

        assert workers.blocked() == 1


def test_a_delayed_job_that_becomes_the_next_one_wakes_a_sleeper(index: Index) -> None:
    index.push("later", due_ms=index.scripts.time_ms() + 2 * FAR_MS)

    with idle_workers(index, 2) as workers:
        index.push("sooner", due_ms=index.scripts.time_ms() + FAR_MS)

        assert workers.blocked() == 1


def test_a_delayed_job_behind_the_next_one_wakes_nobody(index: Index) -> None:
    index.push("sooner", due_ms=index.scripts.time_ms() + FAR_MS)

    with idle_workers(index, 1) as workers:
        index.push("later", due_ms=index.scripts.time_ms() + 2 * FAR_MS)

        assert workers.blocked() == 1


def test_a_refused_push_wakes_nobody(index: Index) -> None:
    index.push("a")

    with idle_workers(index, 1) as workers:
        index.push("a")

        assert workers.blocked() == 1


def test_a_retry_that_becomes_the_next_one_wakes_a_sleeper(index: Index) -> None:
    held = index.started("a")

    with idle_workers(index, 1) as workers:
        index.retry(held)

        assert workers.blocked() == 0


@pytest.mark.parametrize("give_back", ["release", "crash"])
def test_a_job_that_is_ready_again_wakes_a_worker(index: Index, give_back: str) -> None:
    held = index.started("a")

    with idle_workers(index, 1) as workers:
        getattr(index.scripts if give_back == "release" else index, give_back)(held)

        assert workers.blocked() == 0


def test_new_settings_wake_a_worker_to_look_again(index: Index) -> None:
    index.configure(is_paused=True)
    index.push("a")

    with idle_workers(index, 1) as workers:
        index.configure(version=2)

        assert workers.blocked() == 0


def test_an_outcome_wakes_the_settler_once(index: Index) -> None:
    for job_id in ("a", "b"):
        index.complete(index.started(job_id))

    assert index.client.llen(index.keys.of("settle_wake")) == 1


LEAVING: dict[str, Callable[[Index, Held], object]] = {
    "complete": lambda index, held: index.complete(held),
    "complete-settled": lambda index, held: index.complete(held, is_settled=True),
    "bury": lambda index, held: index.bury(held),
    "retry": lambda index, held: index.retry(held, delay_ms=2 * FAR_MS),
    "obsolete": lambda index, held: index.scripts.drop(held.id, Q, generation=1, token=held.token),
    "release-doomed": lambda index, held: (index.scripts.drop(held.id, Q, generation=1), index.scripts.release(held)),
    "retry-doomed": lambda index, held: (index.scripts.drop(held.id, Q, generation=1), index.retry(held)),
    "crash-doomed": lambda index, held: (index.scripts.drop(held.id, Q, generation=1), index.crash(held)),
    "crash-dead": lambda index, held: index.crash(held),
}


@pytest.mark.parametrize("leaving", LEAVING)
def test_a_place_below_max_running_that_becomes_free_wakes_a_worker(index: Index, leaving: str) -> None:
    index.configure(max_running=1)
    index.push("delayed", due_ms=index.scripts.time_ms() + FAR_MS)
    held = index.started("a", crashes=2 if leaving == "crash-dead" else 0)
    index.push("waits")
    assert index.take() == []

    with idle_workers(index, 1) as workers:
        LEAVING[leaving](index, held)

        assert workers.blocked() == 0
        assert [one.id for one in index.take()] == ["waits"]
