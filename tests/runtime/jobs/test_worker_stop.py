"""A worker that was told to stop: what it no longer starts, and how it drains."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import structlog.testing

from shared.bootstrap.worker import stop_together
from shared.db import Database
from shared.errors import StoreUnavailable
from shared.jobs import lanes as lanes_module
from shared.jobs import submit_many
from shared.jobs.scripts import Held
from shared.jobs.states import State
from shared.jobs.worker import ServiceWorker
from tests.runtime.jobs.pair import Pair
from tests.runtime.jobs.sample import NAME, Bench, Play, at_work, hold_until, jobs_of, open_bench, play
from tests.runtime.jobs.waiting import eventually
from tools.stores import temporary_valkey


def test_a_worker_that_was_told_to_stop_starts_nothing_while_what_runs_goes_on(bench: Bench) -> None:
    released = threading.Event()
    bench.stage.act = hold_until(released)

    with at_work(bench) as worker:
        first = bench.submit(1)
        eventually(lambda: bench.stage.numbers == [1])
        worker.stop_claiming()
        later = [bench.submit(number) for number in (2, 3)]
        released.set()
        worker.stop(10)

    assert bench.stage.numbers == [1]
    assert bench.state(first.id) == "completed"
    assert [bench.state(job.id) for job in later] == ["queued", "queued"]


def test_a_clean_stop_gives_a_running_job_back_to_its_place_at_no_cost(bench: Bench) -> None:
    released = threading.Event()
    bench.stage.act = hold_until(released)
    first, second = bench.submit(1), bench.submit(2)

    with at_work(bench, slots={"work": 1, "side": 1}) as worker:
        eventually(lambda: bench.stage.numbers == [1])
        worker.stop(0.05)
        assert worker.attempts.all() == []

    assert bench.state(first.id) == "queued"
    claimed = bench.claim()
    assert [(one.held.id, one.attempt, one.crashes) for one in claimed] == [(first.id, 1, 0), (second.id, 1, 0)]


def test_a_clean_stop_gives_back_a_job_that_sleeps_through_its_context(bench: Bench) -> None:
    bench.stage.act = lambda ctx, _args: ctx.sleep(30)
    jobs = [bench.submit(number) for number in range(4)]

    with at_work(bench) as worker:
        eventually(lambda: len(bench.stage.runs) == 4)
        worker.stop(0.05)

    assert [bench.state(job.id) for job in jobs] == ["queued"] * 4
    assert [claimed.attempt for claimed in bench.claim()] == [1] * 4


def test_a_stop_lets_a_job_finish_within_the_grace(bench: Bench) -> None:
    released = threading.Event()
    bench.stage.act = hold_until(released)
    job = bench.submit(1)

    with at_work(bench) as worker:
        eventually(lambda: bench.stage.numbers == [1])
        stopping = threading.Thread(target=worker.stop, args=(10,))
        stopping.start()
        released.set()
        stopping.join(10)
    bench.settle()

    assert bench.row(job.id).state is State.COMPLETED


def test_a_stopped_worker_claims_nothing_more(bench: Bench) -> None:
    with at_work(bench) as worker:
        worker.stop(1)
        bench.submit(1)

        assert bench.claim() != ()

    assert bench.stage.runs == []


def test_a_stop_while_redis_is_away_ends_in_good_order(empty_url: str) -> None:
    with temporary_valkey() as server:
        released = threading.Event()
        bench = open_bench(jobs_of(Database(empty_url, NAME, pool_size=8), server.url()))
        bench.stage.act = hold_until(released)
        bench.submit(1)
        with at_work(bench) as worker:
            eventually(lambda: bench.stage.numbers == [1])
            server.stop()
            released.set()

            worker.stop(0.5)

            server.start()
        bench.redis.close()
        bench.jobs.database.close()


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Callable[[Bench], AbstractContextManager[ServiceWorker]]:
    """A worker that runs job 0 of 20 and holds the others."""
    monkeypatch.setattr(lanes_module, "PATIENCE_LOOKS", 10_000)  # what waits would be given back before

    @contextmanager
    def crowd(bench: Bench) -> Iterator[ServiceWorker]:
        released = threading.Event()
        bench.stage.act = hold_until(released)
        with at_work(bench, slots={"work": 1}) as worker:
            worker._lanes["work"].pace.average = 0.0001
            submit_many(bench.jobs, play, [Play(number=number) for number in range(20)])
            eventually(lambda: worker._lanes["work"].in_hand == 20 and bench.stage.numbers == [0])
            yield worker
        released.set()
        assert bench.stage.numbers == [0]

    return crowd


def test_a_stop_while_redis_is_away_does_not_wait_for_each_job_that_has_not_started(
    empty_url: str, crowded: Callable[[Bench], AbstractContextManager[ServiceWorker]]
) -> None:
    with temporary_valkey() as server:
        bench = open_bench(jobs_of(Database(empty_url, NAME, pool_size=8), server.url()))
        with crowded(bench) as worker:
            server.stop()
            stopping = threading.Thread(target=worker.stop, args=(0.5,))
            stopping.start()
            stopping.join(20)

            assert not stopping.is_alive()
            server.start()
        bench.redis.close()
        bench.jobs.database.close()


def test_what_has_not_started_is_given_back_once_redis_answers_again(
    bench: Bench,
    crowded: Callable[[Bench], AbstractContextManager[ServiceWorker]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release, calls = bench.jobs.scripts.release, itertools.count()

    def release_later(held: Held) -> bool:
        if next(calls) in (0, 7):
            raise StoreUnavailable("Redis does not answer")
        return release(held)

    with crowded(bench) as worker:
        monkeypatch.setattr(bench.jobs.scripts, "release", release_later)
        worker.stop(2)

    assert bench.redis.zcard(bench.jobs.scripts.keys.of_queue("work", "running")) == 0
    assert [claimed.attempt for claimed in bench.claim()] == [1] * 20


def test_the_workers_of_a_process_drain_side_by_side(pair: Pair) -> None:
    benches = (pair.home, pair.away)
    released = {bench.jobs.service: threading.Event() for bench in benches}
    for bench in benches:
        bench.stage.act = hold_until(released[bench.jobs.service])
    jobs = [bench.submit(1) for bench in benches]
    with at_work(pair.home) as first, at_work(pair.away) as second:
        eventually(lambda: [bench.stage.numbers for bench in benches] == [[1], [1]])
        first.stop_claiming()
        second.stop_claiming()
        stopping = threading.Thread(target=stop_together, args=([first, second], 10))
        stopping.start()
        released[pair.away.jobs.service].set()

        eventually(lambda: pair.away.state(jobs[1].id) == "completed", within=8)
        assert pair.home.state(jobs[0].id) == "running"
        released[pair.home.jobs.service].set()
        stopping.join(20)

    assert pair.home.state(jobs[0].id) == "completed"


def test_a_worker_whose_stop_fails_keeps_no_other_from_giving_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_grace_seconds: float) -> None:
        raise RuntimeError("no stop")

    for bench in (pair.home, pair.away):
        bench.stage.act = lambda ctx, _args: ctx.sleep(30)
    job = pair.away.submit(1)
    with at_work(pair.home) as first, at_work(pair.away) as second:
        eventually(lambda: pair.away.stage.numbers == [1])
        with monkeypatch.context() as patch:
            patch.setattr(first, "stop", fail)
            with structlog.testing.capture_logs() as said:
                stop_together([first, second], 0.05)

        assert pair.away.state(job.id) == "queued"

    assert [(line["event"], line["service"]) for line in said if line["log_level"] == "error"] == [
        ("a worker did not stop in good order", pair.home.jobs.service)
    ]
