"""What a schedule says beside its rhythm: missed and overlapping ticks, dates, numbers, failures, jitter, the alarm."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared import metrics
from shared.jobs import (
    JobContext,
    Misfire,
    Overlap,
    Schedule,
    Unrecoverable,
    hours,
    minutes,
    put_schedule,
    seconds,
)
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.schedules import operations
from shared.jobs.schedules.declared import declare_schedules
from shared.jobs.schedules.firing import fire_once
from shared.jobs.schedules.following import follow_once
from shared.jobs.schedules.turns import seconds_to_next
from shared.jobs.schedules.watching import watch_once
from shared.jobs.testing import crash_at
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.test_schedules_declared import catalogue_with


def put(bench: Bench, *, run_now: bool = False, **change: Any) -> None:
    rhythm = {} if change.keys() & {"cron", "at"} else {"every": minutes(10)}
    with bench.jobs.database.unit_of_work() as work:
        put_schedule(work, Schedule(**({"name": "tick", "job": "play"} | rhythm | change)), run_now=run_now)


def tick(bench: Bench, ago: timedelta = timedelta(0)) -> None:
    """The schedule is due, and fired."""
    bench.sql("UPDATE schedule SET next_run_at = date_trunc('milliseconds', clock_timestamp()) - :ago", ago=ago)
    fire_once(bench.jobs)


def follow(bench: Bench) -> None:
    """What ran is recorded, and it is time to look."""
    settle_once(bench.jobs)
    bench.sql("UPDATE schedule SET check_at = clock_timestamp() WHERE check_at IS NOT NULL")
    follow_once(bench.jobs)


def outcomes(bench: Bench) -> list[tuple[str, int]]:
    return [tuple(row) for row in bench.sql("SELECT outcome, stands_for FROM schedule_tick ORDER BY tick")]


def states(bench: Bench) -> list[str]:
    return [row[0] for row in bench.sql("SELECT state FROM job ORDER BY tick")]


def standing(bench: Bench, column: str) -> Any:
    return bench.sql(f"SELECT {column} FROM schedule")[0][0]


def fail(_ctx: JobContext, _args: Play) -> None:
    raise Unrecoverable("as asked")


def test_two_weeks_of_downtime_leave_one_job_and_one_row_that_stands_for_all(bench: Bench) -> None:
    put(bench, every=seconds(5))
    tick(bench, timedelta(days=14))
    fire_once(bench.jobs)

    ((outcome, stands_for),) = outcomes(bench)
    assert outcome == "fired"
    assert stands_for in (241_920, 241_921)
    assert len(states(bench)) == 1


def test_a_missed_tick_that_is_not_run_leaves_a_row(bench: Bench) -> None:
    put(bench, cron="0 0 1 1 *", misfire=Misfire.SKIP)
    tick(bench, hours(2))

    assert outcomes(bench) == [("missed", 1)]
    assert states(bench) == []
    assert standing(bench, "next_run_at > now()") is True


def test_overlapping_ticks_are_skipped_while_the_job_is_live(bench: Bench) -> None:
    put(bench)
    tick(bench)
    tick(bench)
    assert outcomes(bench) == [("fired", 1), ("skipped", 1)]

    bench.run()
    settle_once(bench.jobs)
    tick(bench)

    assert [outcome for outcome, _ in outcomes(bench)] == ["fired", "skipped", "fired"]


def test_with_allow_they_run_beside_each_other(bench: Bench) -> None:
    put(bench, overlap=Overlap.ALLOW)
    for _ in range(3):
        tick(bench)

    assert states(bench) == ["queued"] * 3
    assert standing(bench, "open_jobs") == []


@pytest.mark.parametrize(("policy", "expected"), [(Overlap.BUFFER_ONE, 2), (Overlap.BUFFER_ALL, 3)])
def test_buffered_ticks_run_one_after_the_other_in_order(bench: Bench, policy: Overlap, expected: int) -> None:
    put(bench, overlap=policy)
    for _ in range(3):
        tick(bench)
    buffered = outcomes(bench)

    for _ in range(4):
        assert len([state for state in states(bench) if state != "completed"]) <= 1
        bench.run()
        follow(bench)

    assert buffered[1] == ("buffered", 1)
    assert states(bench) == ["completed"] * expected
    assert standing(bench, "buffered") == 0
    assert standing(bench, "check_at") is None
    expected_ticks = bench.sql("SELECT tick FROM schedule_tick WHERE outcome = 'fired' ORDER BY tick")
    assert bench.sql("SELECT tick FROM job ORDER BY created_at") == expected_ticks


def test_a_crash_while_a_buffered_tick_gets_its_job_leaves_it_buffered(bench: Bench) -> None:
    put(bench, overlap=Overlap.BUFFER_ONE)
    tick(bench)
    tick(bench)
    bench.run()
    with crash_at("follow.opened"):
        follow(bench)

    assert [outcome for outcome, _ in outcomes(bench)] == ["fired", "buffered"]
    follow(bench)
    assert states(bench) == ["completed", "queued"]


def test_cancel_other_cancels_the_live_job_for_the_new_one(bench: Bench) -> None:
    put(bench, overlap=Overlap.CANCEL_OTHER)
    tick(bench)
    tick(bench)

    assert states(bench) == ["cancelled", "queued"]
    assert len(bench.claim()) == 1


def test_no_tick_lies_outside_the_dates(bench: Bench) -> None:
    now: datetime = bench.sql("SELECT date_trunc('second', clock_timestamp())")[0][0]
    put(bench, every=hours(1), starts_at=now + hours(1), ends_at=now + hours(2))

    assert standing(bench, "next_run_at") == now + hours(1)
    tick(bench)

    assert standing(bench, "next_run_at") == now + hours(1)


def test_a_schedule_ends_after_its_number_of_runs_and_boot_does_not_revive_it(bench: Bench) -> None:
    put(bench, max_runs=2, overlap=Overlap.ALLOW)
    tick(bench)
    tick(bench)
    assert standing(bench, "next_run_at") is None

    put(bench, max_runs=2, overlap=Overlap.ALLOW)
    fire_once(bench.jobs)

    assert standing(bench, "next_run_at") is None
    assert len(states(bench)) == 2


def test_one_instant_fires_once_and_is_over(bench: Bench) -> None:
    now: datetime = bench.sql("SELECT date_trunc('milliseconds', clock_timestamp())")[0][0]
    put(bench, at=now + hours(1))
    tick(bench)
    put(bench, at=now + hours(1))

    assert len(states(bench)) == 1


def test_a_schedule_stops_itself_after_failures_in_a_row(bench: Bench) -> None:
    put(bench, pause_after=2)
    bench.stage.act = fail
    for _ in range(2):
        tick(bench)
        bench.run()
        follow(bench)
    tick(bench)

    assert states(bench) == ["dead", "dead"]
    assert standing(bench, "failures") == 2
    assert standing(bench, "stop_reason") == "2 of its jobs in a row failed"
    assert standing(bench, "stopped_at") is not None


def test_a_success_between_failures_begins_the_count_anew(bench: Bench) -> None:
    put(bench, pause_after=2)
    for act in (fail, lambda _ctx, _args: 1, fail):
        bench.stage.act = act
        tick(bench)
        bench.run()
        follow(bench)

    assert standing(bench, "failures") == 1
    assert standing(bench, "stopped_at") is None


def test_a_new_schedule_that_runs_on_init_fires_once_whoever_boots(bench: Bench) -> None:
    schedule = Schedule(name="tick", job="play", every=hours(20), run_on_init=True, overlap=Overlap.ALLOW)

    def boot(_number: int) -> None:
        with bench.jobs.database.unit_of_work() as work:
            put_schedule(work, schedule)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(boot, range(8)))
    fire_once(bench.jobs)
    boot(9)
    fire_once(bench.jobs)

    assert len(states(bench)) == 1
    assert bench.sql("SELECT count(*) FROM schedule") == [(1,)]


def test_eight_boots_keep_one_row_its_next_run_and_what_an_operator_stopped(bench: Bench) -> None:
    def boot(_number: int) -> None:
        with bench.jobs.database.unit_of_work() as work:
            declare_schedules(work, catalogue_with("0 3 * * *"))

    boot(0)
    bench.sql("UPDATE schedule SET stopped_at = now(), stop_reason = 'me'")
    before = bench.sql("SELECT next_run_at, stopped_at FROM schedule")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(boot, range(16)))

    assert bench.sql("SELECT next_run_at, stopped_at FROM schedule") == before


def test_a_tick_is_due_after_its_jitter_and_its_job_stands_for_the_tick_itself(bench: Bench) -> None:
    put(bench, every=hours(1), jitter=minutes(50), misfire_window=hours(9))
    due, jitter_ms = bench.sql("SELECT next_run_at, next_jitter_ms FROM schedule")[0]
    shift = bench.sql("SELECT date_trunc('milliseconds', clock_timestamp()) - next_run_at FROM schedule")[0][0]
    bench.sql("UPDATE schedule SET next_run_at = next_run_at - interval '2 hours'")

    fire_once(bench.jobs)

    ((at,),) = bench.sql("SELECT tick FROM job")
    assert int(at.timestamp()) % 3600 == 0
    assert (due - jitter_ms * timedelta(milliseconds=1)).timestamp() % 3600 == 0
    assert shift < timedelta(0)


def test_an_unfired_tick_raises_the_alarm_once_and_firing_ends_it(bench: Bench) -> None:
    put(bench)
    gauge = metrics.SCHEDULES_MISSED.labels(service=bench.jobs.service)
    bench.sql("UPDATE schedule SET next_run_at = clock_timestamp() - interval '40 seconds'")
    watch_once(bench.jobs)
    quiet = (standing(bench, "missed_at"), gauge._value.get())

    bench.sql("UPDATE schedule SET next_run_at = clock_timestamp() - interval '46 seconds'")
    watch_once(bench.jobs)
    raised = standing(bench, "missed_at")
    watch_once(bench.jobs)

    assert quiet == (None, 0)
    assert raised is not None
    assert standing(bench, "missed_at") == raised
    assert gauge._value.get() == 1
    fire_once(bench.jobs)
    watch_once(bench.jobs)
    assert (standing(bench, "missed_at"), gauge._value.get()) == (None, 0)


def test_a_row_that_cannot_be_read_any_more_is_stopped_and_the_others_fire(bench: Bench) -> None:
    put(bench, name="broken", cron="0 3 * * *")
    put(bench)
    bench.sql("UPDATE schedule SET timezone = 'Mars/Olympus' WHERE name = 'broken'")
    tick(bench)

    assert len(states(bench)) == 1
    assert bench.sql("SELECT stop_reason LIKE '%Mars/Olympus%' FROM schedule WHERE name = 'broken'") == [(True,)]
    assert operations.get(bench.jobs, "broken").stop_reason == standing(bench, "max(stop_reason)")
    assert operations.update(bench.jobs, "broken", {"timezone": "Asia/Tokyo"}).schedule.timezone == "Asia/Tokyo"


def test_the_wait_ends_when_jobs_must_be_looked_at(bench: Bench) -> None:
    put(bench, overlap=Overlap.BUFFER_ONE)
    tick(bench)
    far = seconds_to_next(bench.jobs, at_most=5)
    tick(bench)

    assert far == 5
    assert seconds_to_next(bench.jobs, at_most=5) <= 0.5
