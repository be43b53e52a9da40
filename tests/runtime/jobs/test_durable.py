"""durable=False: jobs that live in the index alone, which nothing that compares it with PostgreSQL may drop."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from shared.db import Database
from shared.jobs import JobContext, fixed, job, seconds, submit, submit_many
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.outcomes import Again, Buried, Done
from tests.runtime.jobs.log_keeping import logs_kept, messages, says
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, jobs_of, open_bench


@job(queue=WORK, name="ping", timeout=seconds(5), attempts=3, backoff=fixed(60), durable=False)
def ping(ctx: JobContext, args: Play) -> object:
    """May be lost with Redis."""
    return ctx.resource(Stage).perform(ctx, args)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """A bench that also knows `ping`."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url)
    jobs.catalogue.jobs["ping"] = ping
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def test_it_runs_without_a_row_and_leaves_nothing(bench: Bench) -> None:
    submitted = submit(bench.jobs, ping, Play(number=7))

    outcomes = bench.run()
    bench.write_history()
    bench.settle()

    assert outcomes == [Done(b'{"number":7}')]
    assert bench.sql("SELECT count(*) FROM job") == [(0,)]
    assert bench.sql("SELECT count(*) FROM attempt") == [(0,)]
    assert bench.entry(submitted.id) is None


def test_it_leaves_no_events_and_no_lines(bench: Bench) -> None:
    with logs_kept(bench):
        bench.stage.act = says("nowhere to look for it")
        submitted = submit(bench.jobs, ping, Play(number=7))
        bench.run()
        bench.write_history()

        assert messages(bench, submitted.id) == []
        assert bench.sql("SELECT count(*) FROM job_event") == [(0,)]
        assert bench.sql("SELECT count(*) FROM job_log") == [(0,)]


def test_a_reconciler_leaves_it_alone(bench: Bench) -> None:
    submit(bench.jobs, ping, Play(number=7))

    reconcile_once(bench.jobs)

    assert bench.run() == [Done(b'{"number":7}')]


def test_a_failed_one_is_tried_again(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> int:
        if ctx.attempt == 1:
            raise ValueError("not yet")
        return args.number

    bench.stage.act = act
    submit(bench.jobs, ping, Play(number=7))

    bench.run()
    bench.make_due()

    assert bench.run() == [Done(b"7")]


def test_a_crashed_one_runs_again(bench: Bench) -> None:
    submit(bench.jobs, ping, Play(number=7))
    bench.claim()
    bench.expire_leases()
    reap_once(bench.jobs)

    assert bench.run() == [Done(b'{"number":7}')]


def test_a_dead_one_leaves_after_it_was_settled(bench: Bench) -> None:
    def act(_ctx: JobContext, _args: Play) -> None:
        raise ValueError("always")

    bench.stage.act = act
    submitted = submit(bench.jobs, ping, Play(number=7))

    for _ in range(3):
        bench.make_due()
        bench.run()
    bench.settle()

    assert len(bench.stage.runs) == 3
    assert bench.entry(submitted.id) is None


def test_one_that_joined_a_transaction_is_pushed_with_its_commit_only(bench: Bench) -> None:
    with suppress(ZeroDivisionError), bench.jobs.database.unit_of_work() as work:
        submit(bench.jobs, ping, Play(number=1), within=work)
        raise ZeroDivisionError
    with bench.jobs.database.unit_of_work() as work:
        submit(bench.jobs, ping, Play(number=2), within=work)
        early = bench.claim()

    assert early == ()
    assert bench.run() == [Done(b'{"number":2}')]


def test_many_are_pushed_in_order(bench: Bench) -> None:
    submit_many(bench.jobs, ping, [Play(number=number) for number in range(1200)])

    while bench.run():
        pass

    assert bench.stage.numbers == list(range(1200))


def test_one_with_a_final_transaction_commits_it_or_says_why_not(bench: Bench) -> None:
    """It has no row that could be completed in the same transaction."""

    def act(ctx: JobContext, args: Play) -> None:
        with ctx.unit_of_work() as work:
            work.connection.exec_driver_sql(f"INSERT INTO effect VALUES ({args.number})")

    bench.stage.act = act
    submit(bench.jobs, ping, Play(number=7))

    (outcome,) = bench.run()

    assert isinstance(outcome, Done | Buried | Again)
    assert isinstance(outcome, Done) == (bench.effects() == [7])
