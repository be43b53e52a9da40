"""A key means one job as long as its mode says, through every door and every end."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from protos.jobs.v1 import jobs_pb2
from shared.errors import AlreadyExists, ConfigurationInvalid, InvalidArgument
from shared.jobs import (
    Cancel,
    JobContext,
    Snooze,
    debounce,
    job,
    keep_latest,
    minutes,
    seconds,
    submit_many,
    unique_for,
    until_done,
    until_start,
)
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.drains import drain
from shared.jobs.control.removals import remove
from shared.jobs.control.requeues import requeue
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.sequences import advance_once
from shared.jobs.maintenance.sweeper import sweep_once
from tests.runtime.jobs.sample import WORK, Bench, Play, play
from tests.runtime.jobs.site import Site, refusal

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
    bench.redis.hset(bench.jobs.scripts.keys.of("bodies"), job_id, "no body")
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


def test_a_start_waits_for_the_transaction_that_counts_on_it(bench: Bench) -> None:
    first = bench.submit(1, unique_key="a", unique=LATER)
    bench.sql("UPDATE unique_lock SET due_at = clock_timestamp()")
    bench.make_due()
    [claimed] = bench.claim()
    attempted: list[object] = []
    thread = threading.Thread(target=lambda: attempted.append(bench.attempt(claimed)))

    with bench.jobs.database.unit_of_work() as work:
        bench.submit(2, unique_key="a", unique=LATER, within=work)
        work.connection.exec_driver_sql("UPDATE unique_lock SET due_at = clock_timestamp()")
        thread.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while not bench.sql(waiting)[0][0]:
            assert thread.is_alive()
        assert bench.stage.runs == []
    thread.join(10)

    assert bench.stage.runs == [(first.id, 1, 2)], "it ran with what the transaction committed"


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
    waiting = []

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
    with pytest.raises(KeyboardInterrupt), bench.jobs.database.unit_of_work() as work:
        lost = bench.submit(1, unique_key="a", within=work)
        raise KeyboardInterrupt
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


def test_a_bulk_submission_is_the_same_as_one_after_the_other(bench: Bench) -> None:
    known = bench.submit(7, unique=until_done(by="number"))
    made = submit_many(
        bench.jobs, play, [Play(number=number) for number in (5, 7, 5, 6)], unique=until_done(by="number")
    )

    assert [job.already_existed for job in made] == [False, True, True, False]
    assert (made[1].id, made[2].id) == (known.id, made[0].id)
    bench.run()
    assert bench.stage.numbers == [7, 5, 6]


def test_two_bulk_submissions_of_the_same_keys_never_wait_for_each_other_in_a_circle(bench: Bench) -> None:
    numbers = list(range(40))

    def submit_all(order: list[int]) -> set[str]:
        plays = [Play(number=number) for number in order]
        return {job.id for job in submit_many(bench.jobs, play, plays, unique=until_done())}

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(submit_all, [numbers, numbers[::-1], numbers[20:] + numbers[:20], numbers[::-1]]))

    assert ids == [ids[0]] * 4
    assert rows(bench) == 40


def test_a_requeue_takes_the_key_again_or_is_refused(bench: Bench) -> None:
    first = bench.submit(1, unique_key="a", unique=until_start())
    bench.run()
    bench.settle()
    requeue(bench.jobs, first.id)
    assert bench.submit(2, unique_key="a", unique=until_start()).id == first.id
    bench.run()
    bench.settle()
    second = bench.submit(3, unique_key="a", unique=until_start())

    with pytest.raises(AlreadyExists, match=second.id):
        requeue(bench.jobs, first.id)

    assert bench.row(first.id).state == "completed"


def test_an_idempotency_key_is_answered_with_the_job_that_was_there(bench: Bench) -> None:
    first = bench.submit(1, unique_key="a")
    assert bench.submit(1, unique_key="a", idempotency_key="request").id == first.id
    bench.run()
    bench.settle()

    assert bench.submit(1, unique_key="a", idempotency_key="request").id == first.id
    assert rows(bench) == 1


def test_a_repeated_attempt_means_the_same_unique_child(bench: Bench) -> None:
    children = []

    def act(ctx: JobContext, args: Play) -> None:
        if args.number == 1:
            children.append(ctx.submit(play, Play(number=2), key="child", unique_key="c"))
            if len(children) == 1:
                raise RuntimeError("once more")

    bench.stage.act = act
    bench.submit(1)
    bench.run()
    bench.run()
    bench.settle()
    bench.make_due()
    bench.run()

    assert (len(children), len(set(children)), rows(bench)) == (2, 1, 2)


def test_keys_that_mean_nothing_any_more_are_swept(bench: Bench) -> None:
    bench.submit(1, unique_key="ended")
    bench.run()
    bench.settle()
    bench.submit(2, unique_key="live")
    bench.submit(3, unique_key="timed", unique=unique_for(minutes(90)))
    bench.sql("UPDATE unique_lock SET taken_at = taken_at - interval '61 min'")

    sweep_once(bench.jobs)

    assert [row[0] for row in bench.sql("SELECT key FROM unique_lock ORDER BY key")] == ["live", "timed"]


def test_unique_submissions_over_the_wire_say_that_the_job_was_there(site: Site) -> None:
    unique = jobs_pb2.UniqueRule(mode="debounce", wait_ms=60_000, max_wait_ms=120_000)

    first, again = (site.submit(unique_key="a", unique=unique) for _ in range(2))
    other = site.submit(unique=jobs_pb2.UniqueRule(mode="until_done"))

    assert (first.already_existed, again.already_existed, again.job.id) == (False, True, first.job.id)
    assert (first.job.state, other.already_existed) == (jobs_pb2.JOB_STATE_SCHEDULED, False)
    assert site.submit(unique=jobs_pb2.UniqueRule(mode="until_done")).job.id == other.job.id


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"mode": "sometimes"}, "unique"),
        ({"mode": "for"}, "ttl"),
        ({"mode": "for", "ttl_ms": -1}, "ttl"),
        ({"mode": "for", "ttl_ms": 2**62}, "ttl"),
        ({"mode": "until_done", "ttl_ms": 5}, "ttl"),
        ({"mode": "debounce", "wait_ms": 5}, "max_wait"),
        ({"mode": "debounce", "wait_ms": 5, "max_wait_ms": 4}, "max_wait"),
    ],
)
def test_a_rule_that_cannot_be_had_is_refused_by_name(site: Site, rule: dict[str, object], field: str) -> None:
    error = refusal(lambda: site.submit(unique_key="a", unique=jobs_pb2.UniqueRule(**rule)))

    assert (type(error), error.field) == (InvalidArgument, field)
    assert rows(site.bench) == 0


def test_a_key_that_cannot_be_kept_is_refused(bench: Bench) -> None:
    for key in ("", "x" * 201, "a\nb"):
        with pytest.raises(InvalidArgument) as caught:
            bench.submit(1, unique_key=key)
        assert caught.value.field == "unique_key"
    with pytest.raises(InvalidArgument, match="max_wait"):
        debounce(seconds(2), max_wait=seconds(1))
    with pytest.raises(InvalidArgument, match="ttl"):
        unique_for(timedelta(0))


def test_a_declaration_that_cannot_be_kept_is_refused() -> None:
    def perform(ctx: JobContext, args: Play) -> None:
        """Never runs."""

    with pytest.raises(ConfigurationInvalid, match="durable"):
        job(queue=WORK, name="lost", timeout=seconds(1), durable=False, unique=until_done())(perform)
    with pytest.raises(ConfigurationInvalid, match="'colour'.*allowed: number, note"):
        job(queue=WORK, name="odd", timeout=seconds(1), unique=until_done(by="colour"))(perform)
