"""Three scheduler processes with wrong clocks, killed and frozen: one job for each entity and round, never two."""

import signal
from collections.abc import Iterator
from functools import partial

import pytest

from shared.jobs.freshness.moves import fresh
from tests.runtime.jobs.freshness_bench import LIVE, Times, open_times
from tests.runtime.jobs.schedulers import scheduler
from tests.runtime.jobs.waiting import eventually

copy = partial(scheduler, "freshness_process")
ENTITIES = 40


@pytest.fixture
def times(empty_url: str, redis_url: str) -> Iterator[Times]:
    with open_times(empty_url, redis_url, LIVE) as opened:
        yield opened


def finish(times: Times) -> int:
    """End every job well, as workers do; how many rounds the slowest entity has had."""
    with times.jobs.database.unit_of_work() as work:
        done = work.connection.exec_driver_sql(
            "UPDATE job SET state = 'completed', finished_at = clock_timestamp() WHERE finished_at IS NULL "
            "RETURNING args ->> 'coin'"
        )
        fresh(work, LIVE.name, list(done.scalars()))
    counted = times.bench.sql(
        "SELECT count(job.id) FROM freshness_entity e LEFT JOIN job ON job.args ->> 'coin' = e.entity GROUP BY e.entity"
    )
    return min(int(row[0]) for row in counted)


def live_twice(times: Times) -> list[object]:
    return times.bench.sql(
        "SELECT a.args FROM job a JOIN job b ON a.args = b.args AND a.id < b.id "
        "WHERE tstzrange(a.created_at, a.finished_at) && tstzrange(b.created_at, b.finished_at)"
    )


def test_each_round_of_an_entity_has_one_job_whoever_plans_it(times: Times, empty_url: str, redis_url: str) -> None:
    urls = (empty_url, redis_url)
    times.track(LIVE, ENTITIES)
    with (
        copy(urls, 0) as first,
        copy(urls, 3_600) as second,
        copy(urls, -3_600) as third,
    ):
        for process in (first, second, third):
            assert process.stdout is not None
            process.stdout.readline()
        eventually(lambda: finish(times) >= 1, within=40)
        first.send_signal(signal.SIGSTOP)
        second.kill()
        eventually(lambda: finish(times) >= 2, within=40)
        first.send_signal(signal.SIGCONT)
        eventually(lambda: finish(times) >= 3, within=40)

    assert live_twice(times) == []
    jobs = times.bench.sql("SELECT count(*), count(DISTINCT id) FROM job")
    assert jobs[0][0] == jobs[0][1]
    gaps = times.bench.sql(
        "SELECT min(gap) FROM (SELECT created_at - lag(created_at) OVER (PARTITION BY args ORDER BY created_at) AS gap "
        "FROM job) AS each"
    )
    assert gaps[0][0].total_seconds() > 2, "no round came twice"
