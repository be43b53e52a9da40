"""The history writer: events become rows' live states and attempts, whoever reads them and however often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.jobs import JobContext, Snooze, seconds, submit_many
from shared.jobs.ledger import ledger
from shared.jobs.maintenance import ledger_writer
from shared.jobs.maintenance.ledger_writer import GROUP, LedgerWriter
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, Play, play


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that finds nothing blocks for 20 ms only."""
    monkeypatch.setattr(ledger_writer, "BLOCK_SECONDS", 0.02)


def failing(_ctx: JobContext, _args: Play) -> None:
    raise ValueError("no such coin")


def test_a_push_is_stamped(bench: Bench) -> None:
    bench.submit(1)

    bench.write_history()

    assert bench.sql("SELECT pushed_at IS NOT NULL FROM job") == [(True,)]


def test_a_running_job_shows_in_its_row(bench: Bench) -> None:
    job = bench.submit(1)
    bench.claim()

    bench.write_history()

    row = bench.row(job.id)
    assert (row.state, row.attempts_made) == (State.RUNNING, 1)
    assert row.started_at is not None
    assert bench.sql("SELECT number, worker, outcome FROM attempt") == [(1, "by-hand", None)]


def test_a_retrying_job_shows_its_error_and_its_next_time(bench: Bench) -> None:
    bench.stage.act = failing
    job = bench.submit(1)
    bench.run()

    bench.write_history()

    row = bench.row(job.id)
    assert (row.state, row.attempts_made) == (State.RETRYING, 1)
    assert row.error is not None
    assert row.error["message"] == "no such coin"
    assert row.scheduled_for is not None
    assert row.started_at is not None
    assert seconds(55) < row.scheduled_for - row.started_at < seconds(65)
    assert bench.sql("SELECT outcome, error->>'message' FROM attempt") == [("failed", "no such coin")]


def test_each_attempt_has_its_row(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        if len(bench.stage.runs) == 1:
            raise Snooze(seconds(1))
        if len(bench.stage.runs) == 2:
            failing(ctx, args)

    bench.stage.act = act
    bench.submit(1)
    for _ in range(3):
        bench.make_due()
        bench.run()
    bench.write_history()
    bench.settle()

    rows = bench.sql("SELECT number, outcome FROM attempt ORDER BY started_at, number, outcome DESC")
    assert rows == [(1, "snoozed"), (1, "failed"), (2, "completed")] or rows == [
        (1, "failed"),
        (1, "snoozed"),
        (2, "completed"),
    ]


def test_history_that_comes_after_the_outcome_does_not_take_the_row_back(bench: Bench) -> None:
    job = bench.submit(1)
    bench.run()
    bench.settle()
    before = bench.row(job.id)

    bench.write_history()

    assert bench.row(job.id) == before
    assert bench.sql("SELECT outcome FROM attempt") == [("completed",)]


def test_events_of_an_older_generation_change_nothing(bench: Bench) -> None:
    job = bench.submit(1)
    bench.claim()
    bench.sql("UPDATE job SET generation = 2")

    bench.write_history()

    assert bench.row(job.id).state is State.QUEUED


def test_events_applied_twice_change_nothing_more(bench: Bench) -> None:
    bench.stage.act = failing
    job = bench.submit(1)
    bench.run()
    bench.write_history()
    before = (bench.row(job.id), bench.sql("SELECT * FROM attempt"))
    bench.redis.xgroup_setid(bench.jobs.scripts.keys.of("events"), GROUP, "0")

    bench.write_history()

    assert (bench.row(job.id), bench.sql("SELECT * FROM attempt")) == before


def test_a_fault_in_the_middle_of_a_batch_loses_no_event(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job = bench.submit(1)
    bench.claim()
    writer = LedgerWriter(bench.jobs, "by-hand")
    writer.run_once()  # makes the group
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "apply", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            writer.run_once()

    writer.run_once()

    assert bench.row(job.id).state is State.RUNNING
    assert bench.redis.xpending(bench.jobs.scripts.keys.of("events"), GROUP)["pending"] == 0


def test_what_a_dead_consumer_had_taken_is_taken_over(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_writer, "IDLE_MS", 0)
    stream = bench.jobs.scripts.keys.of("events")
    job = bench.submit(1)
    bench.claim()
    bench.redis.xgroup_create(stream, GROUP, id="0")
    bench.redis.xreadgroup(GROUP, "dead", {stream: ">"})

    LedgerWriter(bench.jobs, "heir").run_once()

    assert bench.row(job.id).state is State.RUNNING
    assert bench.redis.xpending(stream, GROUP)["pending"] == 0


def test_an_unreadable_event_is_skipped_and_its_neighbours_are_applied(bench: Bench) -> None:
    bench.redis.xadd(bench.jobs.scripts.keys.of("events"), {"e": b"\xc1 not of ours"})
    bench.redis.xadd(bench.jobs.scripts.keys.of("events"), {"other": "field"})
    job = bench.submit(1)
    bench.claim()

    bench.write_history()

    assert bench.row(job.id).state is State.RUNNING


def test_history_goes_on_after_the_index_was_flushed(bench: Bench) -> None:
    writer = LedgerWriter(bench.jobs, "by-hand")
    bench.submit(1)
    writer.run_once()
    writer.run_once()
    bench.redis.flushdb()
    job = bench.submit(2)

    for _ in range(3):
        writer.run_once()

    assert bench.sql("SELECT pushed_at IS NOT NULL FROM job WHERE id = :id", id=job.id) == [(True,)]


def test_two_writers_at_once_leave_what_one_would(bench: Bench) -> None:
    bench.stage.act = failing
    submit_many(bench.jobs, play, [Play(number=number) for number in range(100)])
    bench.run()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bench.write_history, ("one", "two")))

    assert bench.sql("SELECT state, count(*) FROM job GROUP BY 1") == [("retrying", 100)]
    assert bench.sql("SELECT outcome, count(*) FROM attempt GROUP BY 1") == [("failed", 100)]
