"""Promises of the declaration: what a job needs said before it may exist, and what is refused by name."""

from datetime import timedelta
from typing import Any

import periodiq
import pytest

from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.jobs import JobContext
from shared.jobs.definitions import (
    Arguments,
    Catalogue,
    JobDefinition,
    Priority,
    Queue,
    Rate,
    Result,
    job,
)
from shared.jobs.durations import hours, minutes, seconds
from shared.jobs.retries import exponential, fixed

QUEUE = Queue("price-updates", slots=5)
OTHER = Queue("maintenance", slots=1)


class Nothing(Arguments, frozen=True):
    """No arguments."""


class Priced(Result, frozen=True):
    """A sample result."""


def declared(**changes: Any) -> JobDefinition[Nothing, Priced]:
    """A job as most are, apart from the changes."""
    options: dict[str, Any] = {"queue": QUEUE, "name": "update-coin-price", "timeout": minutes(1), **changes}

    @job(**options)
    def update(ctx: JobContext, args: Nothing) -> Priced:
        """Update one price.

        More about it.
        """
        return Priced()

    return update


def test_a_declaration_says_all_that_the_platform_asks() -> None:
    definition = declared(attempts=5, backoff=fixed(3), priority=Priority.HIGH, durable=False)

    assert (definition.name, definition.queue, definition.arguments) == ("update-coin-price", QUEUE, Nothing)
    assert (definition.timeout, definition.attempts, definition.backoff) == (timedelta(minutes=1), 5, fixed(3))
    assert (definition.priority, definition.schedule, definition.is_durable) == (Priority.HIGH, None, False)
    assert definition.summary == "Update one price."


def test_a_declared_function_stays_callable_for_tests() -> None:
    assert isinstance(declared().function, type(declared))


def test_a_schedule_is_kept_as_its_cron_expression() -> None:
    assert declared(schedule=periodiq.cron("*/5 * * * *")).schedule == "*/5 * * * *"


@pytest.mark.parametrize(
    "name", ["", "Update", "-update", "_update", "up date", "up:date", "up{date}", "update\n", "ü", "x" * 64]
)
def test_a_name_that_would_surprise_keys_labels_or_urls_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="must match"):
        declared(name=name)
    with pytest.raises(InvalidArgument, match="must match") as refused:
        Queue(name, slots=1)
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["a", "wallet_snapshot", "update-coin-price", "9-lives", "x" * 63])
def test_plain_names_are_accepted(name: str) -> None:
    assert declared(name=name).name == Queue(name, slots=1).name == name


@pytest.mark.parametrize("timeout", [timedelta(0), seconds(-1), timedelta(microseconds=999), hours(24) + seconds(1)])
def test_a_job_without_a_sane_time_limit_is_refused(timeout: timedelta) -> None:
    with pytest.raises(ConfigurationInvalid, match="timeout of job update-coin-price"):
        declared(timeout=timeout)


def test_the_ends_of_the_time_limit_are_allowed() -> None:
    assert declared(timeout=timedelta(milliseconds=1)).timeout < declared(timeout=hours(24)).timeout


@pytest.mark.parametrize("attempts", [0, -1, 101])
def test_attempts_outside_1_to_100_are_refused(attempts: int) -> None:
    with pytest.raises(ConfigurationInvalid, match="from 1 to 100"):
        declared(attempts=attempts)


def test_everything_wrong_with_a_job_is_said_at_once() -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        declared(name="Bad", timeout=seconds(0), attempts=0)

    assert len(refused.value.problems) == 3


def test_untyped_arguments_are_refused() -> None:
    def plain(ctx: JobContext, args: dict[str, int]) -> None: ...

    def bare(ctx, args): ...  # type: ignore[no-untyped-def]  # that is the test

    def twice(ctx: JobContext, args: Nothing, more: Nothing) -> None: ...

    for function in (plain, bare, twice):
        with pytest.raises(ConfigurationInvalid, match="must take"):
            job(queue=QUEUE, name="a-job", timeout=minutes(1))(function)  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize(("changes", "field"), [
    ({"slots": 0}, "slots"), ({"slots": 1001}, "slots"), ({"slots": 1, "max_running": 0}, "max_running"),
])  # fmt: skip
def test_a_queue_with_a_senseless_number_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Queue("q", **changes)

    assert refused.value.field == field
    assert "q" in str(refused.value)


