"""Promises of the fencing token: whoever lost the lease changes nothing, whatever he tries."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from shared.jobs.scripts import Held
from tests.runtime.jobs.scripts.index import Index, Q

WRITES: dict[str, Callable[[Index, Held], object]] = {
    "complete": lambda index, held: index.complete(held),
    "complete-settled": lambda index, held: index.complete(held, is_settled=True),
    "bury": lambda index, held: index.bury(held),
    "cancel": lambda index, held: index.bury(held, state="cancelled"),
    "retry": lambda index, held: index.retry(held),
    "snooze": lambda index, held: index.retry(held, counts=False),
    "release": lambda index, held: index.scripts.release(held),
    "extend": lambda index, held: index.scripts.extend([held])[0],
    "progress": lambda index, held: index.scripts.progress(held, '{"done":1,"total":2,"note":""}', done=1),
}


def taken_over(index: Index, held: Held) -> None:
    """Another worker runs the job now."""
    index.crash(held)
    index.take(worker="w2")


def wait_again(index: Index, held: Held) -> None:
    index.crash(held)


def retried(index: Index, held: Held) -> None:
    index.retry(held)


def ended(index: Index, held: Held) -> None:
    index.complete(held)


def entombed(index: Index, held: Held) -> None:
    index.complete(held, is_settled=True)


def gone(index: Index, held: Held) -> None:
    index.client.flushdb()
    index.open()


def requeued(index: Index, held: Held) -> None:
    """The same id runs again in a higher generation."""
    index.complete(held, is_settled=True)
    index.push("a", generation=2)
    index.take(worker="w2")


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("happened", [taken_over, wait_again, retried, ended, entombed, gone, requeued])
def test_a_write_after_the_lease_was_lost_changes_nothing(
    index: Index, write: str, happened: Callable[[Index, Held], None]
) -> None:
    held = index.started("a")
    happened(index, held)
    before = index.dump()

    answer = WRITES[write](index, held)

    assert answer in (False, 0)
    assert index.dump() == before


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "wrong", [{"token": "guessed"}, {"token": ""}, {"generation": 2}, {"generation": 0}, {"id": "b"}]
)
def test_a_write_with_a_wrong_right_changes_nothing(index: Index, write: str, wrong: dict[str, object]) -> None:
    index.push_all("a", "b")
    [held] = index.take()
    before = index.dump()

    answer = WRITES[write](index, replace(held, index_id="", **wrong))

    assert answer in (False, 0)
    assert index.dump() == before


@pytest.mark.parametrize("write", ["complete", "complete-settled", "bury", "cancel", "retry", "snooze", "release"])
def test_a_write_that_is_repeated_after_a_lost_answer_is_admitted_once(index: Index, write: str) -> None:
    held = index.started("a")
    assert WRITES[write](index, held)
    before = index.dump()

    assert not WRITES[write](index, held)
    assert index.dump() == before


@pytest.mark.parametrize("write", ["complete", "bury", "retry", "release"])
def test_only_the_new_holder_ends_what_was_taken_over(index: Index, write: str) -> None:
    lost = index.started("a")
    index.crash(lost)
    [current] = index.take(worker="w2")

    assert not WRITES[write](index, lost)
    assert WRITES[write](index, current)
    assert index.view(Q).running == []
