"""A worker process killed in the middle of a job: the job runs again, at no cost, and not for ever."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.outcomes import Done
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, location
from tests.runtime.jobs.waiting import eventually

ROOT = Path(__file__).parents[3]


@contextmanager
def doomed_worker(bench: Bench, database_url: str) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own; gone after the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.runtime.jobs.doomed_worker"], cwd=ROOT, stdin=subprocess.PIPE, text=True
    )
    try:
        assert process.stdin is not None
        process.stdin.write(f"{database_url}\n{location(bench)}\n")
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_job_of_a_killed_worker_runs_again_at_its_old_place_and_costs_no_attempt(
    bench: Bench, empty_url: str
) -> None:
    job = bench.submit(7)
    with doomed_worker(bench, empty_url) as process:
        eventually(lambda: bench.state(job.id) == "running", within=20)
        process.kill()
        process.wait(10)
    later = bench.submit(8)
    bench.expire_leases()

    reap_once(bench.jobs)
    outcomes = bench.run()
    bench.write_history()
    bench.settle()

    row = bench.row(job.id)
    assert outcomes == [Done(b'{"number":7}'), Done(b'{"number":8}')]
    assert [run[0] for run in bench.stage.runs] == [job.id, later.id]
    assert (row.state, row.attempts_made, row.crashes) == (State.COMPLETED, 1, 1)
    assert bench.sql("SELECT outcome FROM attempt WHERE job_id = :id ORDER BY started_at", id=job.id) == [
        ("crashed",),
        ("completed",),
    ]


def test_a_job_that_kills_three_workers_is_dead(bench: Bench) -> None:
    job = bench.submit(7)

    for _ in range(3):
        assert len(bench.claim()) == 1
        bench.expire_leases()
        reap_once(bench.jobs)
    bench.settle()

    row = bench.row(job.id)
    assert row.error is not None
    assert (row.state, row.crashes, row.error["reason"]) == (State.DEAD, 3, "crashed")
    assert bench.claim() == ()


def test_the_third_death_of_a_job_that_failed_before_is_an_attempt_with_a_number_of_its_own(bench: Bench) -> None:
    job = bench.submit(7)
    bench.stage.act = lambda _ctx, _args: 1 // 0
    bench.run()
    bench.make_due()
    for _ in range(3):
        assert len(bench.claim()) == 1
        bench.expire_leases()
        reap_once(bench.jobs)

    bench.settle()  # before history: the row of the last one is the settler's own
    bench.write_history()

    assert bench.row(job.id).attempts_made == 1
    assert bench.sql("SELECT number, outcome FROM attempt WHERE job_id = :id ORDER BY started_at", id=job.id) == [
        (1, "failed"), (2, "crashed"), (2, "crashed"), (2, "dead"),
    ]  # fmt: skip


def test_a_lost_index_does_not_give_a_job_that_kills_workers_new_lives(bench: Bench) -> None:
    job = bench.submit(7)
    for _ in range(2):
        bench.claim()
        bench.expire_leases()
        reap_once(bench.jobs)
    bench.write_history()
    known = bench.row(job.id).crashes
    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    bench.claim()
    bench.expire_leases()
    reap_once(bench.jobs)
    bench.settle()

    row = bench.row(job.id)
    assert known == 2
    assert (row.state, row.crashes) == (State.DEAD, 3)


def test_the_third_crash_shows_in_the_history_of_attempts(bench: Bench) -> None:
    job = bench.submit(7)

    for _ in range(3):
        bench.claim()
        bench.expire_leases()
        reap_once(bench.jobs)
    bench.write_history()
    bench.settle()

    outcomes = bench.sql("SELECT outcome FROM attempt WHERE job_id = :id ORDER BY started_at, outcome", id=job.id)
    assert outcomes == [("crashed",), ("crashed",), ("dead",)]


def test_a_lease_that_has_not_expired_is_not_taken(bench: Bench) -> None:
    job = bench.submit(7)
    bench.claim()

    reap_once(bench.jobs)

    assert bench.state(job.id) == "running"


def test_four_reapers_at_once_take_each_lease_once(bench: Bench) -> None:
    jobs = [bench.submit(number) for number in range(50)]
    bench.claim()
    bench.expire_leases()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: reap_once(bench.jobs), range(4)))

    assert [bench.kinds(job.id).count("reclaimed") for job in jobs] == [1] * 50
    assert [(claimed.held.id, claimed.crashes) for claimed in bench.claim()] == [(job.id, 1) for job in jobs]
