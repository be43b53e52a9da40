"""Schedules as rows, and their firing: one job per tick, whoever fires and however late."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.errors import InvalidArgument
from shared.jobs import (
    JobContext,
    Overlap,
    Schedule,
    hours,
    minutes,
    put_schedule,
    remove_schedule,
    seconds,
)
from shared.jobs.outcomes import Done
from shared.jobs.schedules.firing import fire_once
from shared.jobs.schedules.turns import seconds_to_next
from tests.runtime.jobs.sample import Bench, Play


def put(bench: Bench, name: str = "tick", *, run_now: bool = False, **change: Any) -> None:
    """A schedule of `play` every ten minutes."""
    with bench.jobs.database.unit_of_work() as work:
        rhythm = {} if "cron" in change else {"every": minutes(10)}
        put_schedule(work, Schedule(**({"name": name, "job": "play"} | rhythm | change)), run_now=run_now)


def next_run(bench: Bench, name: str = "tick") -> datetime:
    found: datetime = bench.sql("SELECT next_run_at FROM schedule WHERE name = :name", name=name)[0][0]
    return found


def make_due(bench: Bench, ago: timedelta = timedelta(0)) -> datetime:
    """Every schedule's next run was so long ago; on the millisecond."""
    statement = "UPDATE schedule SET next_run_at = date_trunc('milliseconds', clock_timestamp()) - :ago"
    bench.sql(statement, ago=ago)
    due: datetime = bench.sql("SELECT min(next_run_at) FROM schedule")[0][0]
    return due


def ticks(bench: Bench) -> list[datetime]:
    return [row[0] for row in bench.sql("SELECT tick FROM job ORDER BY seq")]


def test_a_new_interval_starts_on_the_grid_from_1970(bench: Bench) -> None:
    put(bench)

    now: datetime = bench.sql("SELECT clock_timestamp()")[0][0]
    first = next_run(bench)
    assert int(first.timestamp()) % 600 == 0
    assert now < first <= now + minutes(10)


def test_an_unchanged_rhythm_keeps_its_next_run_and_takes_new_arguments(bench: Bench) -> None:
    put(bench, run_now=True)
    before = next_run(bench)

    put(bench, args={"number": 5})

    assert next_run(bench) == before
    assert bench.sql("SELECT args FROM schedule") == [({"number": 5},)]


@pytest.mark.parametrize("change", [{"every": minutes(20)}, {"cron": "0 3 1 1 *"}])
def test_a_changed_rhythm_starts_anew(bench: Bench, change: dict[str, Any]) -> None:
    put(bench)
    before = make_due(bench, hours(5))

    put(bench, **change)

    assert next_run(bench) > before + hours(5)


def test_a_schedule_that_is_enabled_again_does_not_run_what_it_slept_through(bench: Bench) -> None:
    put(bench, is_enabled=False)
    make_due(bench, hours(5))

    put(bench)
    fire_once(bench.jobs)

    assert ticks(bench) == []


def test_a_removed_schedule_fires_no_more(bench: Bench) -> None:
    put(bench)
    make_due(bench)
    with bench.jobs.database.unit_of_work() as work:
        removed = (remove_schedule(work, "tick"), remove_schedule(work, "tick"))

    fire_once(bench.jobs)

    assert removed == (True, False)
    assert ticks(bench) == []


def test_a_schedule_rolled_back_with_its_transaction_does_not_exist(bench: Bench) -> None:
    with suppress(ZeroDivisionError), bench.jobs.database.unit_of_work() as work:
        put_schedule(work, Schedule(name="tick", job="play", every=minutes(10)))
        raise ZeroDivisionError

    assert bench.sql("SELECT name FROM schedule") == []


def test_a_due_schedule_submits_one_job_for_its_tick_and_moves_on(bench: Bench) -> None:
    put(bench, args={"number": 5})
    tick = make_due(bench)

    fire_once(bench.jobs)
    seen: list[datetime] = []

    def act(ctx: JobContext, args: Play) -> int:
        seen.append(ctx.tick)
        return args.number

    bench.stage.act = act
    outcomes = bench.run()

    assert outcomes == [Done(b"5")]
    assert seen == ticks(bench) == [tick]
    assert next_run(bench) > tick
    assert bench.sql("SELECT schedule, tick FROM schedule_tick") == [("tick", tick)]


def test_a_schedule_run_now_fires_at_once(bench: Bench) -> None:
    put(bench, run_now=True)

    fire_once(bench.jobs)

    assert len(ticks(bench)) == 1
    assert len(bench.claim()) == 1


def test_three_schedulers_at_once_fire_each_tick_once(bench: Bench) -> None:
    with bench.jobs.database.unit_of_work() as work:
        for number in range(250):  # more than one batch
            put_schedule(work, Schedule(name=f"coin-{number}", job="play", every=minutes(10)))
    make_due(bench)

    with ThreadPoolExecutor(3) as pool:
        for _ in range(4):
            list(pool.map(lambda _: fire_once(bench.jobs), range(3)))

    assert bench.sql("SELECT count(*), count(DISTINCT schedule) FROM schedule_tick") == [(250, 250)]
    assert len(ticks(bench)) == 250


