"""GetJob's overlay: the live entry over the row, never a final state that was not, and the row alone without Redis."""

from typing import Any

import pytest

from shared.db import Database
from shared.jobs import Cancel, JobContext, Snooze, Unrecoverable, seconds
from shared.jobs.live import get_job
from shared.jobs.queue_counts import read_counts
from shared.jobs.states import State
from tests.runtime.jobs.sample import NAME, Bench, Play, jobs_of, open_bench
from tools.stores import temporary_valkey


def seen(bench: Bench, job_id: str) -> Any:
    return get_job(bench.jobs, job_id)


def raising(error: Exception) -> Any:
    def act(_ctx: JobContext, _args: Play) -> None:
        raise error

    return act


def test_an_unknown_job_is_none(bench: Bench) -> None:
    assert seen(bench, "6f2c6a2e-6d1c-5d5b-9e0a-2c8a7c1e4b10") is None


def test_a_running_job_shows_its_progress_before_history_is_written(bench: Bench) -> None:
    looks: list[Any] = []

    def act(ctx: JobContext, _args: Play) -> None:
        ctx.progress(1, 4, "pages")
        looks.append(seen(bench, ctx.id))

    bench.stage.act = act
    bench.submit(1)
    bench.run()

    (look,) = looks
    assert (look.state, look.attempts_made) == (State.RUNNING, 1)
    assert look.progress.items() >= {"done": 1, "total": 4, "note": "pages"}.items()  # and an estimate, if time passed
    assert look.started_at is not None
    assert look.finished_at is None


@pytest.mark.parametrize(
    ("error", "state", "reason", "made"),
    [(ValueError("failed"), State.RETRYING, "", 1), (Snooze(seconds(9)), State.SCHEDULED, "snoozed", 0)],
)
def test_a_waiting_job_shows_its_state_and_next_time(
    bench: Bench, error: Exception, state: State, reason: str, made: int
) -> None:
    bench.stage.act = raising(error)
    job = bench.submit(1)
    bench.run()

    look = seen(bench, job.id)

    assert (look.state, look.wait_reason, look.attempts_made) == (state, reason, made)
    assert look.scheduled_for > look.started_at


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (lambda _ctx, _args: {"price": 1}, State.COMPLETED),
        (raising(Unrecoverable("gone")), State.DEAD),
        (raising(Cancel("not wanted")), State.CANCELLED),
    ],
)
def test_an_ended_job_shows_the_same_before_and_after_it_is_settled(bench: Bench, act: Any, state: State) -> None:
    bench.stage.act = act
    job = bench.submit(1)
    bench.run()

    before = seen(bench, job.id)
    bench.settle()
    after = seen(bench, job.id)

    assert before.state is state
    assert before == after


def test_a_final_row_has_the_last_word_over_any_entry(bench: Bench) -> None:
    job = bench.submit(1)
    bench.claim()
    bench.cancel(job.id)

    assert seen(bench, job.id).state is State.CANCELLED


def test_an_entry_of_another_generation_is_not_shown(bench: Bench) -> None:
    job = bench.submit(1)
    bench.claim()
    bench.sql("UPDATE job SET generation = 2")

    assert seen(bench, job.id).state is State.QUEUED


def test_without_redis_the_row_alone_is_answered(empty_url: str) -> None:
    with temporary_valkey() as server:
        bench = open_bench(jobs_of(Database(empty_url, NAME), server.url()))
        job = bench.submit(1)
        server.stop()

        assert seen(bench, job.id).state is State.QUEUED
        bench.redis.close()
        bench.jobs.database.close()


def test_counts_follow_every_state(bench: Bench) -> None:
    bench.stage.act = raising(ValueError("failed"))
    bench.submit(1)
    bench.run()
    bench.stage.act = lambda _ctx, _args: None
    bench.submit(2)
    bench.run()
    for number in range(3):
        bench.submit(number)
    bench.claim(1)

    work = {counts.queue: counts for counts in read_counts(bench.jobs)}["work"]

    assert (work.queued, work.running, work.retrying, work.scheduled) == (2, 1, 1, 0)
    assert (work.started, work.completed, work.retried, work.dead) == (3, 1, 1, 0)
    assert work.oldest_queued_ms >= 0
