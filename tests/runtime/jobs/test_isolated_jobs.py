"""Jobs in processes of their own: the context works there, what kills one hurts nobody else, and none outlives us."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import psycopg
import pytest
from psycopg import sql
from structlog.testing import capture_logs

from shared.jobs import Job, submit
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs.isolation import IsolatedJobs
from shared.jobs.live import get_job
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.outcomes import Again, Buried, Done, Outcome, Reason
from shared.jobs.states import State
from tests.runtime.jobs.sample import NAME, Bench, at_work
from tests.runtime.jobs.waiting import eventually
from tests.runtime.jobs.ways import JOBS_LIMIT, Order, among, apart, apart_aloud, apart_once, open_ways, sing_apart
from tests.stores import service_url
from tools.stores import PostgresServer, temporary_valkey

ROOT = Path(__file__).parents[3]
DATABASE = "isolated"


@pytest.fixture(scope="module")
def bench(postgres: PostgresServer, template_for: Callable[[str], str]) -> Iterator[Bench]:
    """One bench for all tests here, so that most find a process that has booted; each looks at its own jobs."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(template_for(NAME))))
    url = service_url(postgres, DATABASE, NAME)
    with temporary_valkey() as valkey, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)  # where the processes find them
        patch.setenv("REDIS_URL", valkey.url())
        patch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)
        patch.setattr(heartbeat_module, "EXTEND_SECONDS", 0.05)
        patch.setattr("shared.jobs.isolation.process.GRACE_SECONDS", 0.2)
        with open_ways(url, valkey.url()) as (opened, _):
            yield opened


def order(bench: Bench, act: str, number: int = 0) -> Job:
    return submit(bench.jobs, apart, Order(act=act, number=number))


def result_of(outcome: Outcome) -> object:
    assert isinstance(outcome, Done), outcome
    return json.loads(outcome.result_json)


def test_the_context_works_in_the_process_and_its_transaction_commits_with_the_outcome(bench: Bench) -> None:
    job = order(bench, "use-all", 7)

    (outcome,) = bench.run()
    result = result_of(outcome)

    assert isinstance(result, dict)
    assert isinstance(outcome, Done)
    assert outcome.is_settled
    assert result.pop("pid") != os.getpid()
    assert (result.pop("step"), result.pop("attempt"), result.pop("key")) == (7, 1, f"{job.id}:1")
    assert bench.effects() == [7, 100]
    assert bench.row(job.id).state is State.COMPLETED
    assert bench.row(result.pop("child")).args == {"number": 7, "note": ""}
    assert "progress" in "".join(bench.kinds(job.id))


def test_a_process_is_used_again_and_replaced_after_its_number_of_jobs(bench: Bench) -> None:
    for number in range(2 * JOBS_LIMIT):
        order(bench, "pid", number)

    pids = [result for outcome in bench.run() if isinstance(result := result_of(outcome), int)]

    assert 1 < len(set(pids)) <= 3
    assert os.getpid() not in pids


def test_of_two_jobs_that_were_in_two_crashes_together_only_the_culprit_dies_of_the_third(bench: Bench) -> None:
    culprit, neighbour = (submit(bench.jobs, among, Order(act=act)) for act in ("segv", "pid"))
    for _ in range(2):
        assert len(bench.claim()) == 2
        bench.expire_leases()
        reap_once(bench.jobs)

    ends, pid = bench.run()
    bench.settle()

    assert isinstance(ends, Buried)
    assert (ends.reason, ends.failure.type) == (Reason.CRASHED, "ProcessCrashed")
    assert "SIGSEGV" in ends.failure.message
    assert result_of(pid) != os.getpid()
    assert [bench.row(job.id).state for job in (culprit, neighbour)] == [State.DEAD, State.COMPLETED]


def test_a_coroutine_may_be_isolated_too(bench: Bench) -> None:
    submit(bench.jobs, sing_apart, Order(act="", number=7))

    result = result_of(bench.run()[0])

    assert isinstance(result, dict)
    assert result["number"] == 7
    assert result["pid"] != os.getpid()


def test_an_error_in_the_process_is_the_attempt_s_own(bench: Bench) -> None:
    order(bench, "fail", 7)

    (outcome,) = bench.run()

    assert isinstance(outcome, Again)
    assert outcome.failure is not None
    assert (outcome.failure.type, outcome.failure.message, outcome.counts) == ("ValueError", "no 7", True)
    assert "_fail" in outcome.failure.traceback


@pytest.mark.parametrize(
    ("act", "says"),
    [("segv", "SIGSEGV (signal 11)"), ("exit", "exit code 3"), ("sys-exit", "3")],
)
def test_a_process_that_dies_is_a_failed_attempt_that_says_how_and_its_neighbours_live(
    bench: Bench, act: str, says: str
) -> None:
    order(bench, act)
    order(bench, "pid")

    with capture_logs() as logged:
        died, neighbour = bench.run()

    assert isinstance(died, Again)
    assert died.failure is not None
    assert died.counts
    assert died.failure.type == ("JobExited" if act == "sys-exit" else "ProcessDied")
    assert says in died.failure.message
    assert isinstance(neighbour, Done)
    if act == "segv":
        assert "_crash" in died.failure.traceback  # the process's last words
        assert "about to go" in died.failure.traceback
        assert "hunter2" not in died.failure.traceback
        assert any("about to go" in str(event.get("line")) for event in logged)


