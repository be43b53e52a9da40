"""Where one thread runs everything, it sends and runs on, and whatever happens meanwhile no answer is left unread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared import metrics
from shared.jobs import JobContext, Unrecoverable, submit_many
from shared.jobs import lanes as lanes_module
from shared.jobs import pace as pace_module
from shared.jobs.asked import Asked
from shared.jobs.lanes import HOLD_MAX, REFILL
from shared.jobs.scripts import Claim
from shared.jobs.worker import ServiceWorker
from tests.runtime.jobs.sample import Bench, Play, at_work, play
from tests.runtime.jobs.waiting import eventually


class Post:
    """Holds answers of Redis to ends and claims back while `is_held`."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_open = threading.Event()
        self.is_open.set()
        self.held = threading.Semaphore(0)
        #: Calls whose answers have not been read.
        self.asked: list[Asked] = []
        #: Claims sent so far.
        self.count = 0
        self._patch = monkeypatch
        self._ask = bench.jobs.scripts.ask
        monkeypatch.setattr(bench.jobs.scripts, "ask", self._asking)
        monkeypatch.setattr(pace_module, "BLOCKED_SECONDS", 1)  # a busy machine brings no second thread
        monkeypatch.setattr(pace_module, "SHORT_RUN_SECONDS", 1)

    def _asking(self, wants: dict[str, int], *others: Any, **named: Any) -> Asked:
        asked = self._ask(wants, *others, **named)
        self.count += 1
        is_answered, receive = asked.is_answered, asked.receive
        self.asked.append(asked)

        def receive_when_open() -> tuple[list[bool], Claim]:
            self.held.release()
            self.is_open.wait(20)
            self.asked.remove(asked)
            return receive()

        self._patch.setattr(asked, "is_answered", lambda: self.is_open.is_set() and is_answered())
        self._patch.setattr(asked, "receive", receive_when_open)
        return asked


@contextmanager
def short_work(bench: Bench, count: int, *, slots: int = 1) -> Iterator[ServiceWorker]:
    """A worker whose lane has proved its runs short, with jobs 0 to count - 1 in its queue."""
    with at_work(bench, slots={"work": slots}) as worker:
        pace = worker._lanes["work"].pace
        pace.average, pace.is_solo = 0.0001, True
        submit_many(bench.jobs, play, [Play(number=number) for number in range(count)])
        bench.jobs.settle()
        yield worker


def test_jobs_run_on_while_an_answer_is_under_way(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(bench, monkeypatch)
    bench.stage.act = lambda _ctx, args: post.is_open.clear() if args.number == 1 else None

    with short_work(bench, HOLD_MAX + 50):
        eventually(lambda: len(bench.stage.runs) >= HOLD_MAX)
        assert not post.is_open.is_set()
        post.is_open.set()
        eventually(lambda: len(bench.stage.runs) == HOLD_MAX + 50)
        eventually(lambda: bench.redis.zcard(bench.jobs.scripts.keys.of_queue("work", "running")) == 0)

    assert sorted(bench.stage.numbers) == list(range(HOLD_MAX + 50))


def test_an_answer_is_read_although_its_thread_is_caught_in_a_long_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace_module, "RETRY_SECONDS", 60)  # the next try of one thread would come across it
    monkeypatch.setattr(lanes_module, "PATIENCE_LOOKS", 10_000)  # what it caught would be given back
    post, slow = Post(bench, monkeypatch), threading.Event()
    caught = HOLD_MAX - HOLD_MAX * REFILL // 100  # the run behind the end with which it asks for more

    def act(_ctx: JobContext, args: Play) -> None:
        if args.number == 1:
            post.is_open.clear()
        elif args.number >= caught:
            slow.wait(20)

    bench.stage.act = act
    try:
        with short_work(bench, 3 * HOLD_MAX) as worker:
            lane = worker._lanes["work"]
            eventually(lambda: caught in bench.stage.numbers and not lane.pace.is_solo)
            post.is_open.set()
            # What was claimed with the answer is known here, so that the heartbeat keeps its leases.
            running = bench.jobs.scripts.keys.of_queue("work", "running")
            eventually(lambda: lane.in_hand == len(worker.attempts.all()) == bench.redis.zcard(running) == HOLD_MAX)
            slow.set()
            eventually(lambda: bench.redis.zcard(running) == 0)
    finally:
        slow.set()

    assert sorted(bench.stage.numbers) == list(range(3 * HOLD_MAX))


def test_what_waits_behind_a_long_run_runs_beside_it(bench: Bench) -> None:
    slow = threading.Event()
    count = 3 * HOLD_MAX
    bench.stage.act = lambda _ctx, args: slow.wait(20) and None if args.number == HOLD_MAX // 2 else None

    try:
        with short_work(bench, count, slots=2):
            eventually(lambda: len(bench.stage.runs) == count)
            running = bench.jobs.scripts.keys.of_queue("work", "running")
            eventually(lambda: bench.redis.zcard(running) == 1)
            slow.set()
            eventually(lambda: bench.redis.zcard(running) == 0)
    finally:
        slow.set()

    assert sorted(bench.stage.numbers) == list(range(count))


