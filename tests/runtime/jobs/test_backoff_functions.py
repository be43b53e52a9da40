"""A job whose backoff is a function of its own: asked for each failure, and never able to cost the outcome."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.db import Database
from shared.jobs import JobContext, JobDefinition, computed, job, seconds, submit
from shared.jobs.outcomes import Again
from shared.jobs.retries import Rule
from shared.jobs.states import State
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, jobs_of, open_bench


class Busy(Exception):
    """The provider has said how long."""

    seconds = 11


def by_what_went_wrong(attempt: int, error: BaseException) -> timedelta:
    return timedelta(seconds=error.seconds * attempt if isinstance(error, Busy) else 99)


def broken(_attempt: int, _error: BaseException) -> timedelta:
    raise KeyError("a mistake in the backoff itself")


def failing(rule: Rule) -> JobDefinition[Play, Any]:
    @job(queue=WORK, name="fails", timeout=seconds(30), attempts=3, backoff=computed(rule))
    def fails(_ctx: JobContext, _args: Play) -> None:
        """Fails, always."""
        raise Busy

    return fails


@pytest.fixture
def bench_of(empty_url: str, redis_url: str) -> Iterator[Callable[[JobDefinition[Any, Any]], Bench]]:
    """A bench that has this job as well."""
    opened: list[Bench] = []

    def open_with(definition: JobDefinition[Any, Any]) -> Bench:
        opened.append(open_bench(jobs_of(Database(empty_url, NAME), redis_url, more=[definition])))
        return opened[-1]

    yield open_with
    for bench in opened:
        bench.jobs.scripts.client.close()
        bench.jobs.database.close()


def delays(bench: Bench, definition: JobDefinition[Any, Any]) -> list[timedelta]:
    """Of the first two failures."""
    submitted = submit(bench.jobs, definition, Play())
    (first,) = bench.run()
    bench.make_due()
    (second,) = bench.run()
    assert isinstance(first, Again)
    assert isinstance(second, Again)
    bench.write_history()
    assert (bench.row(submitted.id).state, bench.row(submitted.id).attempts_made) == (State.RETRYING, 2)
    return [first.delay, second.delay]


def test_a_function_decides_by_the_attempt_and_what_went_wrong(
    bench_of: Callable[[JobDefinition[Any, Any]], Bench],
) -> None:
    definition = failing(by_what_went_wrong)

    assert delays(bench_of(definition), definition) == [seconds(11), seconds(22)]


def test_a_function_that_fails_itself_costs_neither_the_attempt_nor_the_job(
    bench_of: Callable[[JobDefinition[Any, Any]], Bench],
) -> None:
    definition = failing(broken)

    assert delays(bench_of(definition), definition) == [seconds(60), seconds(60)]
