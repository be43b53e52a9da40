"""One queue's threads in one process: one for short runs, all for slow ones, and no slot promised twice."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from shared.jobs import JobContext, Jobs, Unrecoverable, submit_many
from shared.jobs import lanes as lanes_module
from shared.jobs import pace as pace_module
from shared.jobs import worker as worker_module
from shared.jobs.lanes import HOLD_MAX, Lane
from shared.jobs.outcomes import Outcome
from shared.jobs.pace import SHORT_RUN_SECONDS, Pace
from shared.jobs.scripts import Claimed
from shared.jobs.settlement import settle
from shared.jobs.shepherd import Shepherd
from tests.runtime.jobs.sample import Bench, Play, at_work, play
from tests.runtime.jobs.waiting import eventually


def runs(*bodies: Callable[[], object]) -> list[Any]:
    """What a lane takes for attempts here: something to call."""
    return [SimpleNamespace(running=SimpleNamespace(is_abandoned=False), body=body) for body in bodies]


def run(lane: Lane, attempt: Any) -> None:
    """What the worker does with an attempt, as far as the lane is concerned."""
    attempt.body()
    lane.ended(0.0, 0.0)


@contextmanager
def short_lane(size: int = 4) -> Iterator[Lane]:
    """A lane that has proved its runs short and runs them in one thread."""
    lane = Lane("work", size, run, name="test")
    lane.pace.average = 0.0001
    lane.pace.is_solo = True
    yield lane
    lane.close()


def test_short_runs_share_one_thread() -> None:
    seen: set[int] = set()
    with short_lane() as lane:
        lane.put(runs(*[lambda: seen.add(threading.get_ident())] * 50))
        eventually(lambda: lane.in_hand == 0)

    assert len(seen) == 1


def test_nothing_waits_behind_a_run_that_turns_out_slow() -> None:
    done, slow = threading.Semaphore(0), threading.Event()
    with short_lane() as lane:
        shepherd = Shepherd([lane], lambda _stalled: False, name="test-shepherd")
        shepherd.start()
        lane.put(runs(lambda: slow.wait(30), *[done.release] * 3))
        shepherd.call()
        for _ in range(3):
            assert done.acquire(timeout=10)
        eventually(lambda: (lane.in_hand, lane.pace.is_solo) == (1, False))
        slow.set()
        shepherd.stop()


def test_an_end_is_written_although_the_run_behind_it_takes_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 60)  # the loop would write it when it looks again
    monkeypatch.setattr(lanes_module, "PATIENCE_LOOKS", 10_000)  # what waits would be given back
    slow = threading.Event()
    bench.stage.act = lambda _ctx, args: slow.wait(30) and None if args.number == 1 else None
    with at_work(bench, slots={"work": 1}) as worker:
        lane = worker._lanes["work"]
        lane.pace.average, lane.pace.is_solo = 0.0001, True
        numbers = [2, 1, *[3] * (HOLD_MAX - 2)]  # one claim takes them all, and the lane holds enough for a while
        quick, held, *_ = submit_many(bench.jobs, play, [Play(number=number) for number in numbers])
        try:
            eventually(lambda: bench.state(quick.id) == "completed")
            assert lane.in_hand == HOLD_MAX - 1
        finally:
            slow.set()
        eventually(lambda: bench.state(held.id) == "completed")


def test_runs_that_wait_bring_all_threads_back_and_those_that_compute_do_not() -> None:
    waiting, computing = Pace(), Pace()
    for pace in (waiting, computing):
        pace.average, pace.is_solo = 0.0001, True

    ended = [waiting.ended(0.001, 0.001) for _ in range(10)]
    still = [computing.ended(0.001, 0.00002) for _ in range(200)]

    assert (any(ended), waiting.is_solo) == (True, False)
    assert (any(still), computing.is_solo) == (False, True)


def test_runs_that_grow_long_bring_all_threads_back_at_once() -> None:
    pace = Pace()
    pace.average, pace.is_solo = SHORT_RUN_SECONDS * 0.99, True

    assert pace.ended(1.0, None)
    assert not pace.is_solo


def test_one_thread_is_tried_again_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()
    pace.average = 0.0001
    pace.widen()

    pace.narrow()
    early = pace.is_solo
    monkeypatch.setattr(pace_module, "RETRY_SECONDS", 0.0)
    pace.narrow()

    assert (early, pace.is_solo) == (False, True)


def test_claims_under_way_never_promise_a_slot_twice() -> None:
    lane = Lane("work", 4, run, name="test")

    first = lane.reserve()
    second = lane.reserve()
    lane.answered(first)
    third = lane.reserve(waits=True)
    fourth = lane.reserve()

    assert (first, second, third, fourth) == (4, 0, 4, 0)


def test_a_lane_held_back_by_a_limit_refills_beside_the_claim_that_waits_for_it() -> None:
    with short_lane() as lane:
        lane.is_held_back = True
        waiting = lane.reserve(waits=True)
        beside = lane.reserve()

    assert waiting > 0
    assert beside > 0
    assert waiting + beside <= HOLD_MAX


def test_a_slot_outlives_an_end_that_cannot_be_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[Outcome] = []

    def refuse_once(jobs: Jobs, claimed: Claimed, worker: str, outcome: Outcome) -> Outcome:
        if not refused:
            refused.append(outcome)
            raise RuntimeError("nobody foresaw this")
        return settle(jobs, claimed, worker, outcome)

    def act(_ctx: JobContext, args: Play) -> None:
        if args.number == 1:
            raise Unrecoverable("no")

    monkeypatch.setattr("shared.jobs.worker.settle", refuse_once)
    bench.stage.act = act
    with at_work(bench, slots={"work": 1}) as worker:
        lost = bench.submit(1)
        eventually(lambda: refused)
        later = bench.submit(2)
        eventually(lambda: bench.state(later.id) == "completed")
        eventually(lambda: worker.attempts.all() == [])  # nobody keeps the lease of what was not written

    assert bench.state(lost.id) == "running"
