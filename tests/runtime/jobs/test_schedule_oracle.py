"""Next runs against a slow oracle; a sample, or with MILLRACE_TEST_LONG=1 ten years of 50 zones and 200 expressions."""

import functools
import os
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from shared.jobs.schedules import next_run
from tests.runtime.jobs import schedule_oracle as oracle

IS_LONG = os.environ.get("MILLRACE_TEST_LONG") == "1"
START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
#: Gaps at midnight, half hours, a lost day, changes around Ramadan; the rest by chance.
HARD_ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Asia/Beirut",
    "America/Santiago", "Africa/Casablanca", "Asia/Kathmandu", "UTC",
)  # fmt: skip
HARD_EXPRESSIONS = (
    "30 2 * * *", "0 2,3 * * *", "*/30 2 * * *", "30 * * * *", "*/20 * * * *", "0 0 * * *", "30 0-3 * * *",
    "15 1-2 * * 0", "0 30 2 * * *", "30 30 2 * * *", "*/15 59 1,2 * * *", "0 */2 * * *", "0 0 1 * *", "5 0 29 2 *",
)  # fmt: skip
_TICKS = 40


def zones(chance: random.Random, count: int) -> list[str]:
    others = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc"))
    return [*HARD_ZONES, *chance.sample(others, max(0, count - len(HARD_ZONES)))]


def expressions(chance: random.Random, count: int) -> list[str]:
    return [*HARD_EXPRESSIONS, *(expression(chance) for _ in range(count - len(HARD_EXPRESSIONS)))]


def expression(chance: random.Random) -> str:
    """Any expression whose days come round often."""

    def part(low: int, high: int, stars: int) -> str:
        first, last = sorted(chance.sample(range(low, high + 1), 2))
        return chance.choice(
            ["*"] * stars + [f"*/{chance.randint(1, 9)}", f"{first}", f"{first},{last}", f"{first}-{last}"]
        )

    days = chance.choice(["* *", f"* {part(0, 7, 2)}", f"{part(1, 31, 2)} *", f"{part(1, 28, 1)} {part(0, 7, 1)}"])
    of_month, of_week = days.split()
    second = f"{chance.choice(['0', '30', '*/20'])} " if chance.random() < 0.15 else ""
    return f"{second}{part(0, 59, 1)} {part(0, 23, 2)} {of_month} * {of_week}"


@functools.cache
def changes(zone: str) -> tuple[datetime, ...]:
    return tuple(oracle.changes(ZoneInfo(zone), START, END))


def check(cron: str, zone: str, around: datetime) -> None:
    """The runs of the days around an instant are those of the oracle, in order, asked one by one."""
    reach = timedelta(hours=26 if oracle.read(cron).seconds == {0} else 3)  # seconds are stepped through one by one
    after, until = around - reach, around + reach
    expected: list[datetime] = []
    for run in oracle.next_runs(cron, ZoneInfo(zone), after, until=until):
        expected.append(run)
        if len(expected) == _TICKS and not IS_LONG and run > around + timedelta(hours=4):
            until = run + oracle.SECOND
            break
    found: list[datetime] = []
    at: datetime = after
    while (following := next_run(cron=cron, every=None, timezone=zone, after=at)) is not None and following < until:
        at = following
        found.append(at)
    assert found == expected, f"{cron!r} in {zone} around {around}"


@pytest.mark.parametrize("seed", range(6) if not IS_LONG else range(1))
def test_next_runs_are_those_of_a_slow_oracle(seed: int) -> None:
    chance = random.Random(seed)
    all_zones = zones(chance, 50)
    all_expressions = expressions(chance, 200)
    all_expressions.sort(key=lambda cron: cron.count(" "))  # so that the oracle's clocks serve those that share them
    pairs = [(cron, zone) for zone in all_zones for cron in all_expressions]
    if not IS_LONG:
        pairs = [(chance.choice(HARD_EXPRESSIONS), chance.choice(HARD_ZONES)) for _ in range(3)]
        pairs += [(chance.choice(all_expressions), chance.choice(all_zones)) for _ in range(3)]

    for cron, zone in pairs:
        turns = list(changes(zone)) if IS_LONG else []
        if not IS_LONG:
            year = chance.randint(2020, 2029)
            turns = list(oracle.changes(ZoneInfo(zone), oracle.a_day(year, 1, 1), oracle.a_day(year, 12, 31)))[:2]
        turns.append(START + chance.random() * (END - START))
        for around in turns:
            check(cron, zone, around)


@pytest.mark.parametrize("cron", HARD_EXPRESSIONS[:9])
def test_asking_in_the_middle_of_a_repeated_hour_never_leads_back(cron: str) -> None:
    at = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 in Berlin, for the second time

    following = next_run(cron=cron, every=None, timezone="Europe/Berlin", after=at)

    assert following is not None
    assert following > at
