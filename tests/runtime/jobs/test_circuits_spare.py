"""A last attempt is not spent on what is down, however few there are; a job at fault is not spared for ever."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.db import Database
from shared.errors import UpstreamUnavailable
from shared.jobs import Breaker, Guards, JobContext, fixed, job, minutes, seconds, submit
from shared.jobs.circuit_settings import read_circuits
from shared.jobs.circuits import Circuit
from shared.jobs.keys import circuit_keys
from shared.jobs.outcomes import Again, Buried, Outcome
from shared.outbound import Verdict
from shared.outbound.guard import watched
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, jobs_of, open_bench

PROVIDER = Breaker("provider", failures=4, window=minutes(1), cooldown=seconds(10), probes=1)


@job(queue=WORK, name="play-one-chance", timeout=seconds(30), attempts=1, breaker=PROVIDER)
def play_one_chance(ctx: JobContext, args: Play) -> Any:
    """Has one attempt, behind a breaker of four failures."""
    return ctx.resource(Stage).perform(ctx, args)


@job(queue=WORK, name="play-awaited", timeout=seconds(30), attempts=1, breaker=PROVIDER)
async def play_coroutine(ctx: JobContext, args: Play) -> Any:
    """The same as a coroutine."""
    return ctx.resource(Stage).perform(ctx, args)


@job(queue=WORK, name="play-client", timeout=seconds(30), attempts=2, backoff=fixed(1))
def play_client(ctx: JobContext, args: Play) -> Any:
    """Has two attempts, and calls a client that is behind the breaker."""
    return ctx.resource(Stage).perform(ctx, args)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with such jobs."""
    more = (play_one_chance, play_coroutine, play_client)
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=more)
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def fail(_ctx: JobContext, _args: Play) -> Any:
    raise UpstreamUnavailable("down")


def later(bench: Bench) -> list[Outcome]:
    """Everything that waits is due and runs, and no two failures were in one window."""
    outcomes = bench.run()
    bench.make_due()
    key = circuit_keys("provider")[0]
    bench.redis.hset(key, "opens", 1)
    bench.redis.hdel(key, "bucket")
    return outcomes


@pytest.mark.parametrize("definition", [play_one_chance, play_coroutine])
@pytest.mark.parametrize("count", [1, 10])
def test_no_job_with_one_attempt_dies_of_what_is_down_for_five_minutes(
    bench: Bench, definition: Any, count: int
) -> None:
    bench.stage.act = fail
    jobs = [submit(bench.jobs, definition, Play(number=n)) for n in range(count)]

    outcomes = [outcome for _ in range(12) for outcome in later(bench)]
    opened = read_circuits(bench.jobs)[0].streak
    bench.stage.act = lambda _ctx, args: args.number
    for _ in range(3):
        later(bench)
    bench.settle()

    assert {type(outcome) for outcome in outcomes} == {Again}
    assert opened > 1, "its own failures open it, however far apart they are"
    assert {bench.row(each.id).state for each in jobs} == {"completed"}


def test_no_job_dies_of_a_client_whose_breaker_has_more_failures_than_the_job_attempts(bench: Bench) -> None:
    bench.jobs.catalogue.breakers[PROVIDER.name] = PROVIDER
    guard = Guards(bench.jobs).of(breaker=PROVIDER)

    def call(_ctx: JobContext, _args: Play) -> Any:
        with watched(guard, lambda _error: Verdict.FAILED):
            raise UpstreamUnavailable("down")

    bench.stage.act = call
    submitted = submit(bench.jobs, play_client, Play())

    outcomes = [outcome for _ in range(8) for outcome in later(bench)]

    assert [outcome.counts for outcome in outcomes if isinstance(outcome, Again)] == [True, *[False] * 7]
    assert bench.state(submitted.id) == "scheduled"


def test_a_job_that_fails_while_the_calls_of_others_go_well_dies_of_it(bench: Bench) -> None:
    bench.stage.act = fail
    submit(bench.jobs, play_one_chance, Play())
    circuit = Circuit(bench.jobs, PROVIDER)

    outcomes = []
    for _ in range(5):
        outcomes += later(bench)
        circuit.leave(circuit.enter(), Verdict.OK)

    assert [type(outcome) for outcome in outcomes] == [Again, Again, Buried]
    assert read_circuits(bench.jobs)[0].word == "closed"


def test_a_job_that_is_not_on_its_last_attempt_spends_it_as_ever(bench: Bench) -> None:
    bench.jobs.catalogue.breakers[PROVIDER.name] = PROVIDER
    bench.stage.act = fail
    submit(bench.jobs, play_client, Play())

    outcomes = [*later(bench), *later(bench)]

    assert [type(outcome) for outcome in outcomes] == [Again, Buried], "it called nobody who has a circuit"
    assert not list(bench.redis.scan_iter("*:spared:*"))
