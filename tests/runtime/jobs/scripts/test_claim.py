"""Promises of the claim: who may start now is decided at the moment of fetch, in order, and leased."""

import pytest

from shared.jobs.scripts import LEASE_MS
from tests.runtime.jobs.kept_entries import lose_body
from tests.runtime.jobs.scripts.index import IDENTITY, OUTCOME, Index, Q, view


def test_a_claimed_job_is_leased_to_its_token_and_told(index: Index) -> None:
    index.push("a", body="the body")

    claim = index.claim(worker="w7", request="r")

    [claimed] = claim.jobs
    assert (claimed.held.id, claimed.held.generation, claimed.held.queue) == ("a", 1, Q)
    assert (claimed.attempt, claimed.crashes, claimed.must_check, claimed.body) == (1, 0, False, b"the body")
    assert index.view() == view(
        states={"a": (1, "running")}, running=["a"], bodies={"a": "the body"}, count={"started": 1}
    )
    record = index.entry("a")
    assert (record.token, record.worker, record.attempts, record.started) == (claimed.held.token, "w7", 1, claim.now_ms)
    assert index.client.zscore(index.keys.of_queue(Q, "running"), "a") == claim.now_ms + LEASE_MS
    [event] = index.events("started")
    assert (event.job_id, event.token, event.worker, event.attempts) == ("a", claimed.held.token, "w7", 1)


def test_priority_goes_first_and_equals_in_order_of_arrival(index: Index) -> None:
    for job_id, priority in (("n1", 3), ("b1", 5), ("n2", 3), ("c1", 1), ("h1", 2), ("c2", 1), ("n3", 3)):
        index.push(job_id, priority=priority)

    order = [index.take()[0].id for _ in range(7)]

    assert order == ["c1", "c2", "h1", "n1", "n2", "n3", "b1"]


def test_a_claim_never_takes_more_than_it_wants(index: Index) -> None:
    index.push_all("a", "b", "c", "d")

    taken = [held.id for held in index.take(3)]

    assert taken == ["a", "b", "c"]
    assert index.view().ready == ["d"]


def test_every_token_of_a_claim_is_another(index: Index) -> None:
    index.push_all("a", "b", "c")

    tokens = [held.token for held in index.take(3)]

    assert len(set(tokens)) == 3


def test_two_workers_never_get_the_same_job(index: Index) -> None:
    index.push_all(*"abcdef")

    first, second = index.take(3, worker="w1"), index.take(9, worker="w2")

    assert [held.id for held in first + second] == list("abcdef")


def test_one_claim_serves_several_queues_each_by_its_own_want(index: Index) -> None:
    for queue in ("q-one", "q-two", "q-three"):
        index.push_all(*(f"{queue}-{n}" for n in range(3)), queue=queue)

    claim = index.scripts.claim({"q-two": 1, "q-one": 2}, identity=IDENTITY, request="r", worker="w")

    assert [(claimed.held.queue, claimed.held.id) for claimed in claim.jobs] == [
        ("q-two", "q-two-0"), ("q-one", "q-one-0"), ("q-one", "q-one-1")
    ]  # fmt: skip
    assert index.view("q-three").ready == ["q-three-0", "q-three-1", "q-three-2"]


def test_an_empty_queue_tells_how_long_until_its_next_job_is_due(index: Index) -> None:
    nothing = index.claim()
    index.push("a", due_ms=index.scripts.time_ms() + 5_000)

    waiting = index.claim()

    assert nothing.waits == {Q: None}
    assert 4_000 < (waiting.waits[Q] or 0) <= 5_000


def test_more_than_one_claim_wants_is_said_to_be_there_at_once(index: Index) -> None:
    index.push_all("a", "b")

    assert index.claim(1).waits == {Q: 0}
    assert index.claim(1).waits == {Q: None}


