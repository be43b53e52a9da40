"""The sweeper: finished jobs go by age, live ones never; see test_retention for counts. And the loop they all share."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import StoreUnavailable
from shared.jobs import Schedule, minutes, put_schedule
from shared.jobs.maintenance import Maintenance, ledger_writer, loop, settler, sweeper
from shared.jobs.maintenance.loop import Loop
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, at_work
from tests.runtime.jobs.waiting import eventually

_ROWS = """
INSERT INTO job (id, name, queue, state, priority, args, attempts_max, timeout_ms, created_at, finished_at)
SELECT gen_random_uuid(), 'play', 'work', :state, 3, '{}', 3, 1000, clock_timestamp() - make_interval(hours => :hours),
       CASE WHEN :is_final THEN clock_timestamp() - make_interval(hours => :hours) END
FROM generate_series(1, :count)
"""
FINAL = ("completed", "cancelled", "expired", "dead")


def add(bench: Bench, state: str, count: int, *, hours: int) -> None:
    """Rows of a state, finished (or, if live, submitted) so many hours ago."""
    bench.sql(_ROWS, state=state, count=count, hours=hours, is_final=state in FINAL)


def counts(bench: Bench) -> dict[str, int]:
    return {row[0]: row[1] for row in bench.sql("SELECT state, count(*) FROM job GROUP BY 1")}


def test_finished_jobs_older_than_a_day_go(bench: Bench) -> None:
    for state in ("completed", "cancelled", "expired"):
        add(bench, state, 2, hours=25)
        add(bench, state, 1, hours=23)

    has_more = sweep_once(bench.jobs)

    assert has_more is False
    assert counts(bench) == {"completed": 1, "cancelled": 1, "expired": 1}


@pytest.mark.parametrize("state", ["queued", "running", "retrying", "scheduled", "blocked"])
def test_live_jobs_are_never_swept(bench: Bench, state: str) -> None:
    add(bench, state, 3, hours=24 * 400)

    sweep_once(bench.jobs)

    assert counts(bench) == {state: 3}


def test_a_sweep_is_bounded_and_says_that_there_is_more(bench: Bench) -> None:
    add(bench, "completed", sweeper.BATCH + 5, hours=25)

    has_more = [sweep_once(bench.jobs), sweep_once(bench.jobs)]

    assert has_more == [True, False]
    assert counts(bench) == {}


def test_old_keys_and_ticks_go_and_young_ones_stay(bench: Bench) -> None:
    for hours in (23, 25):
        bench.sql(
            "INSERT INTO idempotency_key VALUES ('play', :key, gen_random_uuid(), '', "
            "clock_timestamp() - make_interval(hours => :hours))",
            key=f"{hours}", hours=hours,
        )  # fmt: skip
    for days in (6, 8):
        bench.sql(
            "INSERT INTO schedule_tick VALUES ('s', clock_timestamp() - make_interval(days => :days), NULL, "
            "clock_timestamp() - make_interval(days => :days))",
            days=days,
        )

    sweep_once(bench.jobs)

    assert bench.sql("SELECT key FROM idempotency_key") == [("23",)]
    assert bench.sql("SELECT count(*) FROM schedule_tick") == [(1,)]


def test_two_sweepers_at_once_delete_what_one_would(bench: Bench) -> None:
    add(bench, "completed", 50, hours=25)
    add(bench, "completed", 50, hours=23)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: sweep_once(bench.jobs), range(2)))

    assert counts(bench) == {"completed": 50}


def test_a_loop_outlives_every_fault_and_tells_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FAULT_PAUSE_SECONDS", 0.01)
    faults: list[Exception] = [StoreUnavailable("away"), ZeroDivisionError("a fault of ours")]
    turned = threading.Event()

    def turn() -> bool:
        if faults:
            raise faults.pop(0)
        turned.set()
        return False

    each = Loop("test", turn, interval_seconds=60)
    each._fault = ""
    each.start()

    assert turned.wait(5)
    eventually(lambda: each.trouble() is None)
    each.request_stop()
    each.join(5)


def test_a_loop_in_trouble_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FAULT_PAUSE_SECONDS", 0.01)

    def turn() -> bool:
        raise StoreUnavailable("PostgreSQL is away")

    each = Loop("test", turn, interval_seconds=60)
    each.start()

    assert "PostgreSQL is away" in eventually(lambda: each.trouble() or "")
    each.request_stop()
    each.join(5)


def test_two_schedulers_and_two_workers_together_run_each_job_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (ledger_writer, settler):
        monkeypatch.setattr(module, "BLOCK_SECONDS", 0.1)
    schedulers = [Maintenance(bench.jobs, consumer=f"s{number}", fires_schedules=True) for number in range(2)]
    with bench.jobs.database.unit_of_work() as work:
        schedule = Schedule(name="tick", job="play", args={"number": 1000}, every=minutes(60))
        put_schedule(work, schedule, run_now=True)

    with at_work(bench, name="one"), at_work(bench, name="two"):
        for maintenance in schedulers:
            maintenance.start()
        for number in range(100):
            bench.submit(number)
        eventually(lambda: counts(bench).get("completed") == 101)
        for maintenance in schedulers:
            maintenance.stop()

    assert sorted(bench.stage.numbers) == [*range(100), 1000]
    assert {State(state) for state in counts(bench)} == {State.COMPLETED}
