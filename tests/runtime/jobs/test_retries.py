"""Promises of the backoff: the documents' formulas exactly, jitter only downwards, never above the cap."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidArgument
from shared.jobs.retries import DEFAULT_CAP, Backoff, Rule, computed, exponential, fixed, linear, table

CHANCES = st.floats(0, 1, exclude_max=True)


def seconds_of(backoff: Backoff, attempts: int, *, chance: float = 0.0) -> list[float]:
    return [backoff.after(attempt, chance=chance).total_seconds() for attempt in range(1, attempts + 1)]


def test_exponential_is_two_to_the_failures_before_times_the_delay() -> None:
    assert seconds_of(exponential(2, jitter=0), 8) == [2, 4, 8, 16, 32, 64, 128, 256]
    assert seconds_of(exponential(0.5, jitter=0), 4) == [0.5, 1, 2, 4]


def test_linear_grows_by_the_delay() -> None:
    assert seconds_of(linear(3, jitter=0), 4) == [3, 6, 9, 12]


def test_fixed_never_changes() -> None:
    assert seconds_of(fixed(5), 4, chance=0.9) == [5, 5, 5, 5]


def test_a_fixed_delay_is_kept_however_long_it_is() -> None:
    assert seconds_of(fixed(2 * 3600), 2) == [7200, 7200]


def test_a_function_is_asked_with_the_attempt_and_its_error_and_bounded_by_the_cap() -> None:
    asked: list[tuple[int, BaseException]] = []

    def rule(attempt: int, error: BaseException) -> timedelta:
        asked.append((attempt, error))
        return timedelta(seconds=7 * attempt)

    error = ValueError("no")
    backoff = computed(rule, cap=timedelta(seconds=15), jitter=0.5)

    delays = [
        backoff.after(attempt, chance=chance, error=error) for attempt, chance in ((1, 0), (2, 0), (3, 0), (2, 1))
    ]

    assert [delay.total_seconds() for delay in delays] == [7, 14, 15, 7]
    assert asked == [(1, error), (2, error), (3, error), (2, error)]


@pytest.mark.parametrize("answer", [None, 5, timedelta(seconds=-1)])
def test_what_a_function_answers_must_be_a_delay(answer: object) -> None:
    with pytest.raises(InvalidArgument, match="timedelta") as refused:
        computed(lambda *_: answer).after(1, chance=0, error=ValueError())  # type: ignore[arg-type]  # what is wrong is the point

    assert refused.value.field == "rule"


@pytest.mark.parametrize(("kind", "rule"), [("function", None), ("fixed", lambda *_: timedelta(0))])
def test_the_kind_function_and_no_other_has_a_function(kind: str, rule: Rule | None) -> None:
    with pytest.raises(InvalidArgument, match="function") as refused:
        Backoff(kind, timedelta(seconds=1), rule=rule)

    assert refused.value.field == "rule"


def test_a_table_is_followed_and_its_last_delay_stays() -> None:
    assert seconds_of(table(1, 10, 60), 5) == [1, 10, 60, 60, 60]


def test_a_table_may_fall() -> None:
    assert seconds_of(table(60, 5), 3) == [60, 5, 5]


def test_no_delay_is_above_the_cap() -> None:
    assert seconds_of(exponential(2, cap=timedelta(seconds=10), jitter=0), 5) == [2, 4, 8, 10, 10]
    assert seconds_of(linear(4, cap=timedelta(seconds=10), jitter=0), 4) == [4, 8, 10, 10]


@given(
    kind=st.sampled_from(["exponential", "linear", "fixed"]),
    seconds=st.floats(0, 366 * 86_400),
    attempt=st.integers(1, 100),
    chance=CHANCES,
)
def test_any_delay_and_any_attempt_give_a_time_within_the_cap(
    kind: str, seconds: float, attempt: int, chance: float
) -> None:
    assert timedelta(0) <= Backoff(kind, timedelta(seconds=seconds)).after(attempt, chance=chance) <= DEFAULT_CAP


@given(jitter=st.floats(0, 1), attempt=st.integers(1, 30), chance=CHANCES)
def test_jitter_takes_a_delay_to_somewhere_between_its_share_and_the_whole(
    jitter: float, attempt: int, chance: float
) -> None:
    whole = exponential(2, jitter=0).after(attempt, chance=0)
    tick = timedelta(microseconds=1)

    delay = exponential(2, jitter=jitter).after(attempt, chance=chance)

    assert whole * (1 - jitter) - tick <= delay <= whole


def test_jitter_at_its_ends() -> None:
    backoff = exponential(10, jitter=0.5)

    assert backoff.after(1, chance=0).total_seconds() == 10
    assert backoff.after(1, chance=1).total_seconds() == 5


@pytest.mark.parametrize("jitter", [-0.1, 1.1, float("nan")])
def test_a_jitter_outside_zero_to_one_is_refused(jitter: float) -> None:
    with pytest.raises(InvalidArgument, match="from 0 to 1") as refused:
        exponential(2, jitter=jitter)

    assert refused.value.field == "jitter"


@pytest.mark.parametrize(
    "make",
    [
        lambda: exponential(-1),
        lambda: fixed(-1),
        lambda: linear(-1),
        lambda: table(-1, 2),
        lambda: table(1, -2),
        lambda: exponential(1, cap=timedelta(seconds=-1)),
    ],
)
def test_a_negative_delay_is_refused_wherever_it_stands(make: Callable[[], Backoff]) -> None:
    with pytest.raises(InvalidArgument, match="negative"):
        make()


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="at least one"):
        table()


def test_a_kind_nobody_knows_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(InvalidArgument, match="exponential") as refused:
        Backoff("quadratic", timedelta(seconds=1))

    assert refused.value.field == "kind"
