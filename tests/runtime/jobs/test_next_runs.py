"""Promises of the clockwork: when a schedule runs next, in any zone, on any day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import from_epoch_ms
from shared.errors import InvalidArgument
from shared.jobs.schedules import Schedule, next_run

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday


def runs(cron: str, *, after: datetime = START, timezone: str = "UTC", count: int = 1) -> list[str]:
    """The next runs as UTC text."""
    found: list[str] = []
    for _ in range(count):
        following = next_run(cron=cron, every=None, timezone=timezone, after=after)
        assert following is not None
        assert following.utcoffset() == timedelta(0)
        after = following
        found.append(following.strftime("%Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/5 * * * *", "2026-11-21 12:05:00"),
        ("0 2 * * *", "2026-11-22 02:00:00"),
        ("30 2 * * *", "2026-11-22 02:30:00"),
        ("0 8 * * 1", "2026-11-23 08:00:00"),
        ("0 0 1 * *", "2026-12-01 00:00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 L * *", "2026-11-30 00:00:00"),
        ("0 12 * * *", "2026-11-22 12:00:00"),
        ("*/10 * * * * *", "2026-11-21 12:00:10"),
        ("30 0 12 * * *", "2026-11-21 12:00:30"),
    ],
)
def test_the_next_run_is_the_first_after_the_instant_never_the_instant_itself(cron: str, expected: str) -> None:
    assert runs(cron) == [expected]


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN", "Sun"])
def test_sunday_is_sunday_however_it_is_written(sunday: str) -> None:
    assert runs(f"0 6 * * {sunday}", count=2) == ["2026-11-22 06:00:00", "2026-11-29 06:00:00"]


@pytest.mark.parametrize(
    ("nickname", "expected"),
    [
        ("@hourly", "2026-11-21 13:00:00"),
        ("@daily", "2026-11-22 00:00:00"),
        ("@midnight", "2026-11-22 00:00:00"),
        ("@weekly", "2026-11-22 00:00:00"),
        ("@monthly", "2026-12-01 00:00:00"),
        ("@yearly", "2027-01-01 00:00:00"),
        ("@annually", "2027-01-01 00:00:00"),
    ],
)
def test_the_nicknames_that_a_declaration_may_use_run(nickname: str, expected: str) -> None:
    assert runs(nickname) == [expected]


def test_a_local_time_that_spring_skips_runs_at_the_first_instant_after_the_gap() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert runs("30 2 * * *", after=before, timezone="Europe/Berlin", count=3) == [
        "2026-03-29 01:00:00", "2026-03-30 00:30:00", "2026-03-31 00:30:00"
    ]  # fmt: skip


def test_a_local_time_that_autumn_repeats_runs_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)

    assert runs("30 2 * * *", after=before, timezone="Europe/Berlin", count=3) == [
        "2026-10-25 00:30:00", "2026-10-26 01:30:00", "2026-10-27 01:30:00"
    ]  # fmt: skip


def test_what_runs_every_hour_runs_every_hour_through_both_changes() -> None:
    spring, autumn = datetime(2026, 3, 28, 23, 31, tzinfo=UTC), datetime(2026, 10, 24, 22, 31, tzinfo=UTC)

    for before in (spring, autumn):
        at = before
        for hour in range(1, 6):
            following = next_run(cron="30 * * * *", every=None, timezone="Europe/Berlin", after=at)
            assert following == before + timedelta(hours=hour, minutes=-1)
            at = following


def test_the_same_expression_in_another_zone_is_another_instant() -> None:
    assert runs("0 6 * * *", timezone="Asia/Kolkata") == ["2026-11-22 00:30:00"]
    assert runs("0 6 * * *", timezone="America/New_York") == ["2026-11-22 11:00:00"]


@given(
    after=st.integers(0, 2 * 366 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds)),
    cron=st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 8 * * 1", "15 3 1 * *", "*/20 * * * * *"]),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_next_run_lies_ahead_and_is_the_same_from_anywhere_before_it(
    after: datetime, cron: str, timezone: str
) -> None:
    following = next_run(cron=cron, every=None, timezone=timezone, after=after)

    assert following is not None
    assert following > after
    halfway = after + (following - after) / 2
    assert next_run(cron=cron, every=None, timezone=timezone, after=halfway) == following


@given(
    after=st.integers(-3 * 10**14, 4 * 10**15).map(lambda micros: from_epoch_ms(0) + timedelta(microseconds=micros)),
    seconds=st.integers(1, 366 * 86_400),
)
def test_intervals_stand_on_one_grid_whoever_asks_and_whenever(after: datetime, seconds: int) -> None:
    every = timedelta(seconds=seconds)

    following = next_run(cron=None, every=every, timezone="UTC", after=after)

    assert following is not None
    assert after < following <= after + every
    assert (following - datetime(1970, 1, 1, tzinfo=UTC)) % every == timedelta(0)


def test_a_restart_in_the_middle_keeps_the_rhythm() -> None:
    every = timedelta(minutes=5)

    before = next_run(cron=None, every=every, timezone="UTC", after=START + timedelta(seconds=1))
    after_restart = next_run(cron=None, every=every, timezone="UTC", after=START + timedelta(minutes=4, seconds=59))

    assert before == after_restart == START + every


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 30 2 *", "a b c d e", "*/0 * * * *",
             "* * * * 8", "@sometimes", "5-1 * * * *", "* * * * * * *", "1#2/3 * * * *", "* * * * 1#6"]
)  # fmt: skip
def test_a_bad_cron_expression_is_refused_naming_it(cron: str) -> None:
    with pytest.raises(InvalidArgument, match="bad cron expression") as refused:
        Schedule(name="s", job="j", cron=cron)

    assert refused.value.field == "cron"
    assert repr(cron) in str(refused.value)


@pytest.mark.parametrize("timezone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "/etc/passwd", "a\0b", "x" * 5000])
def test_an_unknown_time_zone_is_refused_naming_it(timezone: str) -> None:
    with pytest.raises(InvalidArgument, match="unknown time zone") as refused:
        Schedule(name="s", job="j", cron="* * * * *", timezone=timezone)

    assert refused.value.field == "timezone"


def test_a_schedule_needs_exactly_one_rhythm() -> None:
    for rhythm in ({}, {"cron": "* * * * *", "every": timedelta(minutes=1)}):
        with pytest.raises(InvalidArgument, match="either cron or every"):
            Schedule(name="s", job="j", **rhythm)  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize(
    "every", [timedelta(0), timedelta(milliseconds=999), timedelta(seconds=-5), timedelta(days=367)]
)
def test_an_interval_outside_its_bounds_is_refused(every: timedelta) -> None:
    with pytest.raises(InvalidArgument, match="from 1 s to 366 days") as refused:
        Schedule(name="s", job="j", every=every)

    assert refused.value.field == "every"


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_a_schedule_without_a_usable_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument, match="1 to 200") as refused:
        Schedule(name=name, job="j", cron="* * * * *")

    assert refused.value.field == "name"
