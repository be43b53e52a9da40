"""Queue time-to-live, deadline and silence: whatever is over ends by the stores' clocks, whoever is there to see it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from shared import clock
from shared.db import Database
from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.jobs import JobContext, Snooze, Times, fixed, job, minutes, seconds, submit, submit_many
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs.admission import prepare
from shared.jobs.control.queue_edits import pause
from shared.jobs.control.requeues import requeue
from shared.jobs.ledger import ledger
from shared.jobs.maintenance.expiry import expire_once, seconds_to_next
from shared.jobs.outcomes import Again, Buried, Expired, Reason
from shared.jobs.states import State
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, at_work, jobs_of, open_bench
from tests.runtime.jobs.waiting import eventually


@job(queue=WORK, name="play-soon", timeout=seconds(30), attempts=3, backoff=fixed(60),
     times=Times(queue_ttl=minutes(5), deadline=minutes(10)))  # fmt: skip
def play_soon(ctx: JobContext, args: Play) -> Any:
    """Begins within five minutes and ends within ten, or not at all."""
    return ctx.resource(Stage).perform(ctx, args)


@job(queue=WORK, name="play-talk", timeout=seconds(30), attempts=1, times=Times(stale_after=seconds(0.2)))
def play_talk(ctx: JobContext, args: Play) -> Any:
    """Says something five times a second."""
    return ctx.resource(Stage).perform(ctx, args)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with jobs that have little time."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=(play_soon, play_talk))
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def let_pass(bench: Bench, *, minutes: int) -> None:
    """So much of every job's time is over."""
    passed = f"interval '{minutes} minutes'"
    bench.sql(
        f"UPDATE job_limit SET expires_at = expires_at - {passed}, deadline_at = deadline_at - {passed}, "
        f"look_at = look_at - {passed}"
    )


def limits(bench: Bench) -> int:
    return int(bench.sql("SELECT count(*) FROM job_limit")[0][0])


def test_what_did_not_begin_in_time_is_expired_wherever_it_waits_and_nobody_runs_it(bench: Bench) -> None:
    many = submit_many(bench.jobs, play_soon, [Play(number=n) for n in range(3)])
    pause(bench.jobs, WORK.name)

    assert not expire_once(bench.jobs)
    let_pass(bench, minutes=6)
    expire_once(bench.jobs)

    assert [bench.row(each.id).state for each in many] == [State.EXPIRED] * 3
    assert [bench.state(each.id) for each in many] == ["", "", ""]
    assert bench.kinds(many[0].id)[-1] == "expired"
    error = bench.row(many[0].id).error
    assert error is not None
    assert error["reason"] == "queue_ttl"
    assert limits(bench) == 0


@pytest.mark.parametrize(("passed", "reason"), [(6, "queue_ttl"), (11, "deadline")])
def test_who_takes_a_job_too_late_does_not_begin_it(passed: int, reason: str, bench: Bench) -> None:
    late = submit(bench.jobs, play_soon, Play())
    let_pass(bench, minutes=passed)

    (outcome,) = bench.run()
    bench.settle()
    bench.write_history()

    assert isinstance(outcome, Expired)
    assert bench.stage.runs == []
    row = bench.row(late.id)
    assert (row.state, row.attempts_made, (row.error or {})["reason"]) == (State.EXPIRED, 0, reason)


def test_who_takes_a_job_that_a_scheduler_has_just_ended_does_not_begin_it(bench: Bench) -> None:
    job = submit(bench.jobs, play_soon, Play())
    claimed = bench.claim()[0]
    bench.sql("UPDATE job SET state = 'expired', finished_at = clock_timestamp() WHERE id = :id", id=job.id)
    bench.sql("DELETE FROM job_limit")  # with the end, in one transaction

    bench.attempt(claimed)

    assert bench.stage.runs == []
    assert bench.row(job.id).state is State.EXPIRED
    assert bench.state(job.id) == ""


def test_a_job_that_is_due_later_has_its_time_from_then_on(bench: Bench) -> None:
    later = submit(bench.jobs, play_soon, Play(), scheduled_for=bench.jobs.from_now(minutes(30)))
    let_pass(bench, minutes=20)
    expire_once(bench.jobs)

    assert bench.row(later.id).state is State.SCHEDULED


def test_one_that_was_sent_to_wait_has_its_time_anew_when_it_is_due(bench: Bench) -> None:
    def act(_ctx: JobContext, _args: Play) -> Any:
        raise Snooze(minutes(4))

    bench.stage.act = act
    waiting = submit(bench.jobs, play_soon, Play())
    bench.run()
    let_pass(bench, minutes=6)
    expire_once(bench.jobs)
    bench.write_history()

    assert bench.row(waiting.id).state is State.SCHEDULED
    assert bench.sql("SELECT expires_at > now() FROM job_limit") == [(True,)]


