"""What jobs log: captured wherever their function runs, theirs alone, bounded, clean, and in PostgreSQL once."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from shared import logs, metrics
from shared.errors import StoreUnavailable
from shared.jobs import JobContext, log_writer, submit
from shared.jobs.captured import LEFT_OUT, LEFT_OUT_LINE, LogSink, install
from shared.jobs.ledger import log_rows
from shared.jobs.ledger.log_rows import LogRow
from shared.jobs.log_writer import LogWriter
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.outcomes import Again, Done
from tests.runtime.jobs.sample import Bench, Play, at_work
from tests.runtime.jobs.waiting import eventually
from tests.runtime.jobs.ways import Chorus, Order, apart, open_ways, sing

driver = logging.getLogger("driver")
Ways = tuple[Bench, Chorus]


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    """Logging as in a worker; the root logger is put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure("info", "json", process="worker")
    install()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines wait for 20 ms."""
    monkeypatch.setattr(log_writer, "FLUSH_SECONDS", 0.02)
    monkeypatch.setattr(log_writer, "RETRY_SECONDS", 0.02)


@pytest.fixture
def ways(empty_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ways]:
    monkeypatch.setenv("DATABASE_URL", empty_url)  # where an isolated job's process finds them
    monkeypatch.setenv("REDIS_URL", redis_url)
    with open_ways(empty_url, redis_url) as (bench, chorus):
        keep_logs(bench)
        yield bench, chorus
        written(bench)


@pytest.fixture
def logged(bench: Bench) -> Iterator[Bench]:
    """A bench that keeps what its jobs log."""
    keep_logs(bench)
    yield bench
    written(bench)


def keep_logs(bench: Bench) -> None:
    bench.runtime.resources[LogSink] = LogWriter(bench.jobs.database, bench.jobs.service)


def written(bench: Bench) -> None:
    """Every line is in PostgreSQL; the writer goes on as a new one."""
    writer = bench.runtime.resources[LogSink]
    assert isinstance(writer, LogWriter)
    writer.stop()
    keep_logs(bench)


def messages(bench: Bench, job_id: str) -> list[str]:
    written(bench)
    rows = bench.sql("SELECT message FROM job_log WHERE job_id = :id ORDER BY seq", id=job_id)
    return [row[0] for row in rows]


def says(text: str, **fields: Any) -> Callable[[JobContext, Play], None]:
    return lambda ctx, _args: ctx.log.info(text, **fields)


def test_lines_of_the_context_of_structlog_and_of_logging_are_kept_with_their_fields(logged: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        ctx.log.info("by context", coin=7)
        structlog.get_logger("library").warning("by structlog", wait_seconds=1.5)
        driver.error("by %s", "logging", extra={"code": "E1"})

    logged.stage.act = act
    job = logged.submit(1)
    logged.run()
    written(logged)

    rows = logged.sql("SELECT attempt, generation, level, message, fields, left_out FROM job_log ORDER BY seq")
    assert [tuple(row) for row in rows] == [
        (1, 1, 20, "by context", {"coin": 7}, 0),
        (1, 1, 30, "by structlog", {"wait_seconds": 1.5}, 0),
        (1, 1, 40, "by logging", {"code": "E1"}, 0),
    ]
    assert messages(logged, job.id) == ["by context", "by structlog", "by logging"]


def test_each_attempt_has_its_own_lines(logged: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        driver.info("run %d", ctx.attempt)
        if ctx.attempt == 1:
            raise ValueError("not yet")

    logged.stage.act = act
    job = logged.submit(1)
    assert isinstance(logged.run()[0], Again)
    logged.make_due()
    logged.run()

    assert messages(logged, job.id) == ["run 1", "run 2"]
    assert logged.sql("SELECT count(DISTINCT token), array_agg(attempt ORDER BY seq) FROM job_log") == [(2, [1, 2])]


def test_lines_of_neighbours_never_mix(logged: Bench) -> None:
    together = threading.Barrier(4)

    def act(ctx: JobContext, args: Play) -> None:
        for turn in range(25):
            together.wait(10)
            driver.info("%d of %s", turn, ctx.id)

    logged.stage.act = act
    jobs = [logged.submit(number) for number in range(4)]
    with at_work(logged, slots={"work": 4}):
        eventually(lambda: all(logged.state(job.id) == "completed" for job in jobs))

    for job in jobs:
        assert messages(logged, job.id) == [f"{turn} of {job.id}" for turn in range(25)]


def test_lines_of_coroutines_are_each_one_s_own_also_off_the_loop(ways: Ways) -> None:
    bench, chorus = ways

    async def act(ctx: JobContext, args: Play) -> None:
        for turn in range(3):
            driver.info("%d turn %d", args.number, turn)
            await asyncio.sleep(0)
        await ctx.off_loop(driver.warning, "%d off the loop", args.number)

    chorus.act = act
    jobs = [submit(bench.jobs, sing, Play(number=number)) for number in range(3)]
    with at_work(bench):
        eventually(lambda: all(bench.state(job.id) == "completed" for job in jobs))

    for number, job in enumerate(jobs):
        turns = [f"{number} turn {turn}" for turn in range(3)]
        assert messages(bench, job.id) == [*turns, f"{number} off the loop"]


def test_lines_of_an_isolated_process_arrive_also_those_right_before_its_death(ways: Ways) -> None:
    bench, _ = ways
    talker = submit(bench.jobs, apart, Order(act="talk", number=3))
    crasher = submit(bench.jobs, apart, Order(act="talk-and-crash"))
    bench.run()

    assert messages(bench, talker.id) == ["number 0", "number 1", "number 2"]
    assert [line for line in messages(bench, crasher.id) if line != "job output"] == ["number 0", "about to crash"]
    assert bench.sql("SELECT DISTINCT fields FROM job_log WHERE message = 'number 1'") == [({"api_key": "***"},)]


def test_a_job_that_logs_nothing_starts_no_thread_and_writes_no_row(logged: Bench) -> None:
    logged.submit(1)
    assert isinstance(logged.run()[0], Done)

    assert not [each for each in threading.enumerate() if each.name.endswith("job-logs")]
    assert logged.sql("SELECT count(*) FROM job_log") == [(0,)]


def test_what_is_logged_outside_a_function_or_by_a_job_without_a_row_is_kept_nowhere(logged: Bench) -> None:
    left: list[threading.Thread] = []

    def act(ctx: JobContext, _args: Play) -> None:
        carried = contextvars.copy_context()
        thread = threading.Thread(target=carried.run, args=(lambda: (gone.wait(10), ctx.log.info("too late")),))
        thread.start()
        left.append(thread)

    gone = threading.Event()
    logged.stage.act = act
    job = logged.submit(1)
    logged.run()
    gone.set()
    left[0].join()
    logging.getLogger("platform").error("of the process")

    assert messages(logged, job.id) == []


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
        for _ in range(200):
            ctx.log.error("x" * 10_000, more="y" * 10_000)

    logged.stage.act = act
    logged.submit(1)
    logged.run()
    written(logged)

    ((size, left_out),) = logged.sql(
        "SELECT sum(octet_length(message) + octet_length(fields::text)), max(left_out) FROM job_log"
    )
    assert 200_000 < size < 257 * 1024
    assert left_out > 100


def test_secrets_and_what_no_row_can_hold_are_not_kept(logged: Bench) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise ValueError("no text of mine")

    def act(ctx: JobContext, _args: Play) -> None:
        ctx.log.info("to postgresql://me:hunter2@db/x\n{'forged': 1}", password="hunter2", nul="a\x00b\ud800")
        ctx.log.info("odd", big=10**30, nan=float("nan"), deep={"a": [{"token": "hunter2"}]}, raw=b"hunter2")
        ctx.log.info("hostile", it=Hostile())
        try:
            raise ValueError("password=hunter2")
        except ValueError:
            ctx.log.exception("failed")

    logged.stage.act = act
    job = logged.submit(1)
    assert isinstance(logged.run()[0], Done)

    kept = messages(logged, job.id)
    text = str(logged.sql("SELECT message, fields FROM job_log"))
    assert kept == ["to postgresql://***@db/x\\n{'forged': 1}", "odd", "failed"]
    assert "hunter2" not in text
    assert "Traceback" in text


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
    writer = logged.runtime.resources[LogSink]
    assert isinstance(writer, LogWriter)
    writer._write([LogRow("no uuid", 1, "t", 0, 1, 1_000, 20, "poison", "{}", 0)])

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
