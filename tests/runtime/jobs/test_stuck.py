"""Threads that take no notice of their interrupt: their attempts end without them, their slots go on, few are left."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from structlog.testing import capture_logs

from shared.jobs import JobContext, submit
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs import stuck as stuck_module
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.states import State
from shared.jobs.worker import ServiceWorker
from tests.runtime.jobs.sample import Bench, Play, play_once, write_effect
from tests.runtime.jobs.waiting import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heart that beats forty times as fast and has little patience."""
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(heartbeat_module, "EXTEND_SECONDS", 0.05)
    monkeypatch.setattr(stuck_module, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(stuck_module, "STOPPING_PATIENCE_SECONDS", 0.1)


@contextmanager
def working(bench: Bench, *, limit: int = 5) -> Iterator[tuple[ServiceWorker, Heartbeat]]:
    """One slot, and at most `limit` threads left behind."""
    worker = ServiceWorker(bench.jobs, bench.runtime.broker, bench.runtime.resources, name="w", slots={"work": 1})
    heartbeat = Heartbeat([worker])
    heartbeat.stuck.limit = limit
    heartbeat.start()
    worker.start()
    yield worker, heartbeat
    worker.stop(1)
    heartbeat.stop()


@pytest.fixture
def hold() -> Iterator[Callable[[], None]]:
    """C code that does not return until the test is over: a lock that is taken without a look at interrupts."""
    lock = threading.Lock()
    lock.acquire()
    yield lock.acquire  # type: ignore[misc]  # its answer is of no use here
    lock.release()


def test_an_attempt_whose_thread_is_stuck_ends_by_its_limit_and_its_slot_runs_the_next(
    bench: Bench, hold: Callable[[], None]
) -> None:
    bench.stage.act = lambda _ctx, args: hold() if args.number == 1 else None

    with working(bench) as (worker, heartbeat), capture_logs() as logged:
        stuck = submit(bench.jobs, play_once, Play(number=1))
        later = bench.submit(2)
        eventually(lambda: bench.state(stuck.id) == "dead" and bench.state(later.id) == "completed")
        assert heartbeat.stuck.count() == 1
        assert "1 of at most 5" in (heartbeat.stuck.advice() or "")
        assert heartbeat.stuck.trouble() is None
        eventually(lambda: worker.attempts.all() == [])
    bench.settle()

    row = bench.row(stuck.id)
    assert row.error is not None
    assert (row.state, row.error["type"]) == (State.DEAD, "JobTimeout")
    assert "hold()" in row.error["traceback"]  # where the thread is
    assert [event["remedy"] for event in logged if event["event"] == "attempt is stuck"] != []


def test_a_thread_that_comes_back_late_writes_nothing_and_ends(bench: Bench) -> None:
    back = threading.Lock()
    back.acquire()

    def act(ctx: JobContext, args: Play) -> int:
        with ctx.unit_of_work() as work:
            write_effect(work, args.number)
            with suppress(BaseException):  # the worst of jobs: not even the interrupt that comes in the end
                back.acquire()
        return args.number

    bench.stage.act = act
    with working(bench) as (_, heartbeat):
        job = submit(bench.jobs, play_once, Play(number=1))
        eventually(lambda: bench.state(job.id) == "dead")
        back.release()
        eventually(lambda: heartbeat.stuck.count() == 0)
        assert heartbeat.stuck.advice() is None
    bench.settle()

    assert bench.effects() == []
    assert bench.row(job.id).state is State.DEAD


def test_no_more_threads_are_left_behind_than_the_bound_and_then_the_process_wants_to_be_replaced(
    bench: Bench, hold: Callable[[], None]
) -> None:
    bench.stage.act = lambda _ctx, _args: hold()

    with working(bench, limit=2) as (worker, heartbeat), capture_logs() as logged:
        for number in range(4):
            submit(bench.jobs, play_once, Play(number=number))
        eventually(lambda: heartbeat.stuck.trouble() is not None)
        eventually(lambda: any(event["event"] == "too many stuck threads" for event in logged))

        assert len(bench.stage.runs) == 3
        assert heartbeat.stuck.count() == 2
        assert len(worker.attempts.all()) == 1


def test_a_clean_stop_gives_back_a_job_whose_thread_is_stuck_at_no_cost(bench: Bench, hold: Callable[[], None]) -> None:
    bench.stage.act = lambda _ctx, _args: hold()
    job = bench.submit(1)

    with working(bench) as (worker, _):
        eventually(lambda: bench.stage.runs != [])
        worker.stop(0.05)
        assert worker.attempts.all() == []

    assert [(one.held.id, one.attempt, one.crashes) for one in bench.claim()] == [(job.id, 1, 0)]
