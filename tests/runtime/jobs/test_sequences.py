"""Jobs of one key run one after the other, in the order of their commits, whatever happens in between."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from shared.db import Database
from shared.errors import InvalidArgument
from shared.jobs import JobContext, Retry, keep_latest, seconds, submit_many
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.requeues import requeue
from shared.jobs.ledger import lines
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.sequences import advance_once
from shared.jobs.testing import drain
from tests.runtime.jobs.sample import Bench, Play, at_work, jobs_of, open_bench, play
from tests.runtime.jobs.site import Site
from tests.runtime.jobs.waiting import eventually


def states(bench: Bench) -> list[str]:
    return [row[0] for row in bench.sql("SELECT state FROM job ORDER BY seq")]


def advance(bench: Bench) -> None:
    bench.settle()
    advance_once(bench.jobs)


def test_one_runs_at_a_time_in_the_order_of_submission(bench: Bench) -> None:
    first = bench.submit(1, sequence="a", priority=5)
    rest = [bench.submit(number, sequence="a", priority=1) for number in (2, 3)]
    bench.submit(10, sequence="b")
    assert (first.state, [job.state for job in rest]) == ("queued", ["blocked"] * 2)
    assert bench.row(rest[0].id).wait_reason == "sequence"

    for _ in range(3):
        bench.run()
        advance(bench)

    assert bench.stage.numbers in ([1, 10, 2, 3], [10, 1, 2, 3])
    assert states(bench) == ["completed"] * 4


def test_a_job_that_is_retried_or_crashes_keeps_its_turn(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        if args.number == 1 and ctx.attempt < 3:
            raise Retry(seconds(60))

    bench.stage.act = act
    for number in (1, 2):
        bench.submit(number, sequence="a")
    bench.run()
    advance(bench)
    assert bench.claim() == ()
    bench.make_due()
    bench.claim()
    bench.expire_leases()
    bench.jobs.scripts.reclaim("work")
    advance(bench)
    for _ in range(3):
        bench.run()
        advance(bench)
        bench.make_due()

    assert bench.stage.numbers == [1, 1, 1, 2]


def test_every_end_lets_the_next_one_go(bench: Bench) -> None:
    def act(_ctx: JobContext, args: Play) -> None:
        raise RuntimeError("no")

    bench.stage.act = act
    made = [bench.submit(number, sequence="a") for number in range(4)]
    for _ in range(3):
        bench.run()
        bench.make_due()
    advance(bench)
    assert states(bench) == ["dead", "queued", "blocked", "blocked"]
    cancel(bench.jobs, made[1].id)
    advance(bench)
    assert states(bench) == ["dead", "cancelled", "queued", "blocked"]
    bench.sql("UPDATE job SET state = 'expired', finished_at = clock_timestamp() WHERE id = :id", id=made[2].id)
    advance(bench)

    assert states(bench) == ["dead", "cancelled", "expired", "queued"]


def test_who_was_cancelled_while_he_ran_is_waited_for(bench: Bench) -> None:
    first, _second = (bench.submit(number, sequence="a") for number in (1, 2))
    [claimed] = bench.claim()
    cancel(bench.jobs, first.id)
    advance(bench)
    third = bench.submit(3, sequence="a")
    assert (states(bench), third.state) == (["cancelled", "blocked", "blocked"], "blocked")

    bench.attempt(claimed)
    advance(bench)

    assert states(bench) == ["cancelled", "queued", "blocked"]


def test_a_submission_finds_a_line_busy_while_a_cancelled_job_still_runs(bench: Bench) -> None:
    first = bench.submit(1, sequence="a")
    bench.claim()
    cancel(bench.jobs, first.id)

    assert bench.submit(2, sequence="a").state == "blocked"


def test_the_line_survives_the_loss_of_the_index(bench: Bench) -> None:
    for number in range(1, 5):
        bench.submit(number, sequence="a")
    for _ in range(4):
        bench.redis.flushall()
        reconcile_once(bench.jobs)
        assert len(bench.claim()) == 1
        bench.redis.flushall()
        reconcile_once(bench.jobs)
        bench.run()
        advance(bench)

    assert bench.stage.numbers == [1, 2, 3, 4]


def test_a_crash_between_commit_and_push_leaves_the_next_one_to_the_relay(bench: Bench, monkeypatch: Any) -> None:
    for number in (1, 2):
        bench.submit(number, sequence="a")
    bench.run()
    bench.settle()
    with monkeypatch.context() as patched:
        patched.setattr(bench.jobs, "push", lambda _jobs, **_options: None)
        advance_once(bench.jobs)
    assert states(bench) == ["completed", "queued"]
    bench.age()
    relay_once(bench.jobs)
    bench.run()

    assert bench.stage.numbers == [1, 2]


def test_numbers_follow_commits_so_that_nobody_overtakes_an_open_transaction(bench: Bench) -> None:
    after: list[Any] = []
    with bench.jobs.database.unit_of_work() as work:
        first = bench.submit(1, sequence="a", within=work)
        thread = threading.Thread(target=lambda: after.append(bench.submit(2, sequence="a")))
        thread.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
        while not bench.sql(waiting)[0][0]:
            assert thread.is_alive()
    thread.join(10)

    assert (first.state, after[0].state) == ("queued", "blocked")


def test_a_requeued_job_waits_for_who_is_at_work(bench: Bench) -> None:
    first, second = (bench.submit(number, sequence="a") for number in (1, 2))
    bench.run()
    advance(bench)
    again = requeue(bench.jobs, first.id)
    assert (again.state, states(bench)) == ("blocked", ["blocked", "queued"])

    for _ in range(2):
        bench.run()
        advance(bench)
    assert bench.stage.numbers == [1, 2, 1]
    assert bench.row(second.id).state == bench.row(first.id).state == "completed"


def test_a_bulk_submission_is_a_line(bench: Bench) -> None:
    made = submit_many(bench.jobs, play, [Play(number=number) for number in range(3)], sequence="a")

    assert [job.state for job in made] == ["queued", "blocked", "blocked"]


def test_a_sequence_over_the_wire(site: Site) -> None:
    site.submit(sequence="a", group="tenant")
    site.submit(sequence="a")

    assert states(site.bench) == ["queued", "blocked"]
    assert site.bench.sql("SELECT group_key FROM job ORDER BY seq") == [("tenant",), ("",)]


def test_a_sequence_that_cannot_be_had_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidArgument) as caught:
        bench.submit(1, sequence="a", unique_key="k", unique=keep_latest())
    assert caught.value.field == "sequence"
    with pytest.raises(InvalidArgument) as caught:
        bench.submit(1, sequence="x" * 201)
    assert caught.value.field == "sequence"
    assert states(bench) == []


def test_who_holds_the_gate_looks_again_whether_somebody_is_at_work(bench: Bench) -> None:
    for number in (1, 2):
        bench.submit(number, sequence="a")

    with bench.jobs.database.unit_of_work() as work:
        lines.lock(work, ["key:a"], lines.GATE)
        assert lines.go(work, ["key:a"]) == []
    assert states(bench) == ["queued", "blocked"]


def test_drain_runs_a_whole_line(bench: Bench) -> None:
    for number in range(3):
        bench.submit(number, sequence="a")

    assert drain(bench.runtime).counts == {"completed": 3}
    assert bench.stage.numbers == [0, 1, 2]


def test_a_line_is_found_without_walking_it(bench: Bench) -> None:
    submit_many(bench.jobs, play, [Play(number=number) for number in range(300)], sequence="long")
    for number in range(5):
        bench.submit(number, sequence=f"short-{number}")
    submit_many(bench.jobs, play, [Play(number=number) for number in range(2000)])
    bench.sql("ANALYZE job")
    with bench.jobs.database.unit_of_work() as work:
        assert lines.free(work, limit=10) == []
        work.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        shown = work.connection.exec_driver_sql("EXPLAIN " + str(lines._FREE).replace(":limit", "10"))
        names = "\n".join(row[0] for row in shown)
    assert "ix_job_in_line" in names
    assert "ix_job_at_work" in names


@pytest.fixture
def four(bench: Bench, empty_url: str, redis_url: str) -> Iterator[list[Bench]]:
    """Four processes' worth of the bench."""
    others = [jobs_of(Database(empty_url, bench.jobs.database.schema, pool_size=6), redis_url) for _ in range(3)]
    yield [bench, *(open_bench(jobs) for jobs in others)]
    for jobs in others:
        jobs.scripts.client.close()
        jobs.database.close()


