"""Which ticks of a due schedule run, and what a schedule may not say; without any store."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import InvalidArgument
from shared.jobs import Misfire, Schedule, hours, minutes, seconds
from shared.jobs.schedules.misfires import plan
from shared.jobs.schedules.rows import jitter_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def planned(
    schedule: Schedule, first: datetime, now: datetime, left: int | None = None
) -> tuple[Sequence[datetime], int]:
    made = plan(schedule, first, now=now, runs_left=left)
    return made.ticks, made.passed


def of(**change: Any) -> Schedule:
    given: dict[str, Any] = {"name": "tick", "job": "play", "every": seconds(5)}
    return Schedule(**(given | change))


def test_two_weeks_of_a_five_second_schedule_are_one_run_at_the_newest_tick() -> None:
    first, now = NOON - timedelta(days=14), NOON + seconds(3)

    ticks, passed = planned(of(), first, now)

    assert ticks == (NOON,)
    assert passed == 14 * 86_400 // 5


def test_the_newest_missed_tick_is_passed_over_when_it_is_older_than_the_window() -> None:
    daily = of(every=None, cron="0 2 * * *", misfire_window=hours(3))
    two = NOON.replace(hour=2)

    assert planned(daily, two, two + hours(3)) == ((two,), 0)
    assert planned(daily, two, two + hours(3) + seconds(1)) == ((), 1)


def test_skip_runs_what_is_due_and_nothing_that_was_missed() -> None:
    daily = of(every=None, cron="0 2 * * *", misfire=Misfire.SKIP)
    two = NOON.replace(hour=2)

    assert planned(daily, two, two + seconds(59)) == ((two,), 0)
    assert planned(daily, two, two + seconds(61)) == ((), 1)
    assert planned(of(misfire=Misfire.SKIP), NOON - hours(1), NOON) == ((NOON,), 720)


def test_backfill_runs_the_newest_up_to_its_number() -> None:
    for rhythm in ({"every": minutes(1)}, {"every": None, "cron": "* * * * *"}):
        schedule = of(misfire=Misfire.BACKFILL, misfire_max=3, **rhythm)

        ticks, passed = planned(schedule, NOON - minutes(10), NOON + seconds(1))

        assert ticks == (NOON - minutes(2), NOON - minutes(1), NOON)
        assert passed == 8


def test_a_single_instant_runs_however_late() -> None:
    assert planned(of(every=None, at=NOON), NOON, NOON + timedelta(days=300)) == ((NOON,), 0)


def test_jitter_is_the_same_for_a_tick_whoever_asks_and_spreads() -> None:
    one = of(every=hours(1), jitter=minutes(10))
    shifts = [jitter_of(one, NOON + hours(number)) for number in range(50)]

    assert shifts == [jitter_of(of(every=hours(1), jitter=minutes(10)), NOON + hours(number)) for number in range(50)]
    assert all(timedelta(0) <= shift <= minutes(10) for shift in shifts)
    assert len(set(shifts)) > 45


@pytest.mark.parametrize("jitter", [minutes(2), hours(1), hours(24)])
def test_a_jitter_longer_than_the_rhythm_neither_loses_a_tick_nor_runs_one_early(jitter: timedelta) -> None:
    schedule = of(every=None, cron="*/2 * * * *", jitter=jitter)
    tick: datetime | None = NOON
    fired: list[datetime] = []

    while tick is not None and len(fired) < 50:
        made = plan(schedule, tick, now=tick + jitter_of(schedule, tick), runs_left=None)
        fired += made.ticks
        tick = made.following

    assert fired == [NOON + minutes(2 * number) for number in range(50)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_at": NOON, "starts_at": NOON}, "ends_at"),
        ({"ends_at": NOON.replace(tzinfo=None)}, "ends_at"),
        ({"starts_at": NOON.replace(year=2500)}, "starts_at"),
        ({"at": NOON}, "cron"),
        ({"max_runs": 0}, "max_runs"),
        ({"jitter": seconds(5)}, "jitter"),
        ({"jitter": seconds(-1)}, "jitter"),
        ({"misfire_window": seconds(0)}, "misfire_window"),
        ({"misfire_max": 101}, "misfire_max"),
        ({"pause_after": 0}, "pause_after"),
    ],
)
def test_nonsense_names_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        of(**change)

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("61 * * * *", "minute '61'; allowed: 0-59"),
        ("* * * * 8", "day-of-week '8'"),
        ("0 0 30 2 *", "day-of-month '30'"),
    ],
)
def test_a_bad_expression_names_its_field_and_value(cron: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        of(every=None, cron=cron)


def test_no_tick_lies_before_the_start_nor_at_the_end() -> None:
    schedule = of(every=hours(1), starts_at=NOON, ends_at=NOON + hours(2))
    assert list(schedule.rhythm.ticks(NOON - hours(9), until=NOON + hours(9))) == [NOON, NOON + hours(1)]