def test_a_tick_that_was_fired_already_makes_no_second_job(bench: Bench) -> None:
    put(bench, overlap=Overlap.ALLOW)
    tick = make_due(bench)
    fire_once(bench.jobs)
    bench.sql("UPDATE schedule SET next_run_at = :tick", tick=tick)

    fire_once(bench.jobs)

    assert ticks(bench) == [tick]


def test_a_crash_before_the_commit_leaves_tick_job_and_next_run_as_they_were(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bench)
    tick = make_due(bench)
    with monkeypatch.context() as patch:
        patch.setattr("shared.jobs.schedules.ticking.ledger.open_jobs", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fire_once(bench.jobs)

    assert next_run(bench) == tick
    assert bench.sql("SELECT count(*) FROM schedule_tick") == [(0,)]
    fire_once(bench.jobs)
    assert ticks(bench) == [tick]


@pytest.mark.parametrize("ago", [minutes(45), hours(30)])
def test_one_job_stands_for_all_missed_ticks(bench: Bench, ago: timedelta) -> None:
    put(bench)
    make_due(bench, ago)

    for _ in range(3):
        fire_once(bench.jobs)

    now: datetime = bench.sql("SELECT clock_timestamp()")[0][0]
    assert len(ticks(bench)) == 1
    assert now < next_run(bench) <= now + minutes(10)


@pytest.mark.parametrize("ago", [seconds(0), minutes(45), hours(30)])
def test_row_and_job_name_the_same_instant_however_late_the_tick(bench: Bench, ago: timedelta) -> None:
    put(bench)
    make_due(bench, ago)
    fire_once(bench.jobs)

    seen: list[datetime] = []
    bench.stage.act = lambda ctx, _args: seen.append(ctx.tick)
    bench.run()

    assert seen == ticks(bench)


def test_a_disabled_schedule_does_not_fire(bench: Bench) -> None:
    put(bench, is_enabled=False)
    make_due(bench)

    fire_once(bench.jobs)

    assert ticks(bench) == []


@pytest.mark.parametrize("change", [{"job": "plai"}, {"args": {"numbr": 1}}])
def test_a_schedule_that_cannot_be_submitted_does_not_stop_the_others(bench: Bench, change: dict[str, Any]) -> None:
    put(bench, "broken", **change)
    put(bench, "sound")
    make_due(bench)

    fire_once(bench.jobs)

    assert len(ticks(bench)) == 1
    outcomes = bench.sql("SELECT schedule, outcome, job_id IS NULL FROM schedule_tick ORDER BY 1")
    assert outcomes == [("broken", "refused", True), ("sound", "fired", False)]
    assert bench.sql("SELECT last_error <> '' FROM schedule WHERE name = 'broken'") == [(True,)]
    assert next_run(bench, "broken") > bench.sql("SELECT clock_timestamp()")[0][0]


def test_the_wait_is_the_time_to_the_next_run_and_bounded(bench: Bench) -> None:
    empty = seconds_to_next(bench.jobs, at_most=5)
    put(bench)
    bench.sql("UPDATE schedule SET next_run_at = clock_timestamp() + interval '3 seconds'")
    near = seconds_to_next(bench.jobs, at_most=5)
    make_due(bench)

    assert empty == 5
    assert 1 < near < 3
    assert seconds_to_next(bench.jobs, at_most=5) < 0.01


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"every": None}, "cron"),
        ({"cron": "* * * * *", "every": minutes(1)}, "cron"),
        ({"every": seconds(0.5)}, "every"),
        ({"every": timedelta(days=367)}, "every"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "every day"}, "cron"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
    ],
)
def test_a_schedule_that_says_nonsense_names_the_field(change: dict[str, Any], name: str) -> None:
    rhythm: dict[str, Any] = {"every": None} if "cron" in change and "every" not in change else {"every": minutes(1)}

    with pytest.raises(InvalidArgument) as caught:
        Schedule(**({"name": "tick", "job": "play"} | rhythm | change))

    assert caught.value.field == name


def test_of_several_ticks_missed_within_the_hour_the_newest_runs(bench: Bench) -> None:
    put(bench)
    half_an_hour_ago = "to_timestamp(floor(extract(epoch FROM clock_timestamp()) / 600) * 600 - 1800)"
    bench.sql(f"UPDATE schedule SET next_run_at = {half_an_hour_ago}")
    now: datetime = bench.sql("SELECT clock_timestamp()")[0][0]

    fire_once(bench.jobs)

    (tick,) = ticks(bench)
    assert timedelta(0) <= now - tick < minutes(10)
    assert int(tick.timestamp()) % 600 == 0
