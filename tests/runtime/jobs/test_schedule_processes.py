"""Three scheduler processes with wrong clocks, killed and frozen in turn: what was fired is what was expected."""

import signal
from collections import Counter
from datetime import datetime, timedelta
from functools import partial

from shared.jobs import Misfire, Overlap, Schedule, put_schedule, seconds
from tests.runtime.jobs.sample import Bench
from tests.runtime.jobs.schedulers import scheduler
from tests.runtime.jobs.waiting import eventually

copy = partial(scheduler, "scheduler_process")
SCHEDULES = 30


def fired(bench: Bench) -> int:
    counted = "SELECT min(count) FROM (SELECT count(*) FROM schedule_tick GROUP BY schedule) AS each"
    return int(bench.sql(counted)[0][0] or 0)


def wait_for_ticks(bench: Bench, more: int) -> None:
    wanted = fired(bench) + more
    # A process frozen in the middle of a turn keeps its schedules for 10 s.
    eventually(lambda: fired(bench) >= wanted, within=40)


def test_every_tick_is_fired_once_by_three_schedulers_that_are_killed_and_frozen(
    bench: Bench, empty_url: str, redis_url: str
) -> None:
    urls = (empty_url, redis_url)
    with bench.jobs.database.unit_of_work() as work:
        for number in range(SCHEDULES):
            put_schedule(
                work,
                Schedule(
                    name=f"second-{number}", job="play", every=seconds(1), overlap=Overlap.ALLOW,
                    misfire=Misfire.BACKFILL, misfire_max=100,
                ),
            )  # fmt: skip

    with copy(urls, 0) as first, copy(urls, 3_600) as second, copy(urls, -3_600) as third:
        for process in (first, second, third):
            assert process.stdout is not None
            process.stdout.readline()
        wait_for_ticks(bench, 1)
        first.send_signal(signal.SIGSTOP)
        second.kill()
        wait_for_ticks(bench, 1)
        first.send_signal(signal.SIGCONT)
        third.send_signal(signal.SIGSTOP)
        wait_for_ticks(bench, 2)
        third.send_signal(signal.SIGCONT)
        wait_for_ticks(bench, 1)

    found = bench.sql("SELECT schedule, tick, job_id::text FROM schedule_tick WHERE outcome = 'fired'")
    ticks: list[tuple[str, datetime, str]] = [tuple(row) for row in found]
    assert Counter(job_id for _, _, job_id in ticks) == Counter(
        row[0] for row in bench.sql("SELECT id::text FROM job")
    ), "each tick has one job of its own, and each job its tick"
    for name, last in bench.sql("SELECT name, last_run_at FROM schedule"):
        mine = sorted(tick for schedule, tick, _ in ticks if schedule == name)
        expected = [mine[0] + timedelta(seconds=number) for number in range(len(mine))]
        assert mine == expected, f"{name} has a gap, or a tick twice"
        assert mine[-1] == last
