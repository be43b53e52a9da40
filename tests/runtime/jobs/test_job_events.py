"""What happened to jobs: a row for each transition, each once, whoever writes it and however often."""

import pytest
from msgspec.structs import replace

from shared.jobs import JobContext, Snooze, seconds
from shared.jobs.index_ids import to_index
from shared.jobs.ledger import event_rows
from shared.jobs.ledger.records import events_from_stream
from shared.jobs.maintenance import ledger_writer, sweeper
from shared.jobs.maintenance.ledger_writer import GROUP, LedgerWriter
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.testing import crash_at
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.waiting import eventually

_ALL = "SELECT event, attempt, worker, reason FROM job_event WHERE job_id = :id ORDER BY entry_ms, place"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that finds nothing blocks for 20 ms only."""
    monkeypatch.setattr(ledger_writer, "BLOCK_SECONDS", 0.02)


def count(bench: Bench) -> int:
    return int(bench.sql("SELECT count(*) FROM job_event")[0][0])


def test_every_transition_of_a_job_is_kept_in_order(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        ctx.progress(1, 2)
        if len(bench.stage.runs) == 1:
            raise Snooze(seconds(1))
        if len(bench.stage.runs) == 2:
            raise ValueError("password=hunter2\tand\\more\nlines \x00")

    bench.stage.act = act
    job = bench.submit(1)
    for _ in range(3):
        bench.make_due()
        bench.run()
    bench.write_history()

    worker = "by-hand"
    assert [tuple(row) for row in bench.sql(_ALL, id=job.id)] == [
        ("enqueued", 0, "", ""),
        ("started", 1, worker, ""),
        ("snoozed", 0, worker, "snoozed"),
        ("started", 1, worker, ""),
        ("retrying", 1, worker, "ValueError: password=***\tand\\more\nlines \ufffd"),
        ("started", 2, worker, ""),
        ("completed", 2, worker, ""),
    ]


def test_a_crash_between_commit_and_acknowledgement_writes_no_event_twice(bench: Bench) -> None:
    jobs = [bench.submit(number) for number in range(3)]
    bench.run()
    writer = LedgerWriter(bench.jobs, "first")
    with crash_at("history.committed"):
        for _ in range(20):
            writer.run_once()
    late = bench.submit(9)

    bench.write_history("first")

    assert count(bench) == 3 * len(jobs) + 1
    assert [row[0] for row in bench.sql(_ALL, id=late.id)] == ["enqueued"]


def test_a_crash_before_the_commit_loses_no_event(bench: Bench) -> None:
    bench.submit(1)
    bench.run()
    with crash_at("history.applied"):
        writer = LedgerWriter(bench.jobs, "first")
        for _ in range(20):
            writer.run_once()
    assert count(bench) == 0

    bench.write_history("first")

    assert count(bench) == 3


def test_two_writers_with_the_same_entries_write_them_once(bench: Bench) -> None:
    bench.submit(1)
    bench.run()
    bench.write_history()
    stream = bench.jobs.scripts.keys.of("events")
    bench.redis.xgroup_setid(stream, GROUP, "0")

    bench.write_history("second")

    assert count(bench) == 3
    assert bench.redis.xinfo_groups(stream)[0]["pending"] == 0


def test_jobs_without_a_row_leave_no_events(bench: Bench) -> None:
    bench.submit(1)
    kept = bench.redis.xrange(bench.jobs.scripts.keys.of("events"))
    (event,) = events_from_stream(*kept[0])

    assert event_rows.kept([event]) == [event]
    assert event_rows.kept([replace(event, is_durable=False)]) == []


def test_an_event_that_no_row_can_hold_is_left_out_and_its_neighbours_are_not(bench: Bench) -> None:
    job = bench.submit(1)
    stream = bench.jobs.scripts.keys.of("events")
    ((_, fields),) = bench.redis.xrange(stream)
    bench.redis.xadd(stream, {"e": fields[b"e"].replace(to_index(job.id).encode(), b"!" * 22)})

    bench.write_history()

    assert [row[0] for row in bench.sql("SELECT event FROM job_event")] == ["enqueued"]


def test_events_of_a_reaped_attempt_name_the_worker_it_was_lost_with(bench: Bench) -> None:
    job = bench.submit(1)
    bench.claim()
    bench.expire_leases()
    reap_once(bench.jobs)
    bench.write_history()

    assert [tuple(row)[:3] for row in bench.sql(_ALL, id=job.id)][2] == ("reclaimed", 0, "by-hand")


def test_events_go_with_their_job_and_of_a_job_that_stays_after_a_month(bench: Bench) -> None:
    jobs = [bench.submit(number) for number in range(3)]
    bench.run()
    bench.settle()
    bench.write_history()
    bench.sql("DELETE FROM job WHERE id = :id", id=jobs[0].id)
    bench.sql("UPDATE job_event SET at = at - interval '31 days' WHERE job_id = :id", id=jobs[1].id)

    sweep_once(bench.jobs)

    assert {str(row[0]) for row in bench.sql("SELECT job_id FROM job_event")} == {jobs[2].id}


def test_above_the_count_the_oldest_events_go(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.sql(
        "INSERT INTO job_event SELECT gen_random_uuid(), n, 0, 1, 1, 'started', now() - make_interval(mins => n), "
        "'', '' FROM generate_series(1, 130) AS n"
    )

    def estimated() -> int:
        bench.sql("SELECT pg_stat_force_next_flush()")
        return int(bench.sql("SELECT pg_stat_get_live_tuples(CAST('job_event' AS regclass))")[0][0])

    monkeypatch.setattr(sweeper, "HISTORY_MOST", eventually(lambda: estimated() >= 130 and estimated()) - 30)

    sweep_once(bench.jobs)

    count, oldest = bench.sql("SELECT count(*), max(entry_ms) FROM job_event")[0]
    assert count == oldest < 130
    assert count >= 70, "an estimate: other connections tell of their rows up to ten seconds late"


def test_events_are_read_in_pages_after_any_of_them(bench: Bench) -> None:
    job = bench.submit(1)
    bench.run()
    bench.write_history()

    with bench.jobs.database.unit_of_work() as work:
        first = event_rows.read(work, job.id, after="", limit=2)
        rest = event_rows.read(work, job.id, after=first[1].event_id, limit=2)

    assert [event.event for event in (*first, *rest)] == ["enqueued", "started", "completed"]
