"""What a submission pushes without waiting for the answer: the answer is read later, or is as good as lost."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import kill

import psycopg

from shared.db import Database
from shared.jobs import submit_many
from shared.jobs.index_ids import from_index
from shared.jobs.maintenance.relay import relay_once
from tests.runtime.jobs.sample import NAME, Bench, Play, jobs_of, open_bench, play
from tools.stores import ValkeyServer, temporary_valkey


@contextmanager
def bench_on(server: ValkeyServer, database: Database) -> Iterator[Bench]:
    """A bench that has pushed one job already, on a server of its own."""
    bench = open_bench(jobs_of(database, server.url()))
    bench.submit(0)
    bench.jobs.settle()
    yield bench
    bench.redis.close()


@contextmanager
def full(bench: Bench) -> Iterator[None]:
    """Redis takes nothing more."""
    bench.redis.config_set("maxmemory", 1)
    try:
        yield
    finally:
        bench.redis.config_set("maxmemory", 0)


def relay_is_woken(listening: "psycopg.Connection[object]") -> bool:
    """True when a notice for the relay has come."""
    return any(listening.notifies(timeout=1, stop_after=1))


def listen(bench: Bench) -> "psycopg.Connection[object]":
    """Hears what the relay hears."""
    listening = bench.jobs.database.listen()
    listening.execute(f"LISTEN millrace_relay_{NAME}")
    return listening


def test_a_submission_is_answered_while_redis_stands_still(database_for: Callable[[str], Database]) -> None:
    with temporary_valkey() as server, bench_on(server, database_for(NAME)) as bench:
        assert server.pid is not None
        kill(server.pid, signal.SIGSTOP)
        try:
            job = bench.submit(1)
            unread = list(bench.jobs.scripts._ahead._idle[-1]._unread)
        finally:
            kill(server.pid, signal.SIGCONT)

        assert unread == [1]
        assert bench.state(job.id) == "queued"


def test_a_push_that_redis_refused_is_found_out_by_the_next_one_which_wakes_the_relay(
    database_for: Callable[[str], Database],
) -> None:
    with temporary_valkey() as server, bench_on(server, database_for(NAME)) as bench, listen(bench) as listening:
        with full(bench):
            lost = bench.submit(1)
        came = bench.submit(2)

        assert relay_is_woken(listening)
        assert [bench.state(lost.id), bench.state(came.id)] == ["", "queued"]
        bench.age()
        relay_once(bench.jobs)
        assert bench.state(lost.id) == "queued"


def test_waiting_for_the_answers_wakes_the_relay_for_what_was_refused(
    database_for: Callable[[str], Database],
) -> None:
    with temporary_valkey() as server, bench_on(server, database_for(NAME)) as bench, listen(bench) as listening:
        with full(bench):
            bench.submit(1)
            bench.jobs.settle()

        assert relay_is_woken(listening)


def test_a_connection_that_redis_closed_while_idle_costs_no_push(bench: Bench) -> None:
    bench.submit(0)
    bench.jobs.settle()
    bench.redis.client_kill_filter(_type="normal", skipme=True)

    job = bench.submit(1)

    assert bench.state(job.id) == "queued"


def test_answers_that_went_with_their_connection_are_lost_ones_and_the_next_push_goes_another_way(
    bench: Bench,
) -> None:
    first = bench.submit(0)
    line = bench.jobs.scripts._ahead._idle[-1]
    line.close()

    left = [bench.jobs.scripts.settle_ahead(), bench.jobs.scripts.settle_ahead()]
    second = bench.submit(1)

    assert left == [1, 0]
    assert [bench.state(first.id), bench.state(second.id)] == ["queued", "queued"]
    assert line not in bench.jobs.scripts._ahead._idle


def test_a_redis_that_forgot_the_script_is_given_it_again(bench: Bench) -> None:
    bench.submit(0)
    bench.redis.function_flush()

    lost, came = bench.submit(1), bench.submit(2)

    assert [bench.state(lost.id), bench.state(came.id)] == ["", "queued"]


def test_a_push_that_is_answered_too_late_is_left_to_the_relay(bench: Bench) -> None:
    with listen(bench) as listening:
        job = bench.submit(1)
        bench.redis.flushdb()
        bench.jobs.push([job], deadline_ms=1)
        bench.jobs.settle()

        assert relay_is_woken(listening)
        assert bench.state(job.id) == ""


def test_jobs_of_calls_that_follow_each_other_stand_in_order(bench: Bench) -> None:
    calls = [submit_many(bench.jobs, play, [Play(number=call)] * 700) for call in range(3)]
    last = bench.submit(3)

    ids = [job.id for jobs in calls for job in jobs] + [last.id]
    key = bench.jobs.scripts.keys.of_queue("work", "ready")
    assert [from_index(name) for name in bench.redis.zrange(key, 0, -1)] == ids
