"""What the heartbeat enforces: time limits, lost leases, jobs cancelled while they run."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from shared.jobs import JobContext, submit
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs.index_ids import to_index
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.states import State
from tests.runtime.jobs.sample import Act, Bench, Play, at_work, hold_until, play_once
from tests.runtime.jobs.waiting import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heart that beats forty times as fast."""
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(heartbeat_module, "EXTEND_SECONDS", 0.05)


def swallow_everything(ctx: JobContext, _args: Play) -> None:
    while True:
        with suppress(Exception):
            threading.Event().wait(0.005)


def sleep_in_context(ctx: JobContext, _args: Play) -> None:
    ctx.sleep(30)


@pytest.mark.parametrize("act", [hold_until(threading.Event()), swallow_everything, sleep_in_context])
def test_the_time_limit_ends_a_job(bench: Bench, act: Act) -> None:
    bench.stage.act = act

    with at_work(bench):
        job = submit(bench.jobs, play_once, Play())
        eventually(lambda: bench.state(job.id) == "dead")
    bench.settle()

    row = bench.row(job.id)
    assert row.error is not None
    assert (row.state, row.error["type"], row.error["reason"]) == (State.DEAD, "JobTimeout", "exhausted")
    assert "timeout" in row.error["message"]


def test_a_job_that_ends_at_its_limit_interrupts_nobody_else(bench: Bench) -> None:
    """The interrupt must not reach the next job of the same thread."""
    bench.stage.act = lambda ctx, args: ctx.sleep(0.3 if args.number % 2 else 0)

    with at_work(bench, slots={"work": 1, "side": 1}):
        jobs = [submit(bench.jobs, play_once, Play(number=number)) for number in range(8)]
        eventually(lambda: all(bench.state(job.id) in ("completed", "dead") for job in jobs))

    assert [bench.state(job.id) for job in jobs[::2]] == ["completed"] * 4


def first_then(first: Act, then: Act) -> Act:
    """`first` in the first run of the job, `then` in every later one."""
    seen: list[int] = []

    def act(ctx: JobContext, args: Play) -> object:
        seen.append(1)
        return first(ctx, args) if len(seen) == 1 else then(ctx, args)

    return act


@pytest.mark.parametrize("first", [hold_until(threading.Event()), sleep_in_context])
def test_a_lost_lease_interrupts_the_job_which_runs_again_at_no_cost(bench: Bench, first: Act) -> None:
    bench.stage.act = first_then(first, lambda _ctx, _args: None)

    with at_work(bench, slots={"work": 1, "side": 1}):
        job = bench.submit(1)
        eventually(lambda: len(bench.stage.runs) == 1)
        eventually(lambda: took_its_lease(bench))
        eventually(lambda: bench.state(job.id) == "completed")
    bench.settle()

    row = bench.row(job.id)
    assert [attempt for _, attempt, _ in bench.stage.runs] == [1, 1]
    assert (row.attempts_made, row.crashes) == (1, 1)


def took_its_lease(bench: Bench) -> bool:
    """Expire and reap; the heartbeat may extend in between, so that it takes more than one try."""
    bench.expire_leases()
    reap_once(bench.jobs)
    return not bench.redis.zcard(bench.jobs.scripts.keys.of_queue("work", "running"))


def test_a_live_lease_is_extended_for_as_long_as_the_job_runs(bench: Bench) -> None:
    released = threading.Event()
    bench.stage.act = hold_until(released)
    key = bench.jobs.scripts.keys.of_queue("work", "running")

    with at_work(bench):
        job = bench.submit(1)
        eventually(lambda: len(bench.stage.runs) == 1)
        bench.redis.zadd(key, {to_index(job.id): 1})
        eventually(lambda: bench.redis.zscore(key, to_index(job.id)) > 1)
        released.set()
        eventually(lambda: bench.state(job.id) == "completed")


@pytest.mark.parametrize("act", [hold_until(threading.Event()), sleep_in_context])
def test_a_job_cancelled_while_it_runs_is_interrupted_and_its_entry_goes(
    bench: Bench, act: Callable[[JobContext, Play], object]
) -> None:
    bench.stage.act = act

    with at_work(bench):
        job = bench.submit(1)
        eventually(lambda: len(bench.stage.runs) == 1)
        bench.cancel(job.id)
        doomed = bench.jobs.scripts.drop(job.id, "work", generation=1)
        eventually(lambda: bench.state(job.id) in ("", "cancelled"))
    bench.settle()

    assert doomed == 2
    assert bench.entry(job.id) is None
    assert bench.row(job.id).state is State.CANCELLED
    assert len(bench.stage.runs) == 1
