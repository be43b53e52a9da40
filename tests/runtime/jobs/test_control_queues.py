"""What people may ask of a queue: pause, limits, drain, clean; each bounded, each in PostgreSQL first."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.errors import InvalidArgument, StoreUnavailable, UnknownQueue
from shared.jobs import Queue, submit_many
from shared.jobs.control.drains import drain
from shared.jobs.control.queue_edits import Limits, edit, pause, resume
from shared.jobs.control.removals import Cleaned, clean
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.queue_settings import declare, read
from shared.jobs.scripts import Push, Scripts
from shared.jobs.slots import watch_slots
from shared.jobs.states import State
from tests.runtime.jobs.kept_entries import present
from tests.runtime.jobs.sample import WORK, Bench, Play, at_work, hold_until, play
from tests.runtime.jobs.waiting import eventually

EVERY = (State.QUEUED, State.SCHEDULED, State.RETRYING)
HOUR = timedelta(hours=1)


def broken(*_: object, **__: object) -> bool:
    raise StoreUnavailable("Redis does not answer")


def push_rowless(bench: Bench, *names: str) -> None:
    """Jobs with durable=False: the index alone knows of them."""
    pushes = [Push(name, 1, "work", "play", 3, 0, 3, 1000, "{}", is_durable=False) for name in names]
    bench.jobs.scripts.enqueue(pushes, deadline_ms=0)


def test_a_paused_queue_starts_nothing_until_it_is_resumed(bench: Bench) -> None:
    bench.submit(1)

    paused = pause(bench.jobs, "work")
    again = pause(bench.jobs, "work")
    while_paused = bench.claim()
    resume(bench.jobs, "work")

    assert (paused.is_paused, again.version, while_paused, len(bench.claim())) == (True, paused.version, (), 1)


def test_a_pause_with_an_end_is_over_by_itself_and_may_be_ended_sooner(bench: Bench) -> None:
    bench.submit(1)
    bench.submit(2)

    long = pause(bench.jobs, "work", until=clock.now() + HOUR)
    while_paused = bench.claim()
    resume(bench.jobs, "work")
    after = bench.claim(1)
    pause(bench.jobs, "work", until=clock.now() + timedelta(milliseconds=50))

    assert (long.is_paused_now, while_paused, len(after)) == (True, (), 1)
    eventually(lambda: len(bench.claim()) == 1)
    with bench.jobs.database.unit_of_work() as work:
        assert [setting.is_paused_now for setting in read(work) if setting.queue == "work"] == [False]


@pytest.mark.parametrize("ahead", [timedelta(seconds=-1), timedelta(days=400)])
def test_a_pause_whose_end_is_no_time_ahead_is_refused(bench: Bench, ahead: timedelta) -> None:
    with pytest.raises(InvalidArgument) as refused:
        pause(bench.jobs, "work", until=clock.now() + ahead)

    assert refused.value.field == "until"
    assert bench.redis.hget(bench.jobs.scripts.keys.of_queue("work", "conf"), "paused") in (None, b"0")


def test_a_pause_takes_no_other_setting_along(bench: Bench) -> None:
    with bench.jobs.database.unit_of_work() as work:
        declare(work, (Queue("work", slots=4, group_max_running=2, age=timedelta(seconds=7)),))

    pause(bench.jobs, "work")

    conf = bench.jobs.scripts.keys.of_queue("work", "conf")
    assert bench.redis.hmget(conf, "group_max", "age_ms") == [b"2", b"7000"]


def test_a_worker_starts_what_waits_as_soon_as_its_queue_is_resumed(bench: Bench) -> None:
    pause(bench.jobs, "work")
    with at_work(bench):
        job_id = bench.submit(1).id
        resume(bench.jobs, "work")
        eventually(lambda: bench.stage.runs, within=4)  # it would block for 5 s if nobody woke it

    assert bench.stage.runs[0][0] == job_id


def test_a_pause_that_the_index_has_not_got_is_not_acknowledged_but_not_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.submit(1)
    with monkeypatch.context() as patched:
        patched.setattr(Scripts, "configure", broken)
        with pytest.raises(StoreUnavailable):
            pause(bench.jobs, "work")
    reconcile_once(bench.jobs)

    assert bench.claim() == ()


def test_a_pause_outlives_the_index_and_the_boot(bench: Bench) -> None:
    bench.submit(1)
    pause(bench.jobs, "work")

    bench.redis.flushdb()
    with bench.jobs.database.unit_of_work() as work:
        declare(work, (WORK,))
    reconcile_once(bench.jobs)

    assert bench.claim() == ()


def test_limits_hold_at_once_and_boot_leaves_them_alone(bench: Bench) -> None:
    submit_many(bench.jobs, play, [Play()] * 10)

    limited = edit(bench.jobs, "work", Limits(max_running=2, rate=7, slots=9))
    started = len(bench.claim())
    with bench.jobs.database.unit_of_work() as work:
        declare(work, (WORK,))
        [kept] = [setting for setting in read(work) if setting.queue == "work"]

    assert started == 2
    assert kept == limited
    assert (kept.slots, kept.max_running, kept.rate, kept.window_ms) == (9, 2, 7, 60_000)


def test_a_limit_is_taken_away_by_0_and_a_reset_follows_the_code_again(bench: Bench) -> None:
    edit(bench.jobs, "work", Limits(max_running=2, rate=7))
    without = edit(bench.jobs, "work", Limits(max_running=0, rate=0))
    edit(bench.jobs, "work", Limits(slots=50))
    reset = edit(bench.jobs, "work", Limits(is_reset=True))

    assert (without.max_running, without.rate, without.window_ms) == (0, 0, 0)
    assert (reset.slots, reset.version) == (WORK.slots, without.version + 2)
    assert bench.sql("SELECT is_edited FROM queue_setting WHERE queue = 'work'") == [(False,)]


def test_a_queue_no_scheduler_has_declared_yet_can_be_paused(bench: Bench) -> None:
    bench.sql("DELETE FROM queue_setting")

    assert pause(bench.jobs, "work").slots == WORK.slots
    assert bench.sql("SELECT queue, is_paused, is_edited FROM queue_setting") == [("work", True, False)]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Limits(), "settings"),
        (Limits(slots=0), "slots"),
        (Limits(slots=1001), "slots"),
        (Limits(max_running=-1), "max_running"),
        (Limits(rate=-1), "rate_limit"),
        (Limits(rate=10_001), "rate_limit"),
        (Limits(rate=1, window_ms=99), "rate_window_ms"),
        (Limits(window_ms=1000), "rate_window_ms"),
        (Limits(group_max_running=-1), "group_max_running"),
        (Limits(group_max_running=100_001), "group_max_running"),
        (Limits(age_ms=-1), "age_ms"),
        (Limits(age_ms=366 * 86_400_000 + 1), "age_ms"),
        (Limits(slots=1, is_reset=True), "reset"),
    ],
)
def test_a_bad_limit_names_the_field_and_changes_nothing(bench: Bench, wanted: Limits, field: str) -> None:
    before = bench.sql("SELECT * FROM queue_setting ORDER BY queue")

    with pytest.raises(InvalidArgument) as caught:
        edit(bench.jobs, "work", wanted)

    assert caught.value.field == field
    assert bench.sql("SELECT * FROM queue_setting ORDER BY queue") == before


def test_a_worker_takes_on_as_many_at_once_as_its_queue_says_now(bench: Bench) -> None:
    released = threading.Event()
    bench.stage.act = hold_until(released)
    with at_work(bench, slots={"work": 1}) as worker:
        submit_many(bench.jobs, play, [Play()] * 5)
        eventually(lambda: len(bench.stage.runs) == 1)
        edit(bench.jobs, "work", Limits(slots=3))
        watch = watch_slots(worker)
        watch.start()
        eventually(lambda: len(bench.stage.runs) == 3)
        watch.request_stop()
        released.set()
        eventually(lambda: len(bench.stage.runs) == 5)


def test_a_drain_cancels_what_waits_and_leaves_what_runs(bench: Bench) -> None:
    running = bench.submit(0).id
    bench.claim()
    waiting = [bench.submit(number).id for number in (1, 2)]
    later = bench.submit(3, scheduled_for=clock.now() + HOUR / 2).id

    preview = drain(bench.jobs, "work", reason="", is_dry=True)
    drained = drain(bench.jobs, "work", reason="flood")

    assert (preview.jobs, drained.jobs, drained.has_more) == (3, 2, False)
    assert [bench.row(job_id).state for job_id in (*waiting, later)] == ["cancelled", "cancelled", "scheduled"]
    assert (bench.row(waiting[0]).error or {})["message"] == "drained: flood"
    assert (bench.state(running), bench.claim(), present(bench.scripts, running).doomed) == ("running", (), 0)


def test_a_drain_of_every_waiting_state_empties_the_queue(bench: Bench) -> None:
    for number in range(3):
        bench.submit(number, scheduled_for=clock.now() + HOUR / 2 if number else None)

    assert drain(bench.jobs, "work", reason="flood", states=EVERY).jobs == 3
    bench.make_due()
    assert bench.claim() == ()


def test_a_drain_takes_no_more_than_its_limit_oldest_first(bench: Bench) -> None:
    ids = [job.id for job in submit_many(bench.jobs, play, [Play()] * 5)]

    drained = drain(bench.jobs, "work", reason="flood", limit=2)

    assert (drained.jobs, drained.has_more) == (2, True)
    assert [bench.row(job_id).state for job_id in ids] == ["cancelled"] * 2 + ["queued"] * 3


def test_jobs_without_a_row_are_drained_with_the_others(bench: Bench) -> None:
    bench.submit(1)
    push_rowless(bench, "m", "n")

    preview = drain(bench.jobs, "work", reason="", is_dry=True)
    drained = drain(bench.jobs, "work", reason="flood")

    assert (preview.jobs, drained.jobs, bench.claim()) == (3, 3, ())


def test_a_drain_wider_than_its_batches_leaves_nothing(bench: Bench) -> None:
    submit_many(bench.jobs, play, [Play()] * 1_100)

    assert drain(bench.jobs, "work", reason="flood").jobs == 1_100
    assert bench.claim() == ()


def test_clean_deletes_what_ended_long_ago_and_nothing_else(bench: Bench) -> None:
    for number in range(3):
        bench.submit(number)
    bench.run()
    bench.settle()
    live = bench.submit(9).id
    bench.sql("UPDATE job SET finished_at = finished_at - interval '2 hours' WHERE args->>'number' IN ('0', '1')")

    preview = clean(bench.jobs, "work", State.COMPLETED, older_than=HOUR, is_dry=True)
    first = clean(bench.jobs, "work", State.COMPLETED, older_than=HOUR, limit=1)
    rest = clean(bench.jobs, "work", State.COMPLETED, older_than=HOUR)

    assert (preview, first, rest) == (Cleaned(2, False), Cleaned(1, True), Cleaned(1, False))
    assert bench.sql("SELECT args->>'number' FROM job ORDER BY seq") == [("2",), ("9",)]
    assert bench.row(live).state == "queued"


@pytest.mark.parametrize(
    ("call", "kind", "field"),
    [
        (lambda jobs: pause(jobs, "wrok"), UnknownQueue, "queue"),
        (lambda jobs: resume(jobs, "wrok"), UnknownQueue, "queue"),
        (lambda jobs: edit(jobs, "wrok", Limits(slots=1)), UnknownQueue, "queue"),
        (lambda jobs: drain(jobs, "wrok", reason="r"), UnknownQueue, "queue"),
        (lambda jobs: drain(jobs, "work", reason=" "), InvalidArgument, "reason"),
        (lambda jobs: drain(jobs, "work", reason="r", states=[State.RUNNING]), InvalidArgument, "states"),
        (lambda jobs: drain(jobs, "work", reason="r", limit=10_001), InvalidArgument, "limit"),
        (lambda jobs: clean(jobs, "wrok", State.DEAD, older_than=HOUR), UnknownQueue, "queue"),
        (lambda jobs: clean(jobs, "work", State.QUEUED, older_than=HOUR), InvalidArgument, "state"),
        (lambda jobs: clean(jobs, "work", State.DEAD, older_than=-HOUR), InvalidArgument, "older_than_ms"),
        (lambda jobs: clean(jobs, "work", State.DEAD, older_than=HOUR, limit=0), InvalidArgument, "limit"),
    ],
)
def test_a_bad_request_names_the_field_and_does_nothing(
    bench: Bench, call: Callable[[Any], object], kind: type[InvalidArgument], field: str
) -> None:
    bench.submit(1)

    with pytest.raises(kind) as caught:
        call(bench.jobs)

    assert caught.value.field == field
    assert bench.sql("SELECT state FROM job") == [("queued",)]
