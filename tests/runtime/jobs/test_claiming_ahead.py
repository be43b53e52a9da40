"""A slot that is about to be free counts as free, and what turns out to wait for none is given back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from shared.errors import StoreUnavailable
from shared.jobs import lanes as lanes_module
from shared.jobs import submit_many
from shared.jobs import worker as worker_module
from shared.jobs.lanes import TRY_AGAIN_ENDS, Lane
from shared.jobs.pace import PROOF_RUNS
from shared.jobs.scripts import Held
from shared.jobs.worker import ServiceWorker
from tests.runtime.jobs.sample import Bench, Play, at_work, play
from tests.runtime.jobs.waiting import eventually


def lane_of(size: int, average: float, *, ends: int = PROOF_RUNS) -> Lane:
    """A lane that has seen so many runs, of so many seconds each, as it will say of every other."""
    lane = Lane("work", size, lambda lane, _attempt: lane.ended(average), name="test")
    for _ in range(ends):
        lane.pace.ended(average, None)
    lane.pace.average = average
    return lane


@contextmanager
def steady_work(bench: Bench, count: int, *, slots: int, average: float) -> Iterator[ServiceWorker]:
    """A worker whose lane knows how long its runs take, with jobs 0 to count - 1 in its queue."""
    with at_work(bench, slots={"work": slots}) as worker:
        pace = worker._lanes["work"].pace
        for _ in range(PROOF_RUNS):
            pace.ended(average, None)
        pace.average = average
        submit_many(bench.jobs, play, [Play(number=number) for number in range(count)])
        bench.jobs.settle()
        yield worker


@contextmanager
def set_at_the_end(*events: threading.Event) -> Iterator[None]:
    """Whatever comes, nothing waits for them any more."""
    try:
        yield
    finally:
        for event in events:
            event.set()


@pytest.mark.parametrize(
    ("size", "average", "ahead"), [(10, 0.02, 5), (10, 0.006, 10), (10, 0.1, 1), (10, 0.11, 0), (4, 0.02, 2), (1, 1, 0)]
)
def test_what_starts_within_a_moment_may_be_held_by_who_ends_a_job(size: int, average: float, ahead: int) -> None:
    lane = lane_of(size, average)

    taken = lane.reserve()

    assert (taken, lane.wants(), lane.wants(ahead=True)) == (size, 0, ahead)
    assert lane.reserve(ahead=True) == ahead
    assert lane.wants(ahead=True) == 0, "no slot is promised twice"


def test_a_lane_holds_no_more_than_its_slots_before_it_knows_its_runs() -> None:
    lane = lane_of(10, 0.02, ends=PROOF_RUNS - 1)

    lane.reserve()

    assert lane.wants(ahead=True) == 0


def test_a_lane_that_a_limit_holds_back_holds_no_more_than_its_slots_for_a_while() -> None:
    lane = lane_of(10, 0.02)
    lane.reserve()
    lane.is_held_back = True
    lane.was_given(0, asked=5)
    lane.is_held_back = False

    held_back = lane.wants(ahead=True)
    attempt: Any = SimpleNamespace(running=SimpleNamespace(is_abandoned=False))
    lane.put([attempt] * TRY_AGAIN_ENDS)
    eventually(lambda: lane.in_hand == 0)
    lane.close()

    assert (held_back, lane.wants(ahead=True)) == (0, 5)


def test_what_waits_behind_runs_that_turn_out_long_goes_to_who_has_a_slot(bench: Bench) -> None:
    slow, running = threading.Event(), bench.jobs.scripts.keys.of_queue("work", "running")
    bench.stage.act = lambda _ctx, args: slow.wait(20) and None if args.number < 2 else None
    with steady_work(bench, 30, slots=2, average=0.001) as worker, set_at_the_end(slow):
        lane = worker._lanes["work"]
        eventually(lambda: len(bench.stage.runs) == 2 == len(worker.attempts.all()) == lane.in_hand)
        assert lane.wants() == lane.wants(ahead=True) == 0, "it would take them back at once"
        with at_work(bench, name="another", slots={"work": 1}):
            eventually(lambda: len(bench.stage.runs) == 30)
            eventually(lambda: bench.redis.zcard(running) == 2)
        slow.set()
        eventually(lambda: bench.redis.zcard(running) == 0)

    assert bench.stage.numbers == list(range(30)), "each once, in its old place"
    assert {attempt for _, attempt, _ in bench.stage.runs} == {1}


def test_what_cannot_be_given_back_is_kept_and_runs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, release, refused = threading.Event(), bench.jobs.scripts.release, threading.Semaphore(0)
    running = bench.jobs.scripts.keys.of_queue("work", "running")

    def refuse(held: Held) -> bool:
        if slow.is_set():
            return release(held)
        refused.release()
        raise StoreUnavailable("away")

    monkeypatch.setattr(bench.jobs.scripts, "release", refuse)
    bench.stage.act = lambda _ctx, args: slow.wait(20) and None if args.number == 0 else None
    with steady_work(bench, 10, slots=1, average=0.001) as worker, set_at_the_end(slow):
        for _ in range(3):
            assert refused.acquire(timeout=10)
        eventually(lambda: worker._lanes["work"].in_hand == len(worker.attempts.all()) == 10)
        slow.set()
        eventually(lambda: len(bench.stage.runs) == 10)
        eventually(lambda: bench.redis.zcard(running) == 0)

    assert sorted(bench.stage.numbers) == list(range(10))


def test_an_end_that_waits_for_company_is_written_when_none_comes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 60)  # the loop would write it when it looks again
    monkeypatch.setattr(lanes_module, "PATIENCE_LOOKS", 10_000)  # what waits would be given back
    gates = [threading.Event() for _ in range(7)]
    bench.stage.act = lambda _ctx, args: gates[args.number].wait(20) and None
    with steady_work(bench, 7, slots=4, average=0.02) as worker, set_at_the_end(*gates):
        eventually(lambda: len(bench.stage.runs) == 4)
        ids = {number: job for job, _, number in bench.stage.runs}
        gates[0].set()  # a slot, and two that are taken for free soon
        eventually(lambda: len(bench.stage.runs) == 5 and worker._lanes["work"].is_behind)
        gates[1].set()  # one starts, the other waits: company may come
        eventually(lambda: bench.state(ids[1]) == "completed", within=5)

    assert sorted(bench.stage.numbers) == list(range(len(bench.stage.runs)))