def processes() -> list[int]:
    """The processes of isolated jobs that this process has."""
    mine = psutil.Process().children()
    return [each.pid for each in mine if each.is_running() and "tests.runtime.jobs.ways" in each.cmdline()]


@pytest.mark.parametrize("act", ["spin", "hold"])
def test_the_time_limit_ends_an_isolated_job_whatever_it_does(bench: Bench, act: str) -> None:
    with at_work(bench):
        job = submit(bench.jobs, apart_once, Order(act=act))
        eventually(lambda: bench.state(job.id) == "dead")
    bench.settle()

    row = bench.row(job.id)
    assert row.error is not None
    assert (row.state, row.error["type"], row.error["reason"]) == (State.DEAD, "JobTimeout", "exhausted")


def reported(bench: Bench, job: Job) -> object:
    """How far it is, as readers see it."""
    found = get_job(bench.jobs, job.id)
    return found.progress["done"] if found is not None and found.progress else None


@pytest.mark.parametrize(("act", "state"), [("talk-on", "completed"), ("hold", "dead"), ("swallow", "dead")])
def test_an_isolated_job_that_falls_silent_is_ended_and_one_that_talks_is_not(
    bench: Bench, act: str, state: str
) -> None:
    with at_work(bench):
        job = submit(bench.jobs, apart_aloud, Order(act=act, number=30))
        eventually(lambda: bench.state(job.id) in ("", "dead", "completed"))
    bench.settle()

    row = bench.row(job.id)
    assert row.state == state
    if row.error is not None:
        assert (row.error["type"], "stale_after" in row.error["message"]) == ("JobTimeout", True)


def test_the_newest_of_many_reports_leaves_the_process_a_moment_later(bench: Bench) -> None:
    with at_work(bench):
        job = order(bench, "report-fast-and-hold")
        eventually(lambda: reported(bench, job) == 59)
        bench.cancel(job.id)
        bench.jobs.scripts.drop(job.id, "work", generation=1)
        eventually(lambda: bench.state(job.id) in ("", "cancelled"))


def test_a_clean_stop_gives_an_isolated_job_back_at_no_cost(bench: Bench) -> None:
    job = order(bench, "swallow")

    with at_work(bench) as worker:
        eventually(lambda: "progress" in bench.kinds(job.id))
        before = len(processes())
        worker.stop(0.05)
        assert worker.attempts.all() == []
    eventually(lambda: len(processes()) == before - 1)
    (claimed,) = bench.claim()
    bench.cancel(job.id)

    assert (claimed.held.id, claimed.attempt, claimed.crashes) == (job.id, 1, 0)


def test_a_cancel_kills_an_isolated_job_that_does_not_listen(bench: Bench) -> None:
    with at_work(bench):
        job = order(bench, "hold")
        eventually(lambda: "progress" in bench.kinds(job.id))
        before = len(processes())
        bench.cancel(job.id)
        bench.jobs.scripts.drop(job.id, "work", generation=1)
        eventually(lambda: bench.state(job.id) in ("", "cancelled"))
    eventually(lambda: len(processes()) == before - 1)

    assert bench.row(job.id).state is State.CANCELLED


def test_the_process_ends_when_its_worker_is_killed_although_its_job_holds_on(bench: Bench) -> None:
    job = order(bench, "spin")
    worker = subprocess.Popen([sys.executable, "-m", "tests.runtime.jobs.doomed_ways"], cwd=ROOT)
    try:
        eventually(lambda: "progress" in bench.kinds(job.id), within=20)
        (child,) = psutil.Process(worker.pid).children()
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)

    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def pool_of(script: str) -> IsolatedJobs:
    return IsolatedJobs([sys.executable, "-I", "-c", script], size=1)


def test_a_process_that_cannot_boot_says_why(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench.runtime.resources, IsolatedJobs, pool_of("raise SystemExit('no stores')"))
    order(bench, "pid")

    (outcome,) = bench.run()

    assert isinstance(outcome, Again)
    assert outcome.failure is not None
    assert "exit code 1" in outcome.failure.message
    assert "no stores" in outcome.failure.traceback


@pytest.mark.parametrize("said", [b"\\x00\\x00\\x00\\x02hi", b"\\xff\\xff\\xff\\xff", b"\\x00\\x00\\x00\\x01\\xc0"])
def test_a_process_that_speaks_nonsense_is_ended_and_its_job_buried(
    bench: Bench, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"import os, sys, time; os.write(int(sys.argv[1]), b'{said.decode()}'); time.sleep(60)"
    monkeypatch.setitem(bench.runtime.resources, IsolatedJobs, pool_of(script))
    order(bench, "pid")

    (outcome,) = bench.run()

    assert isinstance(outcome, Buried)
    assert (outcome.reason, outcome.failure.type) == (Reason.UNRECOVERABLE, "Undecodable")
