"""Fire: a schedule's time comes when the test says so, and what keeps it from firing still does."""

import pytest

from shared.errors import NotFound
from shared.jobs import Schedule, hours, put_schedule
from shared.jobs.schedules.operations import stop
from shared.jobs.testing import drain, fire
from tests.runtime.jobs.sample import Bench


@pytest.fixture(autouse=True)
def _schedule(bench: Bench) -> None:
    with bench.jobs.database.unit_of_work() as work:
        put_schedule(work, Schedule(name="hourly", job="play", args={"number": 7}, every=hours(1)))


def test_its_job_runs_and_the_next_run_is_that_of_its_rhythm(bench: Bench) -> None:
    before = bench.sql("SELECT next_run_at FROM schedule")

    fire(bench.runtime, "hourly")

    assert (drain(bench.runtime).counts, bench.stage.numbers) == ({"completed": 1}, [7])
    assert bench.sql("SELECT next_run_at FROM schedule") == before


def test_a_live_job_and_a_stop_keep_it_from_firing(bench: Bench) -> None:
    for _ in range(2):
        fire(bench.runtime, "hourly")
    assert bench.sql("SELECT outcome FROM schedule_tick ORDER BY tick") == [("fired",), ("skipped",)]
    stop(bench.jobs, "hourly")

    fire(bench.runtime, "hourly")

    assert bench.sql("SELECT count(*) FROM job") == [(1,)]


def test_an_unknown_name_is_told(bench: Bench) -> None:
    with pytest.raises(NotFound, match="weekly"):
        fire(bench.runtime, "weekly")
