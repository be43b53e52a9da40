"""The frozen clock of tests: it stands, moves when told, and goes on after the block."""

from datetime import UTC, datetime, timedelta

import pytest

from shared import clock
from shared.errors import InvalidArgument
from shared.jobs.testing import freeze

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_clock_stands_and_moves_when_told() -> None:
    with freeze(NOON) as time:
        first = clock.now()
        second = time.tick(timedelta(hours=2))
        third = time.move_to(NOON - timedelta(days=1))

        assert (first, second, third) == (NOON, NOON + timedelta(hours=2), NOON - timedelta(days=1))
        assert time.now == clock.now() == third


def test_the_clock_goes_on_after_the_block_even_after_an_error() -> None:
    future = clock.now() + timedelta(days=3650)
    with pytest.raises(ZeroDivisionError), freeze(future) as time:
        time.tick(timedelta(seconds=1 // 0))

    assert clock.now() < future


def test_without_an_instant_the_clock_stands_where_it_was() -> None:
    before = clock.now()
    with freeze():
        assert before <= clock.now() == clock.now()


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="time zone"), freeze(NOON.replace(tzinfo=None)):
        pass
