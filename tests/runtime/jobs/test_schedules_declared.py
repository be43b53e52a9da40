"""Schedules that code declares: boot follows the code, and respects an operator's change."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.jobs import Catalogue, cron, job, seconds
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


def test_schedules_of_a_queue_without_a_rate_are_never_too_many(bench: Bench) -> None:
    declare(bench, "* * * * *")

    with bench.jobs.database.unit_of_work() as work:
        unlimited = overbooked(work, catalogue_with("* * * * *"))

    assert unlimited == []
