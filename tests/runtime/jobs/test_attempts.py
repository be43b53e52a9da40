"""One attempt through a real claim: what each way of ending does to the entry, the row and the number of attempts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import InvalidArgument, LockHeld, StoreUnavailable, UpstreamRateLimited
from shared.jobs import Cancel, Discard, JobContext, RateLimited, Retry, Snooze, Unrecoverable, seconds
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.outcomes import Again, Buried, Cancelled, Done, Lost, Obsolete, Reason
from shared.jobs.states import State
from tests.runtime.jobs.kept_entries import present
from tests.runtime.jobs.sample import Bench, Play


def raising(error: BaseException) -> Callable[[JobContext, Play], Any]:
    def act(_ctx: JobContext, _args: Play) -> Any:
        raise error

    return act


def test_a_result_is_stored_in_the_row(bench: Bench) -> None:
    job = bench.submit(7)

    outcomes = bench.run()
    bench.settle()

    row = bench.row(job.id)
    assert outcomes == [Done(b'{"number":7}')]
    assert (row.state, row.result, row.attempts_made, row.error) == (State.COMPLETED, {"number": 7}, 1, None)
    assert row.started_at is not None
    assert row.finished_at is not None
    assert bench.entry(job.id) is None


def test_a_failed_attempt_waits_for_its_backoff_with_its_error(bench: Bench) -> None:
    bench.stage.act = raising(ValueError("no such coin"))
    job = bench.submit()

    (outcome,) = bench.run()
    bench.write_history()

    row = bench.row(job.id)
    assert isinstance(outcome, Again)
    assert (outcome.delay, outcome.counts) == (seconds(60), True)
    assert bench.state(job.id) == "retrying"
    assert (row.state, row.attempts_made) == (State.RETRYING, 1)
    assert row.error is not None
    assert (row.error["type"], row.error["message"]) == ("ValueError", "no such coin")


def test_a_job_whose_attempts_are_exhausted_is_dead_with_its_traceback_and_arguments(bench: Bench) -> None:
    bench.stage.act = raising(ValueError("no such coin"))
    job = bench.submit(7)

    for _ in range(3):
        bench.make_due()
        bench.run()
    bench.settle()

    row = bench.row(job.id)
    assert [attempt for _, attempt, _ in bench.stage.runs] == [1, 2, 3]
    assert (row.state, row.attempts_made, row.args["number"]) == (State.DEAD, 3, 7)
    assert row.error is not None
    assert (row.error["type"], row.error["reason"]) == ("ValueError", "exhausted")
    assert "in act" in row.error["traceback"]


@pytest.mark.parametrize(
    "error", [Unrecoverable("the wallet is gone"), InvalidArgument("no such coin", field="coin_id")]
)
def test_an_error_that_no_retry_cures_buries_the_job_at_once(bench: Bench, error: Exception) -> None:
    bench.stage.act = raising(error)
    job = bench.submit()

    (outcome,) = bench.run()
    bench.settle()

    row = bench.row(job.id)
    assert isinstance(outcome, Buried)
    assert (row.state, row.attempts_made) == (State.DEAD, 1)
    assert row.error is not None
    assert row.error["reason"] == "unrecoverable"


def test_retry_names_its_own_delay_and_costs_an_attempt(bench: Bench) -> None:
    bench.stage.act = raising(Retry(after=seconds(5)))
    job = bench.submit()

    (outcome,) = bench.run()

    assert isinstance(outcome, Again)
    assert (outcome.delay, outcome.counts) == (seconds(5), True)
    assert present(bench.scripts, job.id).attempts == 1


def test_retry_of_the_last_attempt_buries_the_job(bench: Bench) -> None:
    bench.stage.act = raising(Retry(after=seconds(5)))
    bench.submit()

    outcomes = []
    for _ in range(3):
        bench.make_due()
        outcomes += bench.run()

    assert isinstance(outcomes[-1], Buried)
    assert outcomes[-1].reason is Reason.EXHAUSTED


@pytest.mark.parametrize(
    ("error", "reason", "delay"),
    [
        (Snooze(seconds(5)), "snoozed", seconds(5)),
        (RateLimited(seconds(7)), "rate_limited", seconds(7)),
        (UpstreamRateLimited("429", retry_after=seconds(9)), "rate_limited", seconds(9)),
        (LockHeld("held"), "lock", None),
        (StoreUnavailable("away"), "store", None),
    ],
)
def test_what_only_waits_costs_no_attempt(bench: Bench, error: Exception, reason: str, delay: timedelta | None) -> None:
    bench.stage.act = raising(error)
    job = bench.submit()

    for _ in range(5):  # more often than the job has attempts
        bench.make_due()
        (outcome,) = bench.run()
        assert isinstance(outcome, Again)
        assert outcome.counts is False
        assert delay is None or outcome.delay == delay
    bench.write_history()

    row = bench.row(job.id)
    assert (row.state, row.wait_reason, row.attempts_made) == (State.SCHEDULED, reason, 0)


@pytest.mark.parametrize("error", [Cancel("not wanted"), Discard("not wanted")])
def test_a_job_that_cancels_itself_is_final_and_no_failure(bench: Bench, error: Exception) -> None:
    bench.stage.act = raising(error)
    job = bench.submit()

    (outcome,) = bench.run()
    bench.settle()

    assert outcome == Cancelled("not wanted")
    assert bench.row(job.id).state is State.CANCELLED


def test_the_job_finds_its_identity_and_limits_in_the_context(bench: Bench) -> None:
    seen: list[JobContext] = []
    bench.stage.act = lambda ctx, _args: seen.append(ctx)
    job = bench.submit()

    bench.run()

    (ctx,) = seen
    assert (ctx.id, ctx.name, ctx.queue, ctx.attempt, ctx.attempts_max) == (job.id, "play", "work", 1, 3)
    assert ctx.idempotency_key == f"{job.id}:1"
    assert ctx.tick == ctx.created_at
    assert ctx.is_cancelled is False


def test_a_job_this_worker_does_not_know_waits_for_one_that_does_and_then_is_dead(bench: Bench) -> None:
    job = bench.submit()
    known = bench.jobs.catalogue.jobs.pop("play")

    (first,) = bench.run()
    for _ in range(2):
        bench.make_due()
        (last,) = bench.run()
    bench.settle()
    bench.jobs.catalogue.jobs["play"] = known

    row = bench.row(job.id)
    assert isinstance(first, Again)
    assert isinstance(last, Buried)
    assert row.error is not None
    assert (row.state, row.error["reason"]) == (State.DEAD, "unknown_job")
    assert bench.stage.runs == []


@pytest.mark.parametrize(
    "act",
    [
        lambda _ctx, _args: None,
        raising(ValueError("failed")),
        raising(Unrecoverable("gone")),
        raising(Cancel("not wanted")),
        raising(Snooze(seconds(1))),
    ],
)
def test_the_outcome_of_a_stale_lease_is_refused_and_changes_nothing(
    bench: Bench, act: Callable[[JobContext, Play], Any]
) -> None:
    bench.stage.act = act
    job = bench.submit()
    (stale,) = bench.claim()
    bench.expire_leases()
    reap_once(bench.jobs)
    before = bench.snapshot()

    outcome = bench.attempt(stale)

    assert isinstance(outcome, Lost)
    assert bench.snapshot() == before
    assert bench.state(job.id) == "queued"


def test_a_body_does_not_run_when_the_row_is_final_already(bench: Bench) -> None:
    job = bench.submit()
    (claimed,) = bench.claim()
    bench.jobs.scripts.release(claimed.held)
    bench.cancel(job.id)

    (outcome,) = bench.run()

    assert isinstance(outcome, Obsolete)
    assert bench.stage.runs == []
    assert bench.entry(job.id) is None
    assert bench.row(job.id).state is State.CANCELLED