@pytest.mark.parametrize(("starts", "per", "field"), [
    (0, minutes(1), "rate"), (10_001, minutes(1), "rate"), (1, timedelta(milliseconds=99), "per"),
    (1, hours(24) + seconds(1), "per"),
])  # fmt: skip
def test_a_senseless_rate_is_refused(starts: int, per: timedelta, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Rate(starts, per)

    assert refused.value.field == field


def test_the_service_fills_in_what_a_job_leaves_open() -> None:
    own, open_one = declared(attempts=7, backoff=fixed(1)), declared(name="other")
    catalogue = Catalogue("market-data", (own, open_one), (QUEUE,), attempts=4, backoff=exponential(9))

    assert (catalogue.attempts_of(own), catalogue.backoff_of(own)) == (7, fixed(1))
    assert (catalogue.attempts_of(open_one), catalogue.backoff_of(open_one)) == (4, exponential(9))


def test_a_job_on_a_queue_that_the_service_does_not_declare_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="uses queue price-updates, which market-data does not declare"):
        Catalogue("market-data", (declared(),), (OTHER,))


def test_two_jobs_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="same name"):
        Catalogue("market-data", (declared(), declared()), (QUEUE,))


def test_two_queues_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="same name"):
        Catalogue("market-data", (), (QUEUE, Queue("price-updates", slots=1)))


def test_lower_priorities_start_first() -> None:
    assert [str(level.name) for level in sorted(Priority)] == ["CRITICAL", "HIGH", "NORMAL", "LOW", "BATCH"]
    assert [int(level) for level in Priority] == [1, 2, 3, 4, 5]


def test_a_coroutine_function_and_an_isolated_job_are_known_as_such() -> None:
    @job(queue=QUEUE, name="asynchronous", timeout=seconds(1))
    async def asynchronous(ctx: JobContext, args: Nothing) -> Priced:
        """Is a coroutine."""
        return Priced()

    typed: JobDefinition[Nothing, Priced] = asynchronous
    isolated = declared(isolation="process")
    plain = declared()

    assert (typed.is_coroutine, typed.is_plain) == (True, False)
    assert (isolated.isolation, isolated.is_coroutine, isolated.is_plain) == ("process", False, False)
    assert (plain.isolation, plain.is_plain) == ("thread", True)


def test_another_isolation_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationInvalid, match="isolation of job update-coin-price must be one of thread, process"):
        declared(isolation="container")


class Needy(Arguments, frozen=True):
    """One argument without a default."""

    coin_id: int


@pytest.mark.parametrize(
    "schedule", ["EVERY_5_MINUTES", "@daily", "0 0 L * *", "30 0 2 * * 1#2", periodiq.cron("0 0 * * sun")]
)
def test_a_schedule_is_periodiqs_cron_or_any_expression_that_schedules_take(schedule: Any) -> None:
    assert declared(schedule=schedule).schedule == str(getattr(schedule, "parsed_from", schedule))


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (periodiq.cron("61 * * * *"), "minute '61'; allowed: 0-59"),
        ("EVERY_NOW_AND_THEN", "EVERY_5_MINUTES"),
        ("0 0 30 2 *", "day-of-month '30'"),
    ],
)
def test_a_schedule_that_is_none_is_refused_where_it_is_declared(schedule: Any, words: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="schedule of job update-coin-price") as caught:
        declared(schedule=schedule)

    assert words in str(caught.value)


def test_a_schedule_of_a_job_whose_arguments_have_no_defaults_is_refused() -> None:
    def update(ctx: JobContext, args: Needy) -> None:
        """Update one price."""

    declare: Any = job(queue=QUEUE, name="update", timeout=minutes(1), schedule="@hourly")

    with pytest.raises(ConfigurationInvalid, match="coin_id"):
        declare(update)