@pytest.mark.parametrize("passed", [6, 11])
def test_a_running_job_is_ended_by_its_worker_alone(bench: Bench, passed: int) -> None:
    running = submit(bench.jobs, play_soon, Play())
    bench.claim()
    let_pass(bench, minutes=passed)

    expire_once(bench.jobs)

    assert bench.state(running.id) == "running"
    assert bench.row(running.id).finished_at is None


def test_a_job_of_a_schedule_has_its_time_as_well(bench: Bench) -> None:
    with bench.jobs.database.unit_of_work() as work:
        ledger.open_jobs(work, [prepare(bench.jobs.catalogue, play_soon, Play())])

    assert limits(bench) == 1


def test_a_deadline_counts_all_attempts_and_the_waits_between_them(bench: Bench) -> None:
    def act(_ctx: JobContext, _args: Play) -> Any:
        raise RuntimeError("again")

    bench.stage.act = act
    failing = submit(bench.jobs, play_soon, Play())
    assert isinstance(bench.run()[0], Again)
    let_pass(bench, minutes=11)
    expire_once(bench.jobs)
    bench.write_history()

    row = bench.row(failing.id)
    assert row.error is not None
    assert (row.state, row.error["reason"]) == (State.DEAD, "deadline")
    assert bench.kinds(failing.id)[-1] == "dead"


def test_an_attempt_that_begins_after_the_deadline_is_the_end_of_its_job(bench: Bench) -> None:
    def act(_ctx: JobContext, _args: Play) -> Any:
        raise RuntimeError("again")

    bench.stage.act = act
    submit(bench.jobs, play_soon, Play())
    bench.run()
    bench.make_due()
    let_pass(bench, minutes=11)

    (outcome,) = bench.run()

    assert isinstance(outcome, Buried)
    assert outcome.reason is Reason.DEADLINE
    assert len(bench.stage.runs) == 1


def test_a_running_attempt_ends_at_the_deadline_of_its_job_and_there_is_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)

    def act(ctx: JobContext, _args: Play) -> Any:
        while True:
            ctx.sleep(0.01)

    bench.stage.act = act
    slow = submit(bench.jobs, play_soon, Play())
    bench.sql("UPDATE job_limit SET deadline_at = now() + interval '2 seconds'")

    with at_work(bench):
        eventually(lambda: bench.state(slow.id) == "dead")
    bench.settle()

    error = bench.row(slow.id).error
    assert error is not None
    assert (error["type"], error["reason"]) == ("JobTimeout", "deadline")


@pytest.mark.parametrize("way", ["progress", "step", "cursor"])
def test_a_job_that_falls_silent_is_ended_and_one_that_talks_is_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)

    pause_of_python = threading.Event()

    def act(ctx: JobContext, args: Play) -> Any:
        started = clock.monotonic()
        cursor = ctx.cursor("page")
        said = 0
        while clock.monotonic() - started < 0.6:
            said += 1
            if args.number == 1 and way == "progress":
                ctx.progress(1)
            elif args.number == 1 and way == "step":
                ctx.step(f"page-{said}", lambda _work: None)
            elif args.number == 1:
                cursor.move(said)
            pause_of_python.wait(0.01)
        return args.number

    bench.stage.act = act
    talking, silent = (submit(bench.jobs, play_talk, Play(number=number)) for number in (1, 2))
    with at_work(bench):
        eventually(lambda: {bench.state(talking.id), bench.state(silent.id)} == {"completed", "dead"})
    bench.settle()

    error = bench.row(silent.id).error
    assert error is not None
    assert (error["type"], "stale_after" in error["message"]) == ("JobTimeout", True)


def test_a_requeued_job_has_its_time_anew(bench: Bench) -> None:
    late = submit(bench.jobs, play_soon, Play())
    let_pass(bench, minutes=6)
    expire_once(bench.jobs)

    requeue(bench.jobs, late.id)
    expire_once(bench.jobs)

    assert bench.row(late.id).state is State.QUEUED
    bench.run()
    assert len(bench.stage.runs) == 1


def test_rows_of_ended_jobs_go_and_the_loop_knows_when_to_look_next(bench: Bench) -> None:
    submit(bench.jobs, play_soon, Play())
    bench.run()
    bench.settle()
    let_pass(bench, minutes=6)
    expire_once(bench.jobs)

    assert limits(bench) == 0
    assert 0 < seconds_to_next(bench.jobs) <= 1


def test_times_that_cannot_be_kept_are_refused() -> None:
    with pytest.raises(InvalidArgument) as caught:
        Times(queue_ttl=seconds(0))
    with pytest.raises(ConfigurationInvalid, match="durable=False"):
        job(queue=WORK, name="a", timeout=seconds(1), durable=False, times=Times(deadline=seconds(1)))

    assert caught.value.field == "queue_ttl"
