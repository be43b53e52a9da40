"""A real worker with its heartbeat: what it claims and what it blocks on."""

import threading
from contextlib import AbstractContextManager
from datetime import timedelta

import psycopg
import pytest

from shared import clock
from shared.db import Database, UnitOfWork
from shared.jobs import JobContext, submit, submit_many
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.states import State
from tests.runtime.jobs.sample import (
    NAME,
    Bench,
    Play,
    at_work,
    hold_until,
    is_blocked,
    jobs_of,
    location,
    open_bench,
    play,
    play_aside,
)
from tests.runtime.jobs.waiting import eventually
from tools.stores import temporary_valkey

CROWD = 200


def test_every_job_runs_once_and_its_row_is_completed(bench: Bench) -> None:
    jobs = submit_many(bench.jobs, play, [Play(number=number) for number in range(CROWD)])

    with at_work(bench):
        eventually(lambda: bench.redis.zcard(bench.jobs.scripts.keys.of("unsettled")) == CROWD)
    bench.settle()

    assert sorted(bench.stage.numbers) == list(range(CROWD))
    assert {bench.row(job.id).state for job in jobs} == {State.COMPLETED}


def test_a_queue_runs_as_many_jobs_at_once_as_it_has_slots_and_never_more(bench: Bench) -> None:
    together = threading.Barrier(4)
    lock, running, peaks = threading.Lock(), [0], [0]

    def act(_ctx: JobContext, _args: Play) -> None:
        with lock:
            running[0] += 1
            peaks[0] = max(peaks[0], running[0])
        together.wait(10)  # breaks unless four run at once
        with lock:
            running[0] -= 1

    bench.stage.act = act
    submit_many(bench.jobs, play, [Play(number=number) for number in range(12)])

    with at_work(bench, slots={"work": 4, "side": 1}):
        eventually(lambda: bench.redis.zcard(bench.jobs.scripts.keys.of("unsettled")) == 12)

    assert peaks == [4]


def test_a_full_queue_does_not_hold_another_up(bench: Bench) -> None:
    released = threading.Event()
    bench.stage.act = hold_until(released)

    with at_work(bench, slots={"work": 1, "side": 1}):
        bench.submit(1)
        bench.submit(2)
        eventually(lambda: bench.stage.numbers == [1])
        submit(bench.jobs, play_aside, Play(number=3))
        eventually(lambda: bench.stage.numbers == [1, 3])
        released.set()
        eventually(lambda: bench.stage.numbers == [1, 3, 2])


def test_an_enqueue_wakes_a_blocked_worker(bench: Bench) -> None:
    with at_work(bench):
        eventually(lambda: is_blocked(bench))
        bench.submit(1)

        eventually(lambda: bench.stage.numbers == [1], within=3)  # a block that nobody ends lasts 5 s


def test_an_idle_worker_does_not_poll(bench: Bench) -> None:
    with at_work(bench):
        eventually(lambda: is_blocked(bench))
        calls = bench.redis.info("commandstats")["cmdstat_fcall"]["calls"]
        bench.submit(1)
        eventually(lambda: bench.stage.numbers == [1] and bench.state(bench.stage.runs[0][0]) == "completed")
        eventually(lambda: is_blocked(bench))
        calls = bench.redis.info("commandstats")["cmdstat_fcall"]["calls"] - calls

    assert calls <= 6  # push, claim, end, and the looks that found nothing


def test_a_freed_slot_takes_the_next_job_although_another_queue_is_blocked_on(bench: Bench) -> None:
    first, second = threading.Event(), threading.Event()
    holders = {1: first, 2: second}

    def act(_ctx: JobContext, args: Play) -> None:
        while not holders[args.number].wait(0.005):
            pass

    bench.stage.act = act
    with at_work(bench, slots={"work": 1, "side": 1}):
        bench.submit(1)
        bench.submit(2)
        eventually(lambda: bench.stage.numbers == [1] and is_blocked(bench))
        first.set()
        eventually(lambda: bench.stage.numbers == [1, 2], within=3)
        second.set()


def test_a_delayed_job_runs_at_its_time_and_not_before(bench: Bench) -> None:
    with at_work(bench):
        eventually(lambda: is_blocked(bench))
        job = bench.submit(1, scheduled_for=clock.now() + timedelta(milliseconds=300))
        eventually(lambda: bench.stage.numbers == [1], within=3)
    bench.settle()

    row = bench.row(job.id)
    assert row.started_at is not None
    assert row.scheduled_for is not None
    assert row.started_at >= row.scheduled_for.replace(microsecond=row.scheduled_for.microsecond // 1000 * 1000)


def test_a_worker_starts_nothing_on_an_index_that_is_not_reconciled_and_waits_calmly(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    unit_of_work = Database.unit_of_work

    def counted(database: Database) -> AbstractContextManager[UnitOfWork]:
        asked.append(1)
        return unit_of_work(database)

    monkeypatch.setattr(Database, "unit_of_work", counted)
    bench.submit(1)

    with at_work(bench) as worker:
        eventually(lambda: bench.stage.numbers == [1])
        bench.redis.flushdb()
        bench.submit(2)
        eventually(lambda: worker.closed() is not None)
        asked.clear()
        threading.Event().wait(0.6)  # long enough for two or three looks
        looks = len(asked)
        assert bench.stage.numbers == [1]
        reconcile_once(bench.jobs)
        eventually(lambda: 2 in bench.stage.numbers)

    assert looks < 10


def test_a_worker_survives_postgresql_dropping_its_connections(bench: Bench, empty_url: str) -> None:
    with at_work(bench) as worker:
        eventually(lambda: is_blocked(bench))
        with psycopg.connect(empty_url, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        worker._traffic.claims.identity = ""  # it must ask PostgreSQL again, as after any fault of Redis
        bench.redis.lpush(bench.jobs.scripts.keys.of_queue("work", "wake"), "1")
        eventually(lambda: worker.closed() is None)
        other = jobs_of(Database(empty_url, NAME), location(bench))
        submit(other, play, Play(number=1))

        eventually(lambda: bench.stage.numbers == [1])
        other.database.close()
        other.scripts.client.close()


def test_a_worker_goes_on_after_redis_has_been_away(empty_url: str) -> None:
    with temporary_valkey() as server:
        bench = open_bench(jobs_of(Database(empty_url, NAME, pool_size=8), server.url()))
        with at_work(bench):
            bench.submit(1)
            eventually(lambda: bench.stage.numbers == [1])
            server.stop()
            bench.submit(2)
            server.start()
            reconcile_once(bench.jobs)

            eventually(lambda: 2 in bench.stage.numbers)
        bench.redis.close()
        bench.jobs.database.close()
