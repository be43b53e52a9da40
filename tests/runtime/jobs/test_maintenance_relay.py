"""The relay and the settler: what PostgreSQL has reaches the index, what the index ended reaches PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.jobs import Job, Unrecoverable, submit_many
from shared.jobs.admission import prepare
from shared.jobs.index_ids import to_index
from shared.jobs.ledger import ledger, queries
from shared.jobs.maintenance import settler
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, Play, play


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A settler that finds nothing blocks for 20 ms only."""
    monkeypatch.setattr(settler, "BLOCK_SECONDS", 0.02)


def committed(bench: Bench, count: int) -> list[Job]:
    """Rows that nobody has pushed."""
    with bench.jobs.database.unit_of_work() as work:
        prepared = [prepare(bench.jobs.catalogue, play, Play(number=number)) for number in range(count)]
        return ledger.open_jobs(work, prepared)


def test_the_relay_pushes_what_nobody_pushed_in_order(bench: Bench) -> None:
    jobs = committed(bench, 3)
    bench.age()

    has_more = relay_once(bench.jobs)

    assert has_more is False
    assert [claimed.held.id for claimed in bench.claim()] == [job.id for job in jobs]
    assert bench.sql("SELECT count(*) FROM job WHERE pushed_at IS NULL") == [(0,)]


def test_the_first_two_seconds_of_a_row_belong_to_its_submitter(bench: Bench) -> None:
    committed(bench, 3)

    relay_once(bench.jobs)

    assert bench.claim() == ()


def test_a_row_that_was_pushed_is_not_pushed_again(bench: Bench) -> None:
    job = bench.submit(1)
    bench.age()

    relay_once(bench.jobs)

    assert len(bench.claim()) == 1
    assert bench.kinds(job.id) == ["enqueued", "started"]


def test_a_row_somebody_else_holds_is_left_to_him(bench: Bench) -> None:
    job = committed(bench, 1)[0]
    bench.age()

    with bench.jobs.database.unit_of_work() as work:
        queries.lock_live(work, [job.id])
        relay_once(bench.jobs)

    assert bench.entry(job.id) is None


def test_a_row_that_is_final_is_never_pushed(bench: Bench) -> None:
    job = committed(bench, 1)[0]
    bench.age()
    bench.cancel(job.id)

    relay_once(bench.jobs)

    assert bench.entry(job.id) is None


def test_four_relays_at_once_push_each_row_once(bench: Bench) -> None:
    jobs = committed(bench, 700)
    bench.age()

    with ThreadPoolExecutor(4) as pool:
        while any(pool.map(lambda _: relay_once(bench.jobs), range(4))):
            pass

    assert {claimed.held.id for claimed in bench.claim(1000)} == {job.id for job in jobs}
    assert sum(bench.kinds(jobs[0].id).count(kind) for kind in ("enqueued",)) == 1


def test_an_outcome_record_becomes_the_row_and_then_its_entry_goes(bench: Bench) -> None:
    job = bench.submit(7)
    bench.run()
    state_before = (bench.row(job.id).state, bench.state(job.id))

    settle_once(bench.jobs)

    assert state_before == (State.QUEUED, "completed")
    assert bench.row(job.id).result == {"number": 7}
    assert bench.entry(job.id) is None
    assert bench.redis.zcard(bench.jobs.scripts.keys.of("unsettled")) == 0
    assert bench.redis.hlen(bench.jobs.scripts.keys.of("outcomes")) == 0


def test_an_outcome_of_a_row_that_is_cancelled_changes_nothing_and_its_entry_goes(bench: Bench) -> None:
    job = bench.submit(7)
    bench.run()
    bench.cancel(job.id)
    before = bench.row(job.id)

    settle_once(bench.jobs)

    assert bench.row(job.id) == before
    assert bench.entry(job.id) is None


def test_an_outcome_of_an_older_generation_changes_nothing(bench: Bench) -> None:
    job = bench.submit(7)
    bench.run()
    bench.sql("UPDATE job SET generation = 2 WHERE id = :id", id=job.id)

    settle_once(bench.jobs)

    assert bench.row(job.id).state is State.QUEUED
    assert bench.row(job.id).result is None


def test_an_outcome_whose_row_is_gone_lets_its_entry_go(bench: Bench) -> None:
    job = bench.submit(7)
    bench.run()
    bench.sql("DELETE FROM job")

    settle_once(bench.jobs)

    assert bench.entry(job.id) is None


def test_settling_twice_changes_nothing(bench: Bench) -> None:
    job = bench.submit(7)
    bench.run()
    records = bench.redis.hgetall(bench.jobs.scripts.keys.of("outcomes"))
    settle_once(bench.jobs)
    before = bench.row(job.id)
    bench.redis.hset(bench.jobs.scripts.keys.of("outcomes"), mapping=records)
    bench.redis.zadd(bench.jobs.scripts.keys.of("unsettled"), {to_index(job.id): 1})

    settle_once(bench.jobs)

    assert bench.row(job.id) == before
    assert bench.sql("SELECT count(*) FROM attempt") == [(1,)]


def test_a_settler_that_dies_before_its_commit_loses_no_outcome(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job = bench.submit(7)
    bench.run()
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            settle_once(bench.jobs)
    entry_after_fault = bench.state(job.id)

    settle_once(bench.jobs)

    assert entry_after_fault == "completed"
    assert bench.row(job.id).state is State.COMPLETED


def test_a_dead_job_keeps_its_error_after_settling(bench: Bench) -> None:
    def act(*_: object) -> None:
        raise Unrecoverable("gone")

    bench.stage.act = act
    job = bench.submit(7)
    bench.run()

    settle_once(bench.jobs)

    row = bench.row(job.id)
    assert row.error is not None
    assert (row.state, row.error["message"], row.args["number"]) == (State.DEAD, "gone", 7)


def test_four_settlers_at_once_settle_each_outcome_once(bench: Bench) -> None:
    submit_many(bench.jobs, play, [Play(number=number) for number in range(300)])
    for _ in range(3):
        bench.run()

    with ThreadPoolExecutor(4) as pool:
        while bench.redis.zcard(bench.jobs.scripts.keys.of("unsettled")):
            list(pool.map(lambda _: settle_once(bench.jobs), range(4)))

    assert bench.sql("SELECT state, count(*) FROM job GROUP BY 1") == [("completed", 300)]
    assert bench.sql("SELECT count(*) FROM attempt") == [(300,)]
