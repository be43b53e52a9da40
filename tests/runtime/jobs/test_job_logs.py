"""What jobs log is captured wherever their function runs, theirs alone, and clean."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from shared.jobs import JobContext, submit
from shared.jobs.outcomes import Again, Done
from tests.runtime.jobs.log_keeping import driver, logs_kept, messages, written
from tests.runtime.jobs.sample import Bench, Play, at_work
from tests.runtime.jobs.waiting import eventually
from tests.runtime.jobs.ways import Chorus, Order, apart, open_ways, sing

Ways = tuple[Bench, Chorus]


@pytest.fixture
def ways(empty_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ways]:
    monkeypatch.setenv("DATABASE_URL", empty_url)  # where an isolated job's process finds them
    monkeypatch.setenv("REDIS_URL", redis_url)
    with open_ways(empty_url, redis_url) as (bench, chorus), logs_kept(bench):
        yield bench, chorus


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


def test_a_thread_of_a_job_is_heard_when_it_carries_the_context_and_a_bare_one_is_not(logged: Bench) -> None:
    def act(_ctx: JobContext, _args: Play) -> None:
        carrying = threading.Thread(target=contextvars.copy_context().run, args=(driver.info, "carries"))
        bare = threading.Thread(target=contextvars.Context().run, args=(driver.info, "bare"))
        for thread in (carrying, bare):
            thread.start()
            thread.join()

    logged.stage.act = act
    job = logged.submit(1)
    logged.run()
    written(logged)

    assert messages(logged, job.id) == ["carries"]


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


def test_what_is_logged_after_a_function_or_outside_of_one_is_kept_nowhere(logged: Bench) -> None:
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
