"""A key means one job as long as its mode says, through every door and every end."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.jobs import (
    Cancel,
    Job,
    JobContext,
    Snooze,
    debounce,
    keep_latest,
    minutes,
    unique_for,
    until_done,
    until_start,
)
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.drains import drain
from shared.jobs.control.removals import remove
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.sequences import advance_once
from shared.jobs.maintenance.sweeper import sweep_once
from tests.runtime.jobs.kept_entries import set_body
from tests.runtime.jobs.sample import WORK, Bench, Play

LATER = debounce(minutes(5), max_wait=minutes(20))


def rows(bench: Bench) -> int:
    return int(bench.sql("SELECT count(*) FROM job")[0][0])


def fail(_ctx: JobContext, _args: Play) -> None:
    raise RuntimeError("no")


@pytest.mark.parametrize("unique", [until_start(), until_done(), unique_for(minutes(1)), LATER, keep_latest()])
def test_a_hundred_concurrent_submissions_are_one_job(bench: Bench, unique: object) -> None:
    start = threading.Barrier(6)

    def submit_some(of: int) -> set[str]:
        start.wait()
        return {bench.submit(of, unique_key="wallet", unique=unique).id for _ in range(17)}

    with ThreadPoolExecutor(6) as pool:
        ids = set.union(*pool.map(submit_some, range(6)))

    assert (len(ids), rows(bench)) == (1, 1)


def test_the_answer_says_whether_the_job_was_there(bench: Bench) -> None:
    first = bench.submit(1, unique_key="a")
    again = bench.submit(2, unique_key="a")
    other = bench.submit(2, unique_key="b")

    assert (first.already_existed, again.already_existed, other.already_existed) == (False, True, False)
    assert again.id == first.id != other.id
    assert again.args["number"] == 1


def complete(bench: Bench, _job_id: str) -> None:
    bench.run()


def die(bench: Bench, _job_id: str) -> None:
    bench.stage.act = fail
    for _ in range(3):
        bench.run()
        bench.make_due()


def discard(bench: Bench, _job_id: str) -> None:
    def act(_ctx: JobContext, _args: Play) -> None:
        raise Cancel("void")

    bench.stage.act = act
    bench.run()


def be_undecodable(bench: Bench, job_id: str) -> None:
    set_body(bench.scripts, job_id, b"no body")
    bench.run()


def crash_too_often(bench: Bench, _job_id: str) -> None:
    for _ in range(3):
        bench.claim()
        bench.expire_leases()
        bench.jobs.scripts.reclaim(WORK.name)


def be_cancelled(bench: Bench, job_id: str) -> None:
    cancel(bench.jobs, job_id)


def be_cancelled_while_it_runs(bench: Bench, job_id: str) -> None:
    bench.claim()
    cancel(bench.jobs, job_id)


def be_drained(bench: Bench, _job_id: str) -> None:
    drain(bench.jobs, WORK.name, reason="too many")


def expire(bench: Bench, job_id: str) -> None:
    bench.sql("UPDATE job SET state = 'expired', finished_at = clock_timestamp() WHERE id = :id", id=job_id)


def be_removed(bench: Bench, job_id: str) -> None:
    cancel(bench.jobs, job_id)
    remove(bench.jobs, job_id)


ENDS = [
    complete, die, discard, be_undecodable, crash_too_often, be_cancelled, be_cancelled_while_it_runs, be_drained,
    expire, be_removed,
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
@pytest.mark.parametrize("unique", [until_start(), until_done(), keep_latest()], ids=lambda unique: unique.mode)
def test_every_end_frees_the_key_at_once(bench: Bench, unique: object, end: Callable[[Bench, str], None]) -> None:
    first = bench.submit(1, unique_key="a", unique=unique)
    end(bench, first.id)

    second = bench.submit(2, unique_key="a", unique=unique)

    assert second.id != first.id
    assert not second.already_existed


def test_a_retry_and_a_snooze_keep_the_key_until_done(bench: Bench) -> None:
    bench.stage.act = fail
    first = bench.submit(1, unique_key="a", unique=until_done())
    bench.run()
    assert bench.submit(2, unique_key="a", unique=until_done()).id == first.id

    def snooze(_ctx: JobContext, _args: Play) -> None:
        raise Snooze(minutes(1))

    bench.stage.act = snooze
    bench.make_due()
    bench.run()
    assert bench.submit(3, unique_key="a", unique=until_done()).id == first.id


def test_until_start_frees_the_key_before_the_function_is_called(bench: Bench) -> None:
    seen = []

    def act(_ctx: JobContext, args: Play) -> None:
        if args.number == 1:
            seen.append(bench.submit(2, unique_key="a", unique=until_start()).already_existed)
            seen.append(bench.submit(3, unique_key="a", unique=until_start()).already_existed)
        raise RuntimeError("so that it is retried")

    bench.stage.act = act
    bench.submit(1, unique_key="a", unique=until_start())
    bench.run()

    assert seen == [False, True]
    assert bench.submit(4, unique_key="a", unique=until_start()).already_existed


@pytest.mark.parametrize("is_due_at_once", [True, False])
def test_a_start_waits_for_the_transaction_that_counts_on_it(bench: Bench, is_due_at_once: bool) -> None:
    first = bench.submit(1, unique_key="a", unique=LATER)
    bench.sql("UPDATE unique_lock SET due_at = clock_timestamp()")
    bench.make_due()
    [claimed] = bench.claim()
    attempted: list[object] = []
    thread = threading.Thread(target=lambda: attempted.append(bench.attempt(claimed)))

    with bench.jobs.database.unit_of_work() as work:
        bench.submit(2, unique_key="a", unique=LATER, within=work)
        if is_due_at_once:
            work.connection.exec_driver_sql("UPDATE unique_lock SET due_at = clock_timestamp()")
        thread.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while not bench.sql(waiting)[0][0]:
            assert thread.is_alive()
        assert bench.stage.runs == []
    thread.join(10)

    expected = [(first.id, 1, 2)] if is_due_at_once else []
    assert bench.stage.runs == expected, "it runs with what the transaction committed, and not before its new time"


def test_a_time_to_live_holds_whatever_becomes_of_the_job_and_no_longer(bench: Bench) -> None:
    first = bench.submit(1, unique_key="a", unique=unique_for(minutes(1)))
    bench.run()
    bench.settle()
    bench.sql("UPDATE job SET finished_at = finished_at - interval '23 hours'")
    sweep_once(bench.jobs)
    assert bench.submit(2, unique_key="a", unique=unique_for(minutes(1))).id == first.id

    bench.sql("UPDATE unique_lock SET expires_at = clock_timestamp() - interval '1 ms'")

    assert bench.submit(3, unique_key="a", unique=unique_for(minutes(1))).id != first.id


def test_debounce_waits_for_quiet_and_not_for_ever_and_runs_the_newest(bench: Bench) -> None:
    first = bench.submit(1, unique_key="a", unique=LATER)
    bench.sql("UPDATE unique_lock SET due_at = due_at - interval '4 min', taken_at = taken_at - interval '4 min'")
    second = bench.submit(2, unique_key="a", unique=LATER)
    assert first.scheduled_for is not None
    assert second.scheduled_for is not None
    assert second.scheduled_for >= first.scheduled_for
    bench.sql("UPDATE unique_lock SET taken_at = taken_at - interval '13 min'")
    capped = bench.submit(3, unique_key="a", unique=LATER).scheduled_for
    assert capped == bench.sql("SELECT greatest(:second, taken_at + interval '20 min') FROM unique_lock",
                               second=second.scheduled_for)[0][0]  # fmt: skip

    bench.make_due()
    bench.run()
    assert (bench.stage.runs, bench.row(first.id).attempts_made) == ([], 0), "the row's time counts, not the index's"

    bench.sql("UPDATE unique_lock SET due_at = clock_timestamp()")
    bench.make_due()
    bench.run()
    assert bench.stage.runs == [(first.id, 1, 3)]
    assert bench.submit(4, unique_key="a", unique=LATER).id != first.id


def test_keep_latest_is_one_that_runs_and_one_that_waits_with_the_newest(bench: Bench) -> None:
    first = bench.submit(1, unique_key="a", unique=keep_latest())
    assert bench.submit(2, unique_key="a", unique=keep_latest()).id == first.id
    [claimed] = bench.claim()
    waiting: list[Job] = []

    def act(_ctx: JobContext, _args: Play) -> None:
        waiting.extend(bench.submit(number, unique_key="a", unique=keep_latest()) for number in (3, 4, 5))
        assert not advance_once(bench.jobs)

    bench.stage.act = act
    bench.attempt(claimed)
    assert ({job.id for job in waiting}, waiting[0].state) == ({waiting[0].id}, "blocked")
    assert bench.claim() == ()

    bench.stage.act = lambda ctx, args: None
    bench.settle()
    advance_once(bench.jobs)
    bench.run()

    assert bench.stage.numbers == [2, 5]
    assert rows(bench) == 2
    assert not bench.submit(6, unique_key="a", unique=keep_latest()).already_existed


def test_who_leaves_a_line_frees_his_key_at_his_start(bench: Bench) -> None:
    bench.submit(1, unique_key="a", unique=keep_latest())
    [first] = bench.claim()
    bench.stage.act = lambda ctx, args: bench.submit(2, unique_key="a", unique=keep_latest()).id
    bench.attempt(first)
    bench.settle()
    advance_once(bench.jobs)
    bench.stage.act = fail
    bench.run()

    assert not bench.submit(3, unique_key="a", unique=keep_latest()).already_existed


def test_keys_survive_the_loss_of_the_index(bench: Bench) -> None:
    ids = {
        unique.mode: bench.submit(1, unique_key=unique.mode, unique=unique).id
        for unique in (until_start(), until_done(), unique_for(minutes(1)), LATER, keep_latest())
    }
    bench.redis.flushall()
    reconcile_once(bench.jobs)

    for unique in (until_start(), until_done(), unique_for(minutes(1)), LATER, keep_latest()):
        assert bench.submit(2, unique_key=unique.mode, unique=unique).id == ids[unique.mode]
    bench.run()
    assert sorted(bench.stage.numbers) == [1, 1, 1, 2]


def test_a_crash_after_the_commit_loses_neither_job_nor_key(bench: Bench) -> None:
    work = bench.jobs.database.begin()
    lost = bench.submit(1, unique_key="a", within=work)
    work.rollback()
    again = bench.submit(2, unique_key="a")
    assert (again.id != lost.id, again.already_existed) == (True, False)

    work = bench.jobs.database.begin()
    kept = bench.submit(3, unique_key="b", unique=until_start(), within=work)
    work.commit()  # and dies before its hooks
    assert bench.submit(4, unique_key="b", unique=until_start()).id == kept.id
    bench.age()
    relay_once(bench.jobs)
    bench.run()

    assert sorted(bench.stage.numbers) == [2, 3]
    assert not bench.submit(5, unique_key="b", unique=until_start()).already_existed
