"""Promises of the gates: pause, the limit over all processes, and the exact sliding rate."""

import pytest
from redis.exceptions import ResponseError

from shared.jobs.keys import Keys
from tests.runtime.jobs.scripts.index import IDENTITY, SERVICE, Index, Q

WINDOW_MS = 200


def test_a_paused_queue_starts_nothing_until_it_is_resumed(index: Index) -> None:
    index.push_all("a", "b")
    index.configure(version=1, is_paused=True)

    paused = index.claim(2)
    index.configure(version=2, is_paused=False)
    resumed = index.claim(2)

    assert (paused.jobs, paused.waits) == ((), {Q: None})
    assert [claimed.held.id for claimed in resumed.jobs] == ["a", "b"]


def test_pausing_one_queue_does_not_touch_another(index: Index) -> None:
    index.push_all("a", queue="q-one")
    index.push_all("b", queue="q-two")
    index.configure("q-one", is_paused=True)

    claim = index.scripts.claim({"q-one": 1, "q-two": 1}, identity=IDENTITY, request="r", worker="w")

    assert [claimed.held.id for claimed in claim.jobs] == ["b"]


def test_what_runs_in_a_paused_queue_may_end(index: Index) -> None:
    held = index.started("a")
    index.configure(is_paused=True)

    assert index.complete(held)


def test_max_running_holds_over_all_workers(index: Index) -> None:
    index.configure(max_running=3)
    index.push_all(*"abcdef")

    first, second = index.take(2, worker="w1"), index.take(9, worker="w2")
    third = index.claim(9, worker="w3")
    index.complete(first[0])

    assert (len(first), len(second)) == (2, 1)
    assert (third.jobs, third.waits) == ((), {Q: None})
    assert len(index.take(9, worker="w3")) == 1


def test_a_lowered_limit_lets_the_surplus_run_and_starts_nothing(index: Index) -> None:
    index.push_all(*"abcdef")
    running = index.take(4)
    index.configure(max_running=2)

    while_over = index.take(9)
    for held in running[:3]:
        index.complete(held)

    assert while_over == []
    assert len(index.take(9)) == 1


def test_older_settings_never_overwrite_newer_ones(index: Index) -> None:
    index.configure(version=5, max_running=7, rate=3, window_ms=60_000)
    before = index.dump()

    applied = index.configure(version=4, is_paused=True)

    assert not applied
    assert index.dump() == before


def test_a_limit_that_was_taken_away_does_not_limit(index: Index) -> None:
    index.configure(version=1, max_running=1, rate=1, window_ms=60_000)
    index.configure(version=2)
    index.push_all("a", "b", "c")

    assert len(index.take(3)) == 3


def test_a_used_up_rate_says_when_the_next_start_is_allowed(index: Index) -> None:
    index.configure(rate=2, window_ms=60_000)
    index.push_all("a", "b", "c")

    first, second = index.claim(3), index.claim(3)

    assert [claimed.held.id for claimed in first.jobs] == ["a", "b"]
    assert second.jobs == ()
    assert 59_000 < (second.waits[Q] or 0) <= 60_000


def test_a_rate_that_cannot_be_met_by_waiting_alone_is_not_waited_for_when_nothing_is_ready(index: Index) -> None:
    index.configure(rate=1, window_ms=60_000)
    index.push_all("a")

    index.take()

    assert index.claim().waits == {Q: None}


def test_a_start_frees_its_place_exactly_one_window_later(index: Index) -> None:
    index.configure(rate=2, window_ms=60_000)
    now = index.scripts.time_ms()
    starts = index.keys.of_queue(Q, "starts")
    index.client.lpush(starts, now - 60_000, now - 30_000)
    index.push_all("a", "b")

    claim = index.claim(2)

    assert len(claim.jobs) == 1
    assert 29_000 < (index.claim(2).waits[Q] or 0) <= 30_000


def test_the_log_of_starts_never_outgrows_the_rate(index: Index) -> None:
    index.configure(rate=3, window_ms=100)
    index.push_all(*(f"job-{n}" for n in range(7)))

    for _ in range(4):
        claim_when_allowed(index, 3)

    assert index.client.llen(index.keys.of_queue(Q, "starts")) == 3


def test_a_lowered_rate_counts_what_has_started_before(index: Index) -> None:
    index.configure(version=1, rate=5, window_ms=60_000)
    index.push_all(*"abcdefg")
    index.take(4)
    index.configure(version=2, rate=2, window_ms=60_000)

    assert index.take(9) == []


@pytest.mark.parametrize(("rate", "want"), [(1, 1), (5, 1), (5, 3), (7, 100)])
def test_no_window_ever_holds_more_starts_than_the_rate_and_none_is_wasted(index: Index, rate: int, want: int) -> None:
    index.configure(rate=rate, window_ms=WINDOW_MS)
    index.push_all(*(f"job-{n}" for n in range(rate * 12)))

    started = 0
    while started < rate * 4:
        started += len(index.take(want))

    at = [event.at_ms for event in index.events("started")]
    gaps = [later - earlier for earlier, later in zip(at, at[rate:], strict=False)]
    assert min(gaps) >= WINDOW_MS
    assert at[-1] - at[0] < WINDOW_MS * 10


def test_a_retry_and_a_crash_count_against_the_rate_like_any_start(index: Index) -> None:
    index.configure(rate=2, window_ms=60_000)
    held = index.started("a")
    index.retry(held)
    index.make_due("a")
    [again] = index.take()
    index.crash(again)

    assert index.take() == []


def test_an_argument_of_another_kind_stops_the_script_before_it_writes(index: Index) -> None:
    index.push("a")
    before = index.dump()

    with pytest.raises(ResponseError):
        index.scripts.claim({Q: "many"}, identity=IDENTITY, request="r", worker="w")  # type: ignore[dict-item]  # that is the test

    assert {key: raw for key, raw in index.dump().items() if key != Keys(SERVICE).claim("r")} == before


def claim_when_allowed(index: Index, want: int) -> None:
    """One claim that gets something, asked again until the window lets it."""
    while index.view().ready and not index.take(want):
        continue
