"""Unique jobs that schedules submit: a tick takes the key, or is coalesced with the job that has it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.db import Database
from shared.jobs import (
    Overlap,
    Schedule,
    cron,
    minutes,
    put_schedule,
    submit,
    until_done,
)
from shared.jobs.schedules import running
from shared.jobs.schedules.firing import fire_once
from shared.jobs.schedules.following import follow_once
from shared.jobs.schedules.histories import history
from shared.jobs.testing import crash_at, drain
from tests.runtime.jobs.one_of_each import DECLARED, MODES, declared
from tests.runtime.jobs.sample import NAME, Bench, Play, jobs_of, open_bench
from tests.runtime.jobs.subjects import give_up


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with jobs that are declared unique, one a mode."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=DECLARED)
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def put(bench: Bench, mode: str, **options: Any) -> None:
    given: dict[str, Any] = {"name": "s", "job": f"one-{mode}", "every": minutes(10), **options}
    with bench.jobs.database.unit_of_work() as work:
        put_schedule(work, Schedule(**given))


def tick(bench: Bench) -> None:
    bench.sql("UPDATE schedule SET next_run_at = date_trunc('milliseconds', clock_timestamp())")
    fire_once(bench.jobs)


def ticks(bench: Bench) -> list[tuple[str, str | None]]:
    """Outcome and job of every tick as history tells it, oldest first."""
    with bench.jobs.database.unit_of_work() as work:
        return [(one.outcome, one.job_id) for one in history(work, "s", before=None, limit=50)][::-1]


@pytest.mark.parametrize("mode", MODES)
def test_a_tick_whose_key_means_a_job_is_coalesced_with_it(bench: Bench, mode: str) -> None:
    known = submit(bench.jobs, f"one-{mode}", Play())
    put(bench, mode, overlap=Overlap.ALLOW)

    tick(bench)
    tick(bench)

    assert ticks(bench) == [("coalesced", known.id)] * 2
    assert bench.sql("SELECT count(*) FROM job")[0][0] == 1
    assert bench.sql("SELECT runs_made, open_jobs::text FROM schedule") == [(0, "{}")]


@pytest.mark.parametrize("mode", MODES)
def test_a_tick_takes_the_key_and_runs_once(bench: Bench, mode: str) -> None:
    put(bench, mode)
    tick(bench)
    ((outcome, job_id),) = ticks(bench)

    again = submit(bench.jobs, f"one-{mode}", Play())
    bench.sql("UPDATE unique_lock SET due_at = now() - interval '1 second' WHERE due_at IS NOT NULL")
    bench.make_due()
    drain(bench.runtime)

    assert (outcome, job_id, again.already_existed) == ("fired", again.id, True)
    assert bench.stage.numbers == [0]


def test_a_crash_before_the_commit_leaves_neither_tick_nor_key(bench: Bench) -> None:
    put(bench, "done")
    with crash_at("fire.opened"):
        tick(bench)
    assert (ticks(bench), bench.sql("SELECT count(*) FROM unique_lock")[0][0]) == ([], 0)

    tick(bench)

    assert [outcome for outcome, _ in ticks(bench)] == ["fired"]
    assert bench.row(str(ticks(bench)[0][1])).tick is not None


def test_ticks_of_two_schedules_in_one_turn_are_one_job(bench: Bench) -> None:
    put(bench, "done", name="a")
    put(bench, "done", name="b")
    tick(bench)

    found = bench.sql("SELECT outcome, count(DISTINCT job_id) FROM schedule_tick GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in found] == [("coalesced", 1), ("fired", 1)]
    assert bench.sql("SELECT count(*) FROM job")[0][0] == 1


def test_a_coalesced_job_is_not_the_schedules_to_cancel_or_to_count(bench: Bench) -> None:
    known = submit(bench.jobs, "one-done", Play())
    put(bench, "done", overlap=Overlap.CANCEL_OTHER, pause_after=1)
    tick(bench)
    tick(bench)
    assert bench.row(known.id).state == "queued"

    bench.stage.act = give_up
    drain(bench.runtime)
    bench.stage.act = lambda _ctx, _args: None
    tick(bench)

    assert [outcome for outcome, _ in ticks(bench)] == ["coalesced", "coalesced", "fired"]


def test_a_buffered_tick_and_a_trigger_coalesce_as_well(bench: Bench) -> None:
    put(bench, "start", overlap=Overlap.BUFFER_ONE)
    tick(bench)
    tick(bench)
    drain(bench.runtime)
    known = submit(bench.jobs, "one-start", Play())
    bench.sql("UPDATE schedule SET check_at = clock_timestamp() WHERE check_at IS NOT NULL")
    follow_once(bench.jobs)

    triggered = running.trigger(bench.jobs, "s")

    assert [outcome for outcome, _ in ticks(bench)] == ["fired", "coalesced", "coalesced"]
    assert (triggered.id, triggered.already_existed, ticks(bench)[1][1]) == (known.id, True, known.id)
    assert bench.sql("SELECT buffered FROM schedule") == [(0,)]


def test_a_backfill_counts_what_coalesced(bench: Bench) -> None:
    put(bench, "done", every=minutes(1))
    end = bench.jobs.from_now(timedelta(0))

    done = running.backfill(bench.jobs, "s", start=end - minutes(5), end=end)

    assert (done.fired, done.buffered, done.known, done.coalesced) == (1, 0, 0, 4)
    assert bench.sql("SELECT cardinality(open_jobs) FROM schedule") == [(1,)]
    assert running.backfill(bench.jobs, "s", start=end - minutes(5), end=end).known == 5


def test_a_job_may_be_declared_with_a_schedule_and_a_key() -> None:
    assert declared("both", until_done(), schedule=cron("0 2 * * *")).schedule == "0 2 * * *"