def test_the_order_of_each_key_is_kept_under_four_workers_that_fail(four: list[Bench]) -> None:
    bench, lock = four[0], threading.Lock()
    busy: dict[str, int] = defaultdict(int)
    order: dict[str, list[int]] = defaultdict(list)
    faults: list[str] = []

    def act(ctx: JobContext, args: Play) -> None:
        with lock:
            busy[args.note] += 1
            if busy[args.note] > 1:
                faults.append(f"two of {args.note} at once")
            if not order[args.note] or order[args.note][-1] != args.number:
                order[args.note].append(args.number)
        ctx.sleep(0.001)
        with lock:
            busy[args.note] -= 1
        if ctx.attempt == 1 and args.number % 3 == 0:
            raise Retry(seconds(0.01))

    for each in four:
        each.stage.act = act
    for number in range(8):
        for key in "abcd":
            submit_many(bench.jobs, play, [Play(number=number, note=key)], sequence=key)

    def is_over() -> bool:
        advance(bench)
        return set(states(bench)) == {"completed"}

    with ExitStack() as stack:
        for at, each in enumerate(four):
            stack.enter_context(at_work(each, name=f"w{at}"))
        eventually(is_over, within=60)

    assert faults == []
    assert dict(order) == {key: list(range(8)) for key in "abcd"}
