"""Retention: by count and age, per queue and state, found by an index walk; a dead job never goes unsaid."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from shared import metrics
from shared.bootstrap.assembly import configured
from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.jobs import Keep, Queue, Retention, hours
from shared.jobs.maintenance import sweeper
from shared.jobs.maintenance.sweeper import sweep_once
from shared.settings import ServiceSettings, load
from tests.runtime.jobs.sample import Bench, jobs_of, location

_ROWS = """
INSERT INTO job (id, name, queue, state, priority, args, attempts_max, timeout_ms, created_at, finished_at)
SELECT gen_random_uuid(), 'play', :queue, :state, 3, '{}', 3, 1000, clock_timestamp(),
       clock_timestamp() - make_interval(hours => :hours, secs => n)
FROM generate_series(1, :count) AS n
"""
FEW = Retention(completed=Keep(hours(1), 3), dead=Keep(hours(48), 2), cancelled=Keep(hours(2), 1))


def add(bench: Bench, count: int, *, state: str = "completed", queue: str = "work", hours: int = 0) -> None:
    """Finished rows, the first of them the youngest."""
    bench.sql(_ROWS, queue=queue, state=state, count=count, hours=hours)


def counts(bench: Bench) -> dict[tuple[str, str], int]:
    rows = bench.sql("SELECT queue, state, count(*) FROM job GROUP BY 1, 2 ORDER BY 1, 2")
    return {(row[0], row[1]): row[2] for row in rows}


def sweep(bench: Bench, retention: Retention = FEW) -> None:
    """As a service whose queue `work` keeps this much; its queue `side` keeps what is usual."""
    queues = (Queue("work", slots=1, retention=retention), Queue("side", slots=1))
    jobs = jobs_of(bench.jobs.database, location(bench), queues=queues)
    while sweep_once(jobs):
        continue
    jobs.scripts.client.close()


def test_each_state_of_each_queue_keeps_its_own_count(bench: Bench) -> None:
    for queue, state in itertools.product(("work", "side"), ("completed", "dead", "cancelled", "expired")):
        add(bench, 5, queue=queue, state=state)

    sweep(bench)

    kept = {"completed": 3, "dead": 2, "cancelled": 1, "expired": 1}
    assert counts(bench) == {
        (queue, state): 5 if queue == "side" else kept[state]
        for queue, state in itertools.product(("side", "work"), ("cancelled", "completed", "dead", "expired"))
    }


def test_expired_jobs_may_be_kept_for_a_time_and_a_number_of_their_own(bench: Bench) -> None:
    for state in ("cancelled", "expired"):
        add(bench, 5, state=state)

    sweep(bench, replace(FEW, expired=Keep(hours(1), 4)))

    assert counts(bench) == {("work", "cancelled"): 1, ("work", "expired"): 4}


def test_the_environment_says_how_expired_jobs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORK_KEEP_EXPIRED_COUNT", "7")
    settings = ServiceSettings(database_url="postgresql://u:p@127.0.0.1/none")

    changed = configured(Queue("work", slots=1, retention=FEW), settings).retention

    assert (changed.expired, changed.cancelled) == (Keep(hours(2), 7), FEW.cancelled)
    assert configured(Queue("side", slots=1, retention=FEW), settings).retention == FEW


def test_of_too_many_the_ones_that_finished_last_stay_whatever_their_order_of_submission(bench: Bench) -> None:
    add(bench, 8)  # the later a row was submitted, the earlier it finished
    youngest = bench.sql("SELECT seq FROM job ORDER BY finished_at DESC LIMIT 3")

    sweep(bench)

    assert bench.sql("SELECT seq FROM job ORDER BY finished_at DESC") == youngest


def test_jobs_that_finished_in_one_instant_are_counted_one_by_one(bench: Bench) -> None:
    add(bench, 7)
    bench.sql("UPDATE job SET finished_at = date_trunc('minute', clock_timestamp())")

    sweep(bench)

    assert counts(bench) == {("work", "completed"): 3}


def test_a_count_of_zero_keeps_none(bench: Bench) -> None:
    add(bench, 2)

    sweep(bench, Retention(completed=Keep(hours(1), 0)))

    assert counts(bench) == {}


@pytest.mark.parametrize(("state", "kept_hours"), [("completed", 1), ("dead", 48), ("cancelled", 2), ("expired", 2)])
def test_what_is_older_than_its_age_goes_however_few_there_are(bench: Bench, state: str, kept_hours: int) -> None:
    add(bench, 1, state=state, hours=kept_hours - 1)
    add(bench, 1, state=state, hours=kept_hours)

    sweep(bench)

    assert counts(bench) == {("work", state): 1}


def test_by_default_a_dead_job_stays_a_month(bench: Bench) -> None:
    add(bench, 2, state="dead", hours=24 * 30 - 1)
    add(bench, 3, state="dead", hours=24 * 30)

    sweep_once(bench.jobs)

    assert counts(bench) == {("work", "dead"): 2}


def test_dead_jobs_that_go_are_logged_and_counted_by_the_rule(bench: Bench) -> None:
    add(bench, 4, state="dead", hours=48)
    add(bench, 3, state="dead")
    series = {"service": "market-data", "queue": "work", "state": "dead"}
    before = [metrics.JOBS_SWEPT.labels(**series, rule=rule)._value.get() for rule in ("age", "count")]

    with capture_logs() as lines:
        sweep(bench)

    after = [metrics.JOBS_SWEPT.labels(**series, rule=rule)._value.get() for rule in ("age", "count")]
    said = [(line["rule"], line["jobs"], line["log_level"]) for line in lines if line["event"] == "dead jobs deleted"]
    assert said == [("age", 4, "warning"), ("count", 1, "warning")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [4, 1]


def test_rows_of_a_queue_that_the_code_has_no_more_go_by_the_defaults(bench: Bench) -> None:
    add(bench, 2, queue="renamed-since", hours=24)
    add(bench, 1, queue="renamed-since", hours=23)

    sweep_once(bench.jobs)

    assert counts(bench) == {("renamed-since", "completed"): 1}


def test_a_row_that_somebody_holds_is_left_for_the_next_sweep(bench: Bench) -> None:
    add(bench, 2, hours=30)
    with bench.jobs.database.unit_of_work() as work:
        work.connection.exec_driver_sql("SELECT 1 FROM job ORDER BY seq LIMIT 1 FOR UPDATE")

        sweep_once(bench.jobs)

    assert counts(bench) == {("work", "completed"): 1}


def test_no_statement_of_the_sweeper_reads_more_than_it_needs(bench: Bench) -> None:
    for queue, state in itertools.product(("work", "side", "other"), ("completed", "dead")):
        add(bench, 3000, queue=queue, state=state)
    bench.sql("ANALYZE job")
    of_queue = {"queue": "work", "state": "completed"}
    statements = [
        (sweeper._QUEUES, {}),
        (sweeper._DELETE_OLD, {**of_queue, "age": timedelta(days=1)}),
        (sweeper._FIRST_SURPLUS, {**of_queue, "count": 100}),
        (
            sweeper._DELETE_SURPLUS,
            {**of_queue, "finished_at": bench.sql("SELECT min(finished_at) FROM job")[0][0], "seq": 9},
        ),
    ]

    plans = ["\n".join(row[0] for row in bench.sql(f"EXPLAIN {sql.text}", **values)) for sql, values in statements]

    assert [plan for plan in plans if "ix_job_retention" not in plan or "Filter: (finished_at" in plan] == []
    assert [plan for plan in plans if "Seq Scan" in plan] == []


def test_the_environment_overrides_what_a_queue_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "COMPLETED_HOURS": "2",
        "COMPLETED_COUNT": "0",
        "DEAD_COUNT": "7",
        "CANCELLED_HOURS": "3",
    }.items():
        monkeypatch.setenv(f"PRICE_UPDATES_KEEP_{name}", value)
    settings = load(ServiceSettings, environ={"DATABASE_URL": "postgresql://role:password@127.0.0.1/none"})

    kept = configured(Queue("price-updates", slots=1, retention=FEW), settings).retention

    assert kept == Retention(completed=Keep(hours(2), 0), dead=Keep(hours(48), 7), cancelled=Keep(hours(3), 1))


def test_a_bad_override_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICE_UPDATES_KEEP_DEAD_HOURS", "0")
    settings = load(ServiceSettings, environ={"DATABASE_URL": "postgresql://role:password@127.0.0.1/none"})

    with pytest.raises(ConfigurationInvalid, match="PRICE_UPDATES_KEEP_DEAD_HOURS must be from 1 to"):
        configured(Queue("price-updates", slots=1), settings)


@pytest.mark.parametrize(
    ("age", "count", "field"), [(timedelta(0), 1, "age"), (timedelta(days=9999), 1, "age"), (hours(1), -1, "count")]
)
def test_a_keep_that_makes_no_sense_is_refused_naming_the_field(age: timedelta, count: int, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Keep(age, count)

    assert caught.value.field == field
