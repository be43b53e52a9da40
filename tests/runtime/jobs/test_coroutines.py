"""Jobs that are coroutines: what carries over, what interrupts them, and what one of them cannot do to the others."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from shared import logs
from shared.jobs import Job, JobContext, submit
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs.coroutines import Coroutines
from shared.jobs.outcomes import Again, Done
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, Play, at_work, write_effect
from tests.runtime.jobs.waiting import eventually
from tests.runtime.jobs.ways import Chorus, open_ways, sing, sing_once

Ways = tuple[Bench, Chorus]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heart that beats forty times as fast, and a short grace."""
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(heartbeat_module, "EXTEND_SECONDS", 0.05)
    monkeypatch.setattr("shared.jobs.coroutines.GRACE_SECONDS", 0.2)


@pytest.fixture
def ways(empty_url: str, redis_url: str) -> Iterator[Ways]:
    with open_ways(empty_url, redis_url) as opened:
        yield opened
        Coroutines.of(opened[0].runtime.resources).stop()


def submit_sing(bench: Bench, number: int = 0) -> Job:
    return submit(bench.jobs, sing, Play(number=number))


def test_a_coroutine_s_result_is_the_job_s(ways: Ways) -> None:
    bench, _ = ways
    submit_sing(bench, 7)

    assert bench.run() == [Done(b'{"number":7}')]


def test_the_context_works_inside_and_the_final_transaction_commits_with_the_outcome(ways: Ways) -> None:
    bench, chorus = ways
    seen: list[Any] = []

    def save(ctx: JobContext, number: int) -> None:
        with ctx.unit_of_work() as work:
            write_effect(work, number)

    async def act(ctx: JobContext, args: Play) -> str:
        seen.append(logs.fields()["job_id"])
        ctx.progress(1, 2, "half")
        value = await ctx.off_loop(ctx.step, "first", lambda work: 5)
        await ctx.off_loop(save, ctx, args.number)
        seen.append(await ctx.off_loop(lambda: logs.fields()["job_id"]))
        return f"{value} {threading.current_thread().name}"

    chorus.act = act
    job = submit_sing(bench, 7)

    (outcome,) = bench.run()

    assert outcome == Done(b'"5 coroutines"', is_settled=True)
    assert (bench.effects(), bench.row(job.id).state, seen) == ([7], State.COMPLETED, [job.id, job.id])


def test_as_many_coroutines_as_slots_run_at_once_on_one_loop(ways: Ways) -> None:
    bench, chorus = ways
    loops: set[int] = set()
    together = asyncio.Barrier(4)

    async def act(_ctx: JobContext, args: Play) -> None:
        loops.add(id(asyncio.get_running_loop()))
        await together.wait()

    chorus.act = act
    jobs = [submit_sing(bench, number) for number in range(4)]
    with at_work(bench):
        eventually(lambda: all(bench.state(job.id) == "completed" for job in jobs))

    assert len(loops) == 1


@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (ValueError("no"), "ValueError"),
        (asyncio.CancelledError(), "CancelledInside"),
        (SystemExit(3), "JobExited"),
        (KeyboardInterrupt(), "CancelledInside"),
    ],
)
def test_what_a_coroutine_raises_is_a_failed_attempt_and_the_loop_turns_on(
    ways: Ways, raised: BaseException, name: str
) -> None:
    bench, chorus = ways

    async def act(_ctx: JobContext, _args: Play) -> None:
        raise raised

    chorus.act = act
    submit_sing(bench)
    (outcome,) = bench.run()
    chorus.act = None
    submit_sing(bench, 2)

    assert isinstance(outcome, Again)
    assert outcome.failure is not None
    assert (outcome.counts, outcome.failure.type) == (True, name)
    assert bench.run() == [Done(b'{"number":2}')]


async def _sleep(_ctx: JobContext, _args: Play) -> None:
    await asyncio.sleep(600)  # millrace: allow sleep-in-test because the interrupt ends it


async def _sleep_off_loop(ctx: JobContext, _args: Play) -> None:
    await ctx.off_loop(ctx.sleep, 600)


async def _swallow(_ctx: JobContext, _args: Play) -> None:
    while True:
        try:
            await asyncio.sleep(600)  # millrace: allow sleep-in-test because the interrupt ends it
        except asyncio.CancelledError:
            continue


async def _block_the_loop(_ctx: JobContext, _args: Play) -> None:
    threading.Event().wait(20)  # stands for a blocking driver; nobody waits for it


@pytest.mark.parametrize("act", [_sleep, _sleep_off_loop, _swallow, _block_the_loop])
def test_the_time_limit_ends_a_coroutine_whatever_it_does_and_the_next_one_runs(
    ways: Ways, act: Callable[[JobContext, Play], Awaitable[Any]]
) -> None:
    bench, chorus = ways
    chorus.act = act

    with at_work(bench, slots={"work": 1, "side": 1}):
        job = submit(bench.jobs, sing_once, Play())
        eventually(lambda: bench.state(job.id) == "dead")
        chorus.act = None
        later = submit_sing(bench)
        eventually(lambda: bench.state(later.id) == "completed")
    bench.settle()

    row = bench.row(job.id)
    assert row.error is not None
    assert (row.state, row.error["type"]) == (State.DEAD, "JobTimeout")


def test_a_coroutine_may_clean_up_when_it_is_cancelled(ways: Ways) -> None:
    bench, chorus = ways
    cleaned: list[str] = []

    async def act(ctx: JobContext, _args: Play) -> None:
        try:
            await asyncio.sleep(600)  # millrace: allow sleep-in-test because the interrupt ends it
        finally:
            await asyncio.sleep(0)
            cleaned.append(str(ctx.is_cancelled))

    chorus.act = act
    with at_work(bench):
        job = submit_sing(bench)
        eventually(lambda: chorus.runs == [job.id])
        bench.cancel(job.id)
        bench.jobs.scripts.drop(job.id, "work", generation=1)
        eventually(lambda: bench.state(job.id) in ("", "cancelled"))

    assert cleaned == ["True"]


@pytest.mark.parametrize("act", [_sleep, _swallow])
def test_a_clean_stop_gives_a_running_coroutine_back_at_no_cost(
    ways: Ways, act: Callable[[JobContext, Play], Awaitable[Any]]
) -> None:
    bench, chorus = ways
    chorus.act = act
    job = submit_sing(bench)

    with at_work(bench) as worker:
        eventually(lambda: chorus.runs == [job.id])
        worker.stop(0.05)
        assert worker.attempts.all() == []

    assert [(one.held.id, one.attempt, one.crashes) for one in bench.claim()] == [(job.id, 1, 0)]


def test_the_context_s_own_sleep_is_refused_on_the_loop(ways: Ways) -> None:
    bench, chorus = ways

    async def act(ctx: JobContext, _args: Play) -> None:
        ctx.sleep(600)

    chorus.act = act
    submit_sing(bench)
    (outcome,) = bench.run()

    assert isinstance(outcome, Again)
    assert outcome.failure is not None
    assert "await asyncio.sleep" in outcome.failure.message


def test_a_failure_rolls_the_coroutine_s_transaction_back(ways: Ways) -> None:
    bench, chorus = ways

    async def act(ctx: JobContext, args: Play) -> None:
        with ctx.unit_of_work() as work:
            write_effect(work, args.number)
        raise ValueError("after the block")

    chorus.act = act
    submit_sing(bench, 7)
    (outcome,) = bench.run()

    assert isinstance(outcome, Again)
    assert bench.effects() == []
