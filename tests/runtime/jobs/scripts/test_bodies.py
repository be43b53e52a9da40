"""Promises of where a body is kept: short ones within the entry, long ones apart, none longer than it is needed."""

import uuid

import pytest

from shared.jobs.index_ids import from_index, to_index
from shared.jobs.index_reads import unsettled_ids
from shared.jobs.scripts import Claimed
from tests.runtime.jobs.scripts.index import OUTCOME, Index, Q

SHORT, LONG = 1024, 1025
LENGTHS = [0, 1, 255, 256, SHORT, LONG, 256 * 1024]


def kept_apart(index: Index) -> int:
    return int(index.client.hlen(index.keys.of("bodies")))


def only(jobs: tuple[Claimed, ...]) -> Claimed:
    [claimed] = jobs
    return claimed


@pytest.mark.parametrize("length", LENGTHS)
def test_a_body_of_any_length_comes_back_as_it_was_after_every_kind_of_pause(index: Index, length: int) -> None:
    index.push("a", body="é" * (length // 2) + "x" * (length % 2))
    expected = ("é" * (length // 2) + "x" * (length % 2)).encode()

    assert kept_apart(index) == (length > SHORT)
    first = only(index.claim(request="again").jobs)
    assert only(index.claim(request="again").jobs).body == first.body == expected
    index.retry(first.held)
    index.make_due("a")
    second = only(index.claim().jobs)
    assert second.body == expected
    index.crash(second.held)
    third = only(index.claim().jobs)
    assert third.body == expected
    assert index.scripts.release(third.held)
    last = only(index.claim().jobs)
    assert (last.body, last.attempt) == (expected, 2)


@pytest.mark.parametrize("length", [1, LONG])
@pytest.mark.parametrize("is_durable", [True, False])
def test_a_body_goes_with_the_good_end_of_its_job(index: Index, length: int, *, is_durable: bool) -> None:
    held = index.started("a", body="x" * length, is_durable=is_durable)

    assert index.complete(held)

    assert (index.view().bodies, kept_apart(index)) == ({}, 0)


@pytest.mark.parametrize("length", [1, LONG])
def test_a_body_stays_with_a_dead_job_until_its_row_has_it(index: Index, length: int) -> None:
    held = index.started("a", body="x" * length)

    assert index.bury(held)
    assert index.view().bodies == {"a": "x" * length}
    index.scripts.settle([("a", 1, "dead")])

    assert (index.view().bodies, kept_apart(index)) == ({}, 0)


@pytest.mark.parametrize(("old", "new"), [(1, LONG), (LONG, 1)])
def test_a_newer_generation_leaves_nothing_of_the_older_ones_body(index: Index, old: int, new: int) -> None:
    index.push("a", body="o" * old)

    index.push("a", body="n" * new, generation=2)

    assert (index.view().bodies, kept_apart(index)) == ({"a": "n" * new}, new > SHORT)


def test_long_and_short_bodies_of_one_claim_are_told_apart(index: Index) -> None:
    lengths = [3, 2000, 0, 5000, 9]
    for number, length in enumerate(lengths):
        index.push(f"job-{number}", body=str(number) * length)

    jobs = index.claim(len(lengths)).jobs

    assert [(one.held.id, len(one.body), set(one.body.decode())) for one in jobs] == [
        (f"job-{number}", length, {str(number)} if length else set()) for number, length in enumerate(lengths)
    ]


def test_an_id_is_shorter_in_the_index_and_sorts_there_as_it_does_elsewhere(index: Index) -> None:
    ids = sorted(str(uuid.UUID(int=number * 0x0123_4567_89AB_CDEF_0123_4567_89AB % 2**128)) for number in range(200))

    assert sorted(map(to_index, ids)) == [to_index(job_id) for job_id in ids]
    assert [from_index(to_index(job_id).encode()) for job_id in ids] == ids
    index.push_all(ids[0])
    assert [len(name) for name in index.client.zrange(index.keys.of_queue(Q, "ready"), 0, -1)] == [22]
    assert index.complete(index.take()[0], outcome=OUTCOME)
    assert index.events()[-1].job_id == unsettled_ids(index.scripts, 10)[0] == ids[0]


@pytest.mark.parametrize("job_id", ["a", "", "x" * 36, "é" * 36])
def test_what_is_no_uuid_stays_as_it_is(job_id: str) -> None:
    assert from_index(to_index(job_id).encode()) == job_id


def test_a_uuid_written_otherwise_is_the_same_job(index: Index) -> None:
    job_id = str(uuid.UUID(int=2**127 + 77))

    assert from_index(to_index(job_id.upper()).encode()) == job_id