def test_a_due_job_is_promoted_into_its_place_by_priority_and_arrival(index: Index) -> None:
    index.push("early", due_ms=index.later())
    index.push("late", priority=3)
    index.push("batch", priority=5)
    index.make_due("early")

    order = [index.take()[0].id for _ in range(3)]

    assert order == ["early", "late", "batch"]


def test_hundreds_of_due_jobs_all_come_in_bounded_steps(index: Index) -> None:
    names = [f"job-{n}" for n in range(450)]
    index.push_all(*names, due_ms=index.later())
    index.make_due(*names)

    taken = [held.id for _ in range(30) for held in index.take(20)]

    assert sorted(taken) == sorted(names)


def test_a_repeated_claim_gives_the_same_leases(index: Index) -> None:
    index.push_all("a", "b", "c")
    first = index.claim(2, request="r")
    before = index.dump()

    again = index.claim(2, request="r")

    assert [claimed.held for claimed in again.jobs] == [claimed.held for claimed in first.jobs]
    assert [(claimed.attempt, claimed.body) for claimed in again.jobs] == [(1, b"body of a"), (1, b"body of b")]
    assert index.dump() == before


@pytest.mark.parametrize("ending", ["complete", "retry", "bury", "release", "crash"])
def test_a_repeated_claim_gives_no_lease_that_is_not_held_any_more(index: Index, ending: str) -> None:
    index.push_all("a", "b")
    kept, gone = (claimed.held for claimed in index.claim(2, request="r").jobs)
    getattr(index.scripts if ending == "release" else index, ending)(gone)

    again = index.claim(2, request="r")

    assert [claimed.held for claimed in again.jobs] == [kept]


def test_a_repeated_claim_does_not_give_what_another_has_taken_over(index: Index) -> None:
    index.push("a")
    [lost] = index.claim(request="r", worker="w1").jobs
    index.crash(lost.held)
    [taken] = index.take(worker="w2")

    again = index.claim(request="r", worker="w1")

    assert taken.id == "a"
    assert again.jobs == ()


@pytest.mark.parametrize("sentinel", [None, "id-2"])
def test_claims_are_closed_while_the_index_is_not_the_one_the_worker_knows(index: Index, sentinel: str | None) -> None:
    index.push("a")
    index.client.delete(index.keys.of("identity"))
    if sentinel:
        index.open(sentinel)
    before = index.dump()

    claim = index.claim(identity=IDENTITY)

    assert claim.is_closed
    assert (claim.jobs, claim.waits) == ((), {})
    assert index.dump() == before


def test_a_repeated_claim_is_closed_too_when_the_identity_has_changed(index: Index) -> None:
    index.push("a")
    index.claim(request="r")
    index.open("id-2")

    assert index.claim(request="r").is_closed


def test_an_entry_without_a_body_is_handed_out_empty_so_that_it_can_be_buried(index: Index) -> None:
    index.push_all("broken", "fine")
    lose_body(index.scripts, "broken")

    jobs = index.claim(2).jobs

    assert [(claimed.held.id, claimed.body) for claimed in jobs] == [("broken", b""), ("fine", b"body of fine")]
    assert index.bury(jobs[0].held)
    assert index.complete(jobs[1].held)


def test_bytes_that_are_no_envelope_travel_unchanged(index: Index) -> None:
    index.push("a", body='\u0000{"no": envelope \U0001f4a5')

    [claimed] = index.claim().jobs

    assert claimed.body == '\u0000{"no": envelope \U0001f4a5'.encode()


def test_an_id_in_ready_without_an_entry_is_cleared_away_and_does_not_block(index: Index) -> None:
    index.client.zadd(index.keys.of_queue(Q, "ready"), {"ghost": 0})
    index.push("a")

    first, second = index.claim(1), index.claim(1)

    assert [claimed.held.id for claim in (first, second) for claimed in claim.jobs] == ["a"]
    assert first.waits == {Q: 0}
    assert index.view().ready == []


def test_an_outcome_is_never_claimed(index: Index) -> None:
    held = index.started("a")
    index.complete(held, outcome=OUTCOME)

    assert index.take(5) == []
