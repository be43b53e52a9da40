"""A lease that is lost interrupts its job wherever it runs, and what the job would have written is not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from shared.jobs import Job, JobContext, submit
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs.coroutines import Coroutines
from shared.jobs.index_ids import to_index
from tests.runtime.jobs.sample import Bench, Play, at_work, play
from tests.runtime.jobs.waiting import eventually
from tests.runtime.jobs.ways import Chorus, Order, apart, open_ways, sing

Ways = tuple[Bench, Chorus]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, empty_url: str, redis_url: str) -> None:
    """A heart that beats forty times as fast, and a short grace; isolated jobs find the same stores."""
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(heartbeat_module, "EXTEND_SECONDS", 0.05)
    monkeypatch.setattr("shared.jobs.coroutines.GRACE_SECONDS", 0.2)
    monkeypatch.setattr("shared.jobs.isolation.process.GRACE_SECONDS", 0.2)
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("REDIS_URL", redis_url)


@pytest.fixture
def ways(empty_url: str, redis_url: str) -> Iterator[Ways]:
    with open_ways(empty_url, redis_url) as opened:
        yield opened
        Coroutines.of(opened[0].runtime.resources).stop()


def lose_lease(bench: Bench, job: Job) -> None:
    """As after a freeze: the lease has run out long ago and is taken back."""
    running = bench.jobs.scripts.keys.of_queue("work", "running")

    def is_taken_back() -> bool:  # unless the heart has beaten in between
        bench.redis.zadd(running, {to_index(job.id): 1}, xx=True)
        return bench.jobs.scripts.reclaim("work")[0] == 1

    eventually(is_taken_back)


def hold_all_claims(bench: Bench) -> None:
    """Nothing is claimed from here on, so that what is given back stays where it can be looked at."""
    bench.redis.hset(bench.jobs.scripts.keys.of_queue("work", "conf"), "paused", "1")


async def _sleep(_ctx: JobContext, _args: Play) -> None:
    await asyncio.sleep(600)  # millrace: allow sleep-in-test because the interrupt ends it


async def _sleep_off_loop(ctx: JobContext, _args: Play) -> None:
    await ctx.off_loop(ctx.sleep, 600)


def test_a_lost_lease_interrupts_a_plain_job(ways: Ways) -> None:
    bench, _ = ways
    bench.stage.act = lambda ctx, _args: ctx.sleep(600)

    with at_work(bench) as worker:
        job = submit(bench.jobs, play, Play())
        eventually(lambda: bench.stage.runs)
        hold_all_claims(bench)
        lose_lease(bench, job)
        eventually(lambda: worker.attempts.all() == [])

    assert (bench.state(job.id), bench.kinds(job.id)[-1]) == ("queued", "reclaimed")


@pytest.mark.parametrize("act", [_sleep, _sleep_off_loop])
def test_a_lost_lease_interrupts_a_coroutine(ways: Ways, act: Callable[[JobContext, Play], Awaitable[None]]) -> None:
    bench, chorus = ways
    chorus.act = act

    with at_work(bench) as worker:
        job = submit(bench.jobs, sing, Play())
        eventually(lambda: chorus.runs == [job.id])
        hold_all_claims(bench)
        lose_lease(bench, job)
        eventually(lambda: worker.attempts.all() == [])

    assert (bench.state(job.id), bench.kinds(job.id)[-1]) == ("queued", "reclaimed")


@pytest.mark.parametrize("act", ["swallow", "hold"])
def test_a_lost_lease_ends_an_isolated_job_and_its_process_if_it_does_not_listen(ways: Ways, act: str) -> None:
    bench, _ = ways

    with at_work(bench) as worker:
        job = submit(bench.jobs, apart, Order(act=act))
        eventually(lambda: "progress" in bench.kinds(job.id), within=20)
        hold_all_claims(bench)
        (process,) = processes()
        lose_lease(bench, job)
        eventually(lambda: worker.attempts.all() == [])
    eventually(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)

    assert (bench.state(job.id), bench.kinds(job.id)[-1]) == ("queued", "reclaimed")


def processes() -> list[psutil.Process]:
    """The processes of isolated jobs that this process has."""
    mine = psutil.Process().children()
    return [each for each in mine if each.is_running() and "tests.runtime.jobs.ways" in each.cmdline()]
