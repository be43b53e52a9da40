"""Inline mode: a submission returns after its job has run, and never before its commit."""

from shared import clock
from shared.jobs import JobContext, hours, submit, submit_many
from shared.jobs.states import State
from shared.jobs.testing import inline
from tests.runtime.jobs.sample import Bench, Play, play, write_effect
from tests.runtime.jobs.testing.test_drain import fail


def test_a_job_has_run_when_its_submission_returns(bench: Bench) -> None:
    with inline(bench.runtime) as inlined:
        job = bench.submit(7)
        numbers = bench.stage.numbers

    assert numbers == [7]
    assert inlined.drained.counts == {"completed": 1}
    assert bench.row(job.id).state is State.COMPLETED


def test_a_job_of_a_transaction_runs_after_its_commit(bench: Bench) -> None:
    with inline(bench.runtime):
        with bench.jobs.database.unit_of_work() as work:
            submit(bench.jobs, play, Play(number=7), within=work)
            before = bench.stage.numbers
        after = bench.stage.numbers

    assert (before, after) == ([], [7])


def test_a_job_of_a_transaction_that_rolls_back_never_runs(bench: Bench) -> None:
    with inline(bench.runtime) as inlined:
        work = bench.jobs.database.begin()
        submit(bench.jobs, play, Play(number=7), within=work)
        work.rollback()
        bench.submit(8)

    assert bench.stage.numbers == [8]
    assert len(inlined.drained.ran) == 1


def test_children_run_after_their_parent_has_ended(bench: Bench) -> None:
    seen: list[tuple[int, list[int]]] = []

    def act(ctx: JobContext, args: Play) -> None:
        with ctx.unit_of_work() as work:
            if args.number == 1:
                ctx.submit(play, Play(number=2), key="child")
            seen.append((args.number, bench.effects()))
            write_effect(work, args.number)

    bench.stage.act = act
    with inline(bench.runtime):
        bench.submit(1)

    assert seen == [(1, []), (2, [1])]


def test_a_failing_job_does_not_fail_its_submission(bench: Bench) -> None:
    bench.stage.act = fail
    with inline(bench.runtime) as inlined:
        bench.submit(1)

    assert inlined.drained.counts == {"retrying": 1}


def test_jobs_due_later_wait_and_bulk_submissions_run(bench: Bench) -> None:
    with inline(bench.runtime):
        bench.submit(9, scheduled_for=clock.now() + hours(0.5))
        submit_many(bench.jobs, play, [Play(number=number) for number in range(3)])

    assert bench.stage.numbers == [0, 1, 2]


def test_after_the_block_submissions_wait_for_a_worker_again(bench: Bench) -> None:
    scripts = bench.jobs.scripts
    with inline(bench.runtime):
        pass
    bench.submit(1)

    assert bench.jobs.scripts is scripts
    assert bench.stage.runs == []
