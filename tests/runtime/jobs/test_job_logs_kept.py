"""Lines of jobs in PostgreSQL: bounded, each once, with no job waiting for them, and gone with their job."""

import threading
from typing import Any

import pytest

from shared import metrics
from shared.errors import StoreUnavailable
from shared.jobs import JobContext, log_writer
from shared.jobs.captured import LEFT_OUT, LEFT_OUT_LINE
from shared.jobs.ledger import log_rows
from shared.jobs.ledger.log_rows import LogRow
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.outcomes import Done
from tests.runtime.jobs.log_keeping import driver, messages, says, writer_of, written
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.waiting import eventually


def test_of_an_attempt_the_first_lines_are_kept_and_room_for_its_warnings(logged: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        for number in range(1_200):
            driver.info("line %d", number)
        ctx.log.error("why it failed")

    logged.stage.act = act
    job = logged.submit(1)
    logged.run()

    kept = messages(logged, job.id)
    assert kept[:900] == [f"line {number}" for number in range(900)]
    assert sorted(kept[900:]) == sorted([LEFT_OUT, "why it failed"])
    assert logged.sql("SELECT line, left_out FROM job_log WHERE left_out > 0") == [(LEFT_OUT_LINE, 300)]


def test_of_an_attempt_at_most_256_kib_are_kept(logged: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        for _ in range(60):
            driver.error("%s", "x" * 10_000, extra={"more": "y" * 10_000})

    logged.stage.act = act
    logged.submit(1)
    logged.run()
    written(logged)

    ((size, left_out),) = logged.sql(
        "SELECT sum(octet_length(message) + octet_length(fields::text)), max(left_out) FROM job_log"
    )
    assert 200_000 < size < 257 * 1024
    assert left_out > 10


def test_a_batch_that_is_written_again_changes_nothing(logged: Bench) -> None:
    job = logged.submit(1)
    rows = [LogRow(job.id, 1, "t", number, 1, 1_000, 20, f"line {number}", "{}", 0) for number in range(3)]

    for _ in range(2):
        with logged.jobs.database.unit_of_work() as work:
            log_rows.write(work, rows)

    assert messages(logged, job.id) == ["line 0", "line 1", "line 2"]


def test_a_stale_lease_s_lines_change_nothing_of_the_next_one_s(logged: Bench) -> None:
    job = logged.submit(1)
    for token in ("first", "second", "first"):
        with logged.jobs.database.unit_of_work() as work:
            log_rows.write(work, [LogRow(job.id, 1, token, 0, 1, 1_000, 20, f"of {token}", "{}", 0)])

    assert messages(logged, job.id) == ["of first", "of second"]


def test_lines_wait_for_postgresql_and_no_job_does(logged: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    write, refused = log_rows.write, threading.Event()

    def refuse(work: Any, rows: Any) -> None:
        if not refused.is_set():
            refused.set()
            raise StoreUnavailable("gone")
        write(work, rows)

    monkeypatch.setattr(log_rows, "write", refuse)
    logged.stage.act = says("patient")
    job = logged.submit(1)
    assert isinstance(logged.run()[0], Done)
    refused.wait(10)

    assert eventually(lambda: logged.sql("SELECT message FROM job_log WHERE job_id = :id", id=job.id)) == [("patient",)]


def test_lines_beyond_what_may_wait_are_left_out_and_counted(logged: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "WAITING_MAX", 0)
    logged.stage.act = says("no room")
    job = logged.submit(1)

    assert isinstance(logged.run()[0], Done)
    assert messages(logged, job.id) == []


def test_a_batch_that_no_table_can_hold_is_lost_and_counted_and_the_next_is_written(logged: Bench) -> None:
    lost = metrics.LOG_LINES_LOST.total()
    writer_of(logged)._write([LogRow("no uuid", 1, "t", 0, 1, 1_000, 20, "poison", "{}", 0)])

    logged.stage.act = says("healthy")
    job = logged.submit(1)
    logged.run()

    assert metrics.LOG_LINES_LOST.total() == lost + 1
    assert messages(logged, job.id) == ["healthy"]


def test_lines_go_with_their_job_and_of_a_job_that_stays_after_a_month(logged: Bench) -> None:
    logged.stage.act = says("line")
    jobs = [logged.submit(number) for number in range(3)]
    logged.run()
    logged.settle()
    written(logged)
    logged.sql("DELETE FROM job WHERE id = :id", id=jobs[0].id)
    logged.sql("UPDATE job_log SET at = at - interval '31 days' WHERE job_id = :id", id=jobs[1].id)

    sweep_once(logged.jobs)

    assert [str(row[0]) for row in logged.sql("SELECT job_id FROM job_log")] == [jobs[2].id]


def test_a_job_that_is_gone_gets_no_lines(logged: Bench) -> None:
    with logged.jobs.database.unit_of_work() as work:
        log_rows.write(work, [LogRow("0" * 32, 1, "t", 0, 1, 1_000, 20, "late", "{}", 0)])

    assert logged.sql("SELECT count(*) FROM job_log") == [(0,)]


def test_of_one_job_lines_are_numbered_in_the_order_of_commits(bench: Bench) -> None:
    job = bench.submit(1)

    def write(token: str) -> None:
        with bench.jobs.database.unit_of_work() as work:
            log_rows.write(work, [LogRow(job.id, 1, token, 0, 1, 1_000, 20, token, "{}", 0)])

    late = threading.Thread(target=write, args=("next holder",))
    with bench.jobs.database.unit_of_work() as work:
        log_rows.write(work, [LogRow(job.id, 1, "lost lease", 0, 1, 1_000, 20, "lost lease", "{}", 0)])
        late.start()
        eventually(lambda: bench.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        assert bench.sql("SELECT count(*) FROM job_log") == [(0,)]
    late.join()

    rows = bench.sql("SELECT message FROM job_log ORDER BY seq")
    assert [row[0] for row in rows] == ["lost lease", "next holder"]
