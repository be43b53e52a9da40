"""ctx.unit_of_work(): domain writes and outcome are one transaction, or neither is."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.jobs import JobContext
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.outcomes import Again, Buried, Done, Obsolete, Reason
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, Play, play_aside, write_effect


def write(ctx: JobContext, args: Play) -> dict[str, int]:
    with ctx.unit_of_work() as work:
        write_effect(work, args.number)
    return {"number": args.number}


def test_a_unit_of_work_commits_the_domain_write_and_the_outcome_together(bench: Bench) -> None:
    bench.stage.act = write
    job = bench.submit(7)

    outcomes = bench.run()

    row = bench.row(job.id)  # nobody has settled: the job's own commit did it
    assert outcomes == [Done(b'{"number":7}', is_settled=True)]
    assert (row.state, row.result, row.attempts_made) == (State.COMPLETED, {"number": 7}, 1)
    assert bench.effects() == [7]
    assert bench.entry(job.id) is None
    assert bench.sql("SELECT outcome FROM attempt") == [("completed",)]


def test_nothing_is_visible_before_the_function_has_returned(bench: Bench) -> None:
    seen: list[tuple[list[int], State]] = []

    def act(ctx: JobContext, args: Play) -> None:
        write(ctx, args)
        seen.append((bench.effects(), bench.row(ctx.id).state))

    bench.stage.act = act
    bench.submit(7)

    bench.run()

    assert seen == [([], State.QUEUED)]
    assert bench.effects() == [7]


def fail_after(ctx: JobContext, args: Play) -> None:
    write(ctx, args)
    raise ValueError("after the block")


def fail_inside(ctx: JobContext, args: Play) -> None:
    with ctx.unit_of_work() as work:
        write_effect(work, args.number)
        raise ValueError("inside the block")


def return_nonsense(ctx: JobContext, args: Play) -> object:
    write(ctx, args)
    return object()


@pytest.mark.parametrize("act", [fail_after, fail_inside, return_nonsense])
def test_a_failure_after_the_write_rolls_back_both(bench: Bench, act: Callable[[JobContext, Play], Any]) -> None:
    bench.stage.act = act
    job = bench.submit(7)

    (outcome,) = bench.run()

    assert isinstance(outcome, Again | Buried)
    assert bench.effects() == []
    assert bench.row(job.id).finished_at is None


def test_a_second_unit_of_work_fails_and_rolls_the_first_back(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        write(ctx, args)
        write(ctx, args)

    bench.stage.act = act
    bench.submit(7)

    (outcome,) = bench.run()

    assert isinstance(outcome, Again)
    assert outcome.failure is not None
    assert outcome.failure.type == "RuntimeError"
    assert bench.effects() == []


def test_a_retried_job_commits_its_write_exactly_once(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        write(ctx, args)
        if ctx.attempt < 3:
            raise ValueError("not yet")

    bench.stage.act = act
    bench.submit(7)

    for _ in range(3):
        bench.make_due()
        bench.run()

    assert bench.effects() == [7]


def test_a_job_cancelled_while_it_runs_commits_nothing_and_its_entry_goes(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        bench.cancel(ctx.id)
        write(ctx, args)

    bench.stage.act = act
    job = bench.submit(7)

    (outcome,) = bench.run()

    assert isinstance(outcome, Obsolete)
    assert bench.effects() == []
    assert bench.row(job.id).state is State.CANCELLED
    assert bench.entry(job.id) is None


def test_two_attempts_of_one_job_that_both_finish_write_once(bench: Bench) -> None:
    bench.stage.act = write
    bench.submit(7)
    (frozen,) = bench.claim()
    bench.expire_leases()
    reap_once(bench.jobs)

    first = bench.run()
    late = bench.attempt(frozen)

    assert isinstance(first[0], Done)
    assert isinstance(late, Obsolete) or type(late).__name__ == "Lost"
    assert bench.effects() == [7]


def test_a_frozen_attempt_that_commits_first_leaves_its_successor_nothing_to_do(bench: Bench) -> None:
    bench.stage.act = write
    job = bench.submit(7)
    (frozen,) = bench.claim()
    bench.expire_leases()
    reap_once(bench.jobs)

    bench.attempt(frozen)
    (second,) = bench.run()

    assert isinstance(second, Obsolete)
    assert len(bench.stage.runs) == 1
    assert bench.effects() == [7]
    assert bench.row(job.id).state is State.COMPLETED


def test_a_failed_last_attempt_rolls_back_and_is_dead(bench: Bench) -> None:
    bench.stage.act = fail_after
    bench.submit(7)

    outcomes = []
    for _ in range(3):
        bench.make_due()
        outcomes += bench.run()

    assert isinstance(outcomes[-1], Buried)
    assert outcomes[-1].reason is Reason.EXHAUSTED
    assert bench.effects() == []


def test_an_entry_lost_while_its_job_commits_is_not_run_again(bench: Bench) -> None:
    bench.stage.act = write
    job = bench.submit(7)
    (claimed,) = bench.claim()
    bench.redis.flushdb()
    bench.attempt(claimed)

    reconcile_once(bench.jobs)

    assert bench.run() == []
    assert bench.row(job.id).state is State.COMPLETED
    assert bench.effects() == [7]


def test_a_child_submitted_in_the_unit_of_work_exists_only_if_it_commits(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        with ctx.unit_of_work() as work:
            write_effect(work, args.number)
            ctx.submit(play_aside, Play(number=args.number), key="child")
        if ctx.attempt == 1:
            raise ValueError("not yet")

    bench.stage.act = act
    bench.submit(7)

    bench.run()
    children_after_failure = bench.sql("SELECT id FROM job WHERE parent_id IS NOT NULL")
    bench.make_due()
    bench.run()

    assert children_after_failure == []
    assert len(bench.sql("SELECT id FROM job WHERE parent_id IS NOT NULL")) == 1
    assert len(bench.claim(queue="side")) == 1
