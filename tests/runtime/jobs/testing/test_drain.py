"""Drain: everything that may start runs in the caller's thread, by the real scripts, and its rows say so."""

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.errors import InvalidArgument, NotReady, UnknownQueue
from shared.jobs import Discard, JobContext, Retry, Snooze, hours, seconds, submit
from shared.jobs.queue_settings import copy_settings
from shared.jobs.states import State
from shared.jobs.testing import JobFailed, bring_forward, drain, lift_limits
from tests.runtime.jobs.sample import SIDE, WORK, Bench, Play, play, play_aside


def fail(_ctx: JobContext, args: Play) -> Any:
    raise ValueError(f"number {args.number} is wrong")


def test_everything_ready_runs_and_every_row_says_how_it_ended(bench: Bench) -> None:
    jobs = [bench.submit(1), submit(bench.jobs, play_aside, Play(number=2))]

    drained = drain(bench.runtime)

    assert drained.counts == {"completed": 2}
    assert {ran.name for ran in drained.ran} == {"play", "play-aside"}
    assert [bench.row(job.id).state for job in jobs] == [State.COMPLETED] * 2
    assert bench.sql("SELECT outcome FROM attempt") == [("completed",)] * 2


def test_one_queue_leaves_the_others_alone(bench: Bench) -> None:
    job, other = bench.submit(1), submit(bench.jobs, play_aside, Play(number=2))

    drain(bench.runtime, SIDE.name)

    assert (bench.state(job.id), bench.row(other.id).state) == ("queued", State.COMPLETED)


def test_what_a_job_submits_runs_as_well(bench: Bench) -> None:
    def with_a_child(ctx: JobContext, args: Play) -> None:
        if args.number < 3:
            ctx.submit(play, Play(number=args.number + 1), key="next")

    bench.stage.act = with_a_child
    bench.submit(1)

    assert drain(bench.runtime).counts == {"completed": 3}
    assert bench.stage.numbers == [1, 2, 3]


def test_at_most_limit_attempts_run(bench: Bench) -> None:
    for number in range(5):
        bench.submit(number)

    assert len(drain(bench.runtime, limit=2).ran) == 2
    assert len(drain(bench.runtime).ran) == 3


def test_a_failure_is_an_outcome_and_its_retry_waits(bench: Bench) -> None:
    bench.stage.act = fail
    job = bench.submit(1)

    drained = drain(bench.runtime)

    row = bench.row(job.id)
    assert drained.counts == {"retrying": 1}
    assert row.error is not None
    assert (row.state, row.error["type"]) == (State.RETRYING, "ValueError")


def test_what_is_due_later_runs_when_asked_for_and_so_do_retries(bench: Bench) -> None:
    bench.stage.act = fail
    job = bench.submit(1, scheduled_for=clock.now() + hours(48))

    assert drain(bench.runtime).counts == {}
    assert drain(bench.runtime, with_scheduled=True).counts == {"retrying": 2, "dead": 1}
    assert bench.row(job.id).state is State.DEAD


def test_only_what_is_due_until_an_instant_runs(bench: Bench) -> None:
    now = clock.now()
    for ahead in (1, 3, 30):
        bench.submit(ahead, scheduled_for=now + hours(ahead) - seconds(1))

    drain(bench.runtime, with_scheduled=now + hours(3))

    assert bench.stage.numbers == [1, 3]


def test_an_endless_snooze_ends_at_the_limit(bench: Bench) -> None:
    def snooze(_ctx: JobContext, _args: Play) -> None:
        raise Snooze(hours(1))

    bench.stage.act = snooze
    bench.submit(1)

    assert drain(bench.runtime, with_scheduled=True, limit=4).counts == {"scheduled": 4}


def test_an_error_is_raised_when_asked_for_after_its_outcome_is_written(bench: Bench) -> None:
    bench.stage.act = fail
    job = bench.submit(7)

    with pytest.raises(JobFailed, match="ValueError: number 7 is wrong") as caught:
        drain(bench.runtime, raise_errors=True)

    assert caught.value.ran.id == job.id
    assert "in fail" in str(caught.value)
    assert bench.row(job.id).state is State.RETRYING


def test_verdicts_that_are_no_failures_are_not_raised(bench: Bench) -> None:
    verdicts = iter([Snooze(seconds(1)), Discard("void"), Retry(seconds(1))])

    def act(_ctx: JobContext, _args: Play) -> None:
        raise next(verdicts)

    bench.stage.act = act
    for number in range(3):
        bench.submit(number)

    with pytest.raises(JobFailed, match="Retry"):
        drain(bench.runtime, raise_errors=True)
    assert len(bench.stage.runs) == 3


def test_gates_hold_until_they_are_lifted(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET rate = 1, window_ms = 60000, version = version + 1")
    copy_settings(bench.jobs)
    for number in range(3):
        bench.submit(number)

    assert len(drain(bench.runtime).ran) == 1
    lift_limits(bench.runtime)
    assert len(drain(bench.runtime).ran) == 2


def test_a_pause_outlives_the_lifting_of_limits(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET is_paused = TRUE, version = version + 1")
    lift_limits(bench.runtime)
    bench.submit(1)

    assert drain(bench.runtime).counts == {}


def test_an_unknown_queue_is_refused_with_the_known_ones(bench: Bench) -> None:
    with pytest.raises(UnknownQueue, match="allowed: side, work"):
        drain(bench.runtime, "wrok")


def test_an_index_that_is_not_reconciled_is_said(bench: Bench) -> None:
    bench.redis.flushdb()

    with pytest.raises(NotReady, match="reconcile_once"):
        drain(bench.runtime)


def test_bringing_forward_changes_no_row_and_counts_each_job_once(bench: Bench) -> None:
    later = clock.now() + timedelta(minutes=5)
    job = bench.submit(1, scheduled_for=later)

    assert (bring_forward(bench.jobs, [WORK.name]), bring_forward(bench.jobs)) == (1, 0)
    assert bench.row(job.id).scheduled_for == later


def test_an_instant_without_a_zone_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidArgument, match="time zone"):
        drain(bench.runtime, with_scheduled=clock.now().replace(tzinfo=None))
