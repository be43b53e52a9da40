"""History that waits: what an outcome tells is not written twice, and nothing else is left out or lost."""

import pytest

from shared.jobs import JobContext
from shared.jobs.ledger import ledger
from shared.jobs.ledger.records import Event
from shared.jobs.maintenance import history, ledger_writer
from shared.jobs.maintenance.history import Told, ripe, worth_writing
from shared.jobs.maintenance.ledger_writer import GROUP, LedgerWriter
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, Play

#: Longer than any test.
LONG_MS = 600_000


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that finds nothing blocks for 20 ms only."""
    monkeypatch.setattr(ledger_writer, "BLOCK_SECONDS", 0.02)


def event(kind: str, *, job: str = "a", token: str = "", generation: int = 1) -> Event:
    """One event of a job; its token tells its attempts apart."""
    return Event(
        event_id="1-0", job_id=job, generation=generation, queue="work", name="play", state=State.RUNNING, kind=kind,
        attempts=1, at_ms=1, due_ms=0, token=token, worker="", started_ms=1, extra="",
    )  # fmt: skip


def left(*events: Event, known: tuple[Event, ...] = ()) -> list[tuple[str, str]]:
    return [(each.kind, each.token) for each in worth_writing(events, (*events, *known))]


def told(at_ms: int, events: int = 1) -> Told:
    return Told(f"{at_ms}-0".encode(), (event("started"),) * events)


def pending(bench: Bench) -> int:
    return int(bench.redis.xpending(bench.jobs.scripts.keys.of("events"), GROUP)["pending"])


def started_writer(bench: Bench, *, hold_ms: int, consumer: str = "by-hand") -> LedgerWriter:
    """A writer whose group is there and that has looked for what was left to it."""
    writer = LedgerWriter(bench.jobs, consumer, hold_ms=hold_ms)
    for _ in range(2):
        writer.run_once()
    return writer


def test_of_a_job_that_ended_nothing_is_left_to_write() -> None:
    assert left(event("enqueued"), event("started", token="t"), event("completed", token="t")) == []


def test_an_end_that_waits_itself_counts() -> None:
    assert left(event("enqueued"), event("started", token="t"), known=(event("dead", token="t"),)) == []


def test_earlier_attempts_of_a_job_that_ended_are_written() -> None:
    events = [event("started", token="1"), event("retrying", token="1"), event("started", token="2")]

    assert left(*events, event("completed", token="2")) == [("started", "1"), ("retrying", "1")]


def test_the_attempt_of_a_dropped_job_is_written_since_no_outcome_tells_it() -> None:
    assert left(event("started", token="t"), event("dropped", token="t")) == [("started", "t"), ("dropped", "t")]


def test_the_progress_of_a_job_that_ended_is_written() -> None:
    events = [event("started", token="t"), event("progress", token="t"), event("completed", token="t")]

    assert left(*events) == [("progress", "t")]


def test_a_newer_generation_is_not_ended_by_an_older_one() -> None:
    events = [event("dropped"), event("enqueued", generation=2), event("started", token="t", generation=2)]

    assert left(*events) == [("enqueued", ""), ("started", "t")]


def test_other_jobs_are_not_touched_by_an_end() -> None:
    assert left(event("started", token="t"), event("completed", job="b", token="u")) == [("started", "t")]


def test_entries_are_ripe_from_the_oldest_on() -> None:
    entries = [told(100), told(200), told(300)]

    assert [ripe(entries, now_ms=now, hold_ms=50) for now in (149, 150, 249, 250, 400)] == [0, 1, 1, 2, 3]


def test_more_events_than_may_wait_push_the_oldest_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HELD_MAX", 10)

    assert ripe([told(1, 5), told(2, 5), told(3, 4), told(4, 4)], now_ms=4, hold_ms=LONG_MS) == 2


def test_a_job_that_ends_while_its_events_wait_is_written_by_its_outcome_alone(bench: Bench) -> None:
    job = bench.submit(1)
    writer = started_writer(bench, hold_ms=LONG_MS)
    bench.run()
    writer.run_once()
    held = pending(bench)
    bench.sql("UPDATE job SET event_ms = -1")

    writer._hold_ms = 0
    writer.run_once()
    attempts_before = bench.sql("SELECT count(*) FROM attempt")
    bench.settle()

    assert held == 3
    assert pending(bench) == 0
    assert bench.sql("SELECT event_ms, state FROM job") == [(-1, "completed")]
    assert attempts_before == [(0,)]
    assert bench.sql("SELECT job_id::text, outcome FROM attempt") == [(job.id, "completed")]


def test_a_job_that_does_not_end_in_time_shows_that_it_runs(bench: Bench) -> None:
    job = bench.submit(1)
    writer = started_writer(bench, hold_ms=LONG_MS)
    bench.claim()
    writer.run_once()
    state_held = bench.row(job.id).state

    writer._hold_ms = 0
    writer.run_once()

    assert state_held is State.QUEUED
    assert bench.row(job.id).state is State.RUNNING
    assert pending(bench) == 0


def test_events_that_wait_outlive_their_writer(bench: Bench) -> None:
    job = bench.submit(1)
    dying = started_writer(bench, hold_ms=LONG_MS)
    bench.claim()
    dying.run_once()

    heir = LedgerWriter(bench.jobs, "by-hand", hold_ms=LONG_MS)
    heir.run_once()

    assert bench.row(job.id).state is State.RUNNING
    assert pending(bench) == 0


def test_what_waits_is_not_acknowledged_with_what_is_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = started_writer(bench, hold_ms=LONG_MS)
    bench.submit(1)
    bench.claim()
    monkeypatch.setattr(history, "HELD_MAX", 1)

    writer.run_once()

    assert bench.sql("SELECT pushed_at IS NOT NULL, state FROM job") == [(True, "queued")]
    assert pending(bench) == 1


def test_a_fault_loses_neither_what_waits_nor_what_was_just_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = bench.submit(1)
    writer = started_writer(bench, hold_ms=LONG_MS)
    bench.claim()
    writer.run_once()
    job = bench.submit(2)
    bench.claim()
    writer._hold_ms = 0
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "apply", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            writer.run_once()

    writer.run_once()

    assert [bench.row(each.id).state for each in (waiting, job)] == [State.RUNNING, State.RUNNING]
    assert pending(bench) == 0


def test_the_attempt_of_an_older_generation_is_recorded_and_its_row_left_alone(bench: Bench) -> None:
    bench.submit(1)
    bench.run()
    bench.sql("UPDATE job SET generation = 2")

    bench.settle()

    assert bench.sql("SELECT generation, outcome FROM attempt") == [(1, "completed")]
    assert bench.sql("SELECT generation, state FROM job") == [(2, "queued")]


def test_a_failed_attempt_before_the_last_is_kept_whether_or_not_its_history_waited(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        if ctx.attempt == 1:
            raise ValueError(args.number)

    bench.stage.act = act
    bench.submit(1)
    writer = started_writer(bench, hold_ms=LONG_MS)
    bench.run()
    bench.make_due()
    bench.run()
    writer.run_once()
    bench.settle()

    writer._hold_ms = 0
    writer.run_once()

    assert bench.sql("SELECT number, outcome FROM attempt ORDER BY number") == [(1, "failed"), (2, "completed")]
    assert bench.sql("SELECT state FROM job") == [("completed",)]


def test_the_last_progress_of_a_job_stays_whether_its_end_or_its_history_was_written_first(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        ctx.progress(args.number, 10, "rows")

    bench.stage.act = act
    first = bench.submit(10)
    bench.run()
    bench.settle()
    bench.write_history()
    second = bench.submit(10)
    bench.run()
    bench.write_history()
    bench.settle()

    rows = [bench.row(job.id) for job in (first, second)]
    assert [(row.state, row.progress) for row in rows] == [
        (State.COMPLETED, {"done": 10, "total": 10, "note": "rows"})
    ] * 2


def test_a_progress_of_an_older_generation_is_not_shown(bench: Bench) -> None:
    bench.stage.act = lambda ctx, _args: ctx.progress(1, 2, "rows")
    job = bench.submit(1)
    bench.run()
    bench.settle()
    bench.sql("UPDATE job SET generation = 2")

    bench.write_history()

    assert bench.row(job.id).progress is None