def test_an_answer_that_is_lost_is_asked_for_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    cuts: list[int] = []

    def act(_ctx: Any, args: Play) -> None:
        if args.number % 40 == 7:
            cuts.append(args.number)
            bench.jobs.scripts.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")

    post = Post(bench, monkeypatch)
    bench.stage.act = act
    with short_work(bench, 200):
        eventually(lambda: len(bench.stage.runs) >= 200)
        eventually(lambda: bench.redis.zcard(bench.jobs.scripts.keys.of_queue("work", "running")) == 0)

    assert len(cuts) == 5
    assert post.held.acquire(blocking=False)
    assert sorted(bench.stage.numbers) == list(range(200))


def test_a_stop_gives_back_what_an_answer_under_way_brings(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(bench, monkeypatch)
    bench.stage.act = lambda _ctx, args: post.is_open.clear() if args.number == 1 else None

    with short_work(bench, HOLD_MAX + 50) as worker:
        eventually(lambda: len(bench.stage.runs) == HOLD_MAX)
        stopping = threading.Thread(target=worker.stop, args=(5,))
        stopping.start()
        eventually(worker._stopping.is_set)
        sent = post.count
        post.is_open.set()
        stopping.join(10)

    assert post.count == sent  # what is given back is not claimed again
    assert sorted(bench.stage.numbers) == list(range(HOLD_MAX))
    keys = bench.jobs.scripts.keys
    assert bench.redis.zcard(keys.of_queue("work", "running")) == 0
    assert bench.redis.zcard(keys.of_queue("work", "ready")) == 50
    assert [claimed.attempt for claimed in bench.claim()] == [1] * 50


def test_a_stop_waits_for_a_claim_that_is_being_sent(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = bench.jobs.scripts.ask
    looks: list[bool] = []
    with at_work(bench) as worker:

        def asking(*what: Any, **named: Any) -> Asked:
            asked = ask(*what, **named)
            looks.append(worker._traffic.is_done())  # Redis leases by now, and nobody here has met a job of it
            return asked

        monkeypatch.setattr(bench.jobs.scripts, "ask", asking)
        bench.submit()
        eventually(lambda: bench.stage.runs and looks)
        eventually(lambda: len(looks) > 1)  # the claim that follows the end

    assert not any(looks)
    assert worker._traffic.is_done()


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_under_a_limit_one_call_is_made_while_another_is_answered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(pace_module, "RETRY_SECONDS", 0)  # and when the thread lost its core for a while, soon again
    count = 200
    settings = {"is_paused": False, "rate": 0, "window_ms": 0}
    bench.jobs.scripts.configure("work", version=100, max_running=limit, **settings)  # type: ignore[arg-type]  # of two types
    post = Post(bench, monkeypatch)

    def act(_ctx: JobContext, args: Play) -> None:
        if args.number == 100:
            post.is_open.clear()
        keys = bench.jobs.scripts.keys
        most.append(bench.redis.zcard(keys.of_queue("work", "running")))

    most: list[int] = []
    bench.stage.act = act
    with short_work(bench, count, slots=10):
        eventually(lambda: not post.is_open.is_set())
        held = eventually(lambda: len(bench.stage.runs) > 100 and len(post.asked))
        assert held
        eventually(lambda: len(post.asked) >= min(limit, 2))
        post.is_open.set()
        eventually(lambda: len(bench.stage.runs) == count)
        eventually(lambda: bench.redis.zcard(bench.jobs.scripts.keys.of_queue("work", "running")) == 0)

    assert max(most) == limit
    assert sorted(bench.stage.numbers) == list(range(count))


def test_a_limit_that_is_raised_is_used_soon(bench: Bench) -> None:
    def limit(version: int, most: int) -> None:
        settings = {"is_paused": False, "rate": 0, "window_ms": 0}
        bench.jobs.scripts.configure("work", version=version, max_running=most, **settings)  # type: ignore[arg-type]  # of two types

    seen: list[int] = []

    def act(_ctx: JobContext, args: Play) -> None:
        if args.number == 50:
            limit(101, 0)
        seen.append(bench.redis.zcard(bench.jobs.scripts.keys.of_queue("work", "running")))

    bench.stage.act = act
    limit(100, 3)
    with short_work(bench, 400, slots=10):
        eventually(lambda: len(seen) == 400)

    assert max(seen[:40]) <= 3
    assert max(seen) > 10


def attempts_ended() -> float:
    """How many attempts of this process have gone through their last step."""
    samples = [sample for metric in metrics.REGISTRY.collect() for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name == "millrace_job_attempts_total")


def test_a_slot_freed_while_the_loop_asks_for_other_queues_is_not_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def act(_ctx: JobContext, _args: Play) -> None:
        released.wait(10)
        raise Unrecoverable("always")

    ask = bench.jobs.scripts.ask

    def ask_while_the_first_job_ends(wants: dict[str, int], *others: Any, **named: Any) -> Asked:
        asked = ask(wants, *others, **named)
        receive = asked.receive

        def receive_late() -> tuple[list[bool], Claim]:
            answer = receive()
            if "work" not in wants and not released.is_set():
                before = attempts_ended()
                released.set()
                eventually(lambda: attempts_ended() > before)
            return answer

        monkeypatch.setattr(asked, "receive", receive_late)
        return asked

    monkeypatch.setattr(bench.jobs.scripts, "ask", ask_while_the_first_job_ends)
    bench.stage.act = act
    bench.submit(1)
    second = bench.submit(2)
    bench.redis.delete(bench.jobs.scripts.keys.of_queue("side", "wake"))  # left by the boot's copy of its settings

    with at_work(bench, slots={"work": 1, "side": 1}):
        eventually(lambda: bench.state(second.id) == "dead", within=3)  # a missed wake-up is a block of 5 s
