"""Schedules that code declares: boot follows the code, and respects an operator's change."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.jobs import Catalogue, Schedule, cron, job, put_schedule, seconds
from shared.jobs.schedules.declared import declare_schedules, overbooked
from tests.runtime.jobs.sample import SERVICE, WORK, Bench, Play


def catalogue_with(spec: str) -> Catalogue:
    """One job that declares a schedule."""

    def nightly(ctx: object, args: Play) -> None:
        """Runs by the clock."""

    declared: Callable[..., Any] = job(queue=WORK, name="nightly", timeout=seconds(1), schedule=cron(spec))
    return Catalogue(SERVICE.display, (declared(nightly),), (WORK,))


def next_run(bench: Bench) -> datetime:
    found: datetime = bench.sql("SELECT next_run_at FROM schedule")[0][0]
    return found


def declare(bench: Bench, spec: str) -> None:
    with bench.jobs.database.unit_of_work() as work:
        declare_schedules(work, catalogue_with(spec))


def test_boot_declares_the_schedules_of_the_code_and_follows_its_changes(bench: Bench) -> None:
    declare(bench, "0 2 * * *")
    declare(bench, "0 3 * * *")

    assert bench.sql("SELECT name, job, cron, is_declared FROM schedule") == [("nightly", "nightly", "0 3 * * *", True)]
    assert next_run(bench).astimezone(UTC).hour == 3


def test_boot_does_not_overwrite_a_schedule_an_operator_has_changed(bench: Bench) -> None:
    declare(bench, "0 2 * * *")
    bench.sql("UPDATE schedule SET cron = '0 4 * * *', is_enabled = FALSE, is_edited = TRUE")

    declare(bench, "0 3 * * *")

    assert bench.sql("SELECT cron, is_enabled FROM schedule") == [("0 4 * * *", False)]


def undeclare(bench: Bench) -> list[tuple[str, bool]]:
    """Boot of code that has the job, and no schedule for it."""
    with bench.jobs.database.unit_of_work() as work:
        declare_schedules(work, bench.jobs.catalogue)
    return [(row[0], row[1]) for row in bench.sql("SELECT name, is_declared FROM schedule ORDER BY name")]


def test_what_code_declares_no_more_fires_no_more_and_what_people_made_stays(bench: Bench) -> None:
    declare(bench, "* * * * *")
    with bench.jobs.database.unit_of_work() as work:
        put_schedule(work, Schedule(name="mine", job="play", every=seconds(5)))

    assert undeclare(bench) == [("mine", False)]


@pytest.mark.parametrize("change", ["is_edited = TRUE", "stopped_at = now(), stop_reason = 'a person'"])
def test_a_schedule_that_a_person_took_over_outlives_its_declaration_as_theirs(bench: Bench, change: str) -> None:
    declare(bench, "* * * * *")
    bench.sql(f"UPDATE schedule SET {change}")

    assert undeclare(bench) == [("nightly", False)]


def test_code_that_declares_it_again_has_it_as_its_own_where_nobody_changed_it(bench: Bench) -> None:
    declare(bench, "0 2 * * *")
    bench.sql("UPDATE schedule SET stopped_at = now(), stop_reason = 'a person'")
    undeclare(bench)

    declare(bench, "0 3 * * *")

    assert bench.sql("SELECT cron, is_declared, stop_reason FROM schedule") == [("0 3 * * *", True, "a person")]


def test_schedules_of_a_queue_without_a_rate_are_never_too_many(bench: Bench) -> None:
    declare(bench, "* * * * *")

    with bench.jobs.database.unit_of_work() as work:
        unlimited = overbooked(work, catalogue_with("* * * * *"))

    assert unlimited == []
