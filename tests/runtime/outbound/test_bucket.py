"""Promises of the pace of calls to one provider."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outbound.bucket import Rate, TokenBucket


class HandClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def bucket(clock: HandClock, *, per_minute: float = 60, burst: int = 3, max_wait: float = 0.0) -> TokenBucket:
    return TokenBucket(Rate(per_minute, burst=burst, max_wait=max_wait), clock=clock)


def test_a_burst_passes_at_once_and_the_next_call_is_told_when_to_come(clock: HandClock) -> None:
    pace = bucket(clock)

    granted = [pace.take() for _ in range(4)]

    assert [permit.granted for permit in granted] == [True, True, True, False]
    assert granted[3].wait_seconds == pytest.approx(1.0)


def test_a_call_may_reserve_a_turn_within_the_longest_wait(clock: HandClock) -> None:
    pace = bucket(clock, burst=1, max_wait=2.0)

    waits = [pace.take() for _ in range(4)]

    assert [permit.wait_seconds for permit in waits] == pytest.approx([0.0, 1.0, 2.0, 3.0])
    assert [permit.granted for permit in waits] == [True, True, True, False]


def test_tokens_come_back_with_time_but_never_beyond_the_burst(clock: HandClock) -> None:
    pace = bucket(clock)
    for _ in range(3):
        pace.take()

    clock.seconds += 3600

    assert [pace.take().granted for _ in range(4)] == [True, True, True, False]


def test_a_refusal_closes_the_bucket_until_the_provider_said(clock: HandClock) -> None:
    pace = bucket(clock, max_wait=60.0)

    pace.close_for(30)
    clock.seconds += 29

    assert not pace.take().granted
    assert pace.closed_for() == pytest.approx(1.0)
    clock.seconds += 1
    assert pace.take().granted


def test_refusals_of_calls_in_flight_together_halve_the_pace_once(clock: HandClock) -> None:
    pace = bucket(clock)

    for _ in range(5):
        pace.close_for(10)

    assert pace.per_minute() == pytest.approx(30)


def test_the_pace_recovers_slowly_after_a_refusal(clock: HandClock) -> None:
    pace = bucket(clock)
    pace.close_for(10)

    clock.seconds += 10 + 60
    pace.take()
    after_one_minute = pace.per_minute()
    clock.seconds += 600
    pace.take()

    assert after_one_minute == pytest.approx(36)
    assert pace.per_minute() == pytest.approx(60)


def test_the_pace_never_falls_to_nothing(clock: HandClock) -> None:
    pace = bucket(clock)

    for _ in range(50):
        pace.close_for(1)
        clock.seconds += 1

    assert pace.per_minute() >= 60 / 16


def test_a_later_refusal_never_opens_the_bucket_earlier(clock: HandClock) -> None:
    pace = bucket(clock)

    pace.close_for(100)
    pace.close_for(1)

    assert pace.closed_for() == pytest.approx(100)


@given(st.lists(st.floats(min_value=0, max_value=20), max_size=60), st.integers(1, 20), st.floats(1, 600))
def test_no_span_of_time_sees_more_calls_than_burst_and_rate_allow(
    gaps: list[float], burst: int, per_minute: float
) -> None:
    clock = HandClock()
    pace = bucket(clock, per_minute=per_minute, burst=burst)
    passed = []
    for gap in gaps:
        clock.seconds += gap
        if pace.take().granted:
            passed.append(clock.seconds)

    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            allowed = burst + (passed[last] - start) * per_minute / 60
            assert last - first + 1 <= allowed + 1e-6


def test_threads_together_get_no_more_than_the_burst(clock: HandClock) -> None:
    pace = bucket(clock, burst=10)
    granted: list[bool] = []
    threads = [threading.Thread(target=lambda: granted.append(pace.take().granted)) for _ in range(40)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert granted.count(True) == 10


@pytest.mark.parametrize(
    ("per_minute", "burst", "max_wait"), [(0, 1, 0), (-1, 1, 0), (60, 0, 0), (60, 1, -1), (60, 1, 61)]
)
def test_a_rate_that_makes_no_sense_is_refused(per_minute: float, burst: int, max_wait: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Rate(per_minute, burst=burst, max_wait=max_wait)
