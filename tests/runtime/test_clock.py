"""Promises of the clock: aware UTC, milliseconds both ways, frozen only for as long as a test asks."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import clock

NOON = datetime(2026, 11, 21, 12, 0, 0, 123_456, tzinfo=UTC)


def test_now_is_aware_utc_and_moves() -> None:
    first = clock.now()

    assert first.utcoffset() == timedelta(0)
    assert clock.now() >= first


def test_a_frozen_clock_stands_still_and_goes_on_after_the_block() -> None:
    with clock.frozen(NOON):
        assert clock.now() == clock.now() == NOON

    assert clock.now() != NOON


def test_a_freeze_inside_a_freeze_gives_the_outer_one_back_even_after_an_error() -> None:
    with clock.frozen(NOON):
        with pytest.raises(ZeroDivisionError), clock.frozen(NOON + timedelta(hours=1)):
            clock.from_epoch_ms(1 // 0)
        assert clock.now() == NOON


def test_a_frozen_clock_does_not_stop_durations() -> None:
    with clock.frozen(NOON):
        first = clock.monotonic()
        assert clock.monotonic() >= first


def test_milliseconds_are_rounded_down_before_and_after_1970() -> None:
    assert clock.epoch_ms(NOON) == 1_795_262_400_123
    assert clock.epoch_ms(datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)) == -1


def test_the_zone_of_an_instant_does_not_change_its_milliseconds() -> None:
    assert clock.epoch_ms(NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))) == clock.epoch_ms(NOON)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        clock.epoch_ms(NOON.replace(tzinfo=None))


@given(st.integers(-(10**12), 4_102_444_800_000))
def test_milliseconds_survive_both_ways(milliseconds: int) -> None:
    instant = clock.from_epoch_ms(milliseconds)

    assert instant.tzinfo is UTC
    assert clock.epoch_ms(instant) == milliseconds
