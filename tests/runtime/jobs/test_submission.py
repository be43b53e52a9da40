"""submit(): the row first, the caller's transaction, idempotency, and what happens while Redis is away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared import clock
from shared.db import Database
from shared.errors import AlreadyExists, InvalidArgument, PayloadTooLarge, Rejected, UnknownJob, UnknownQueue
from shared.jobs import Job, Priority, submit, submit_many
from shared.jobs.admission import prepare
from shared.jobs.ledger import ledger
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.outcomes import Done
from shared.jobs.states import State
from shared.jobs.submission import Jobs
from tests.runtime.jobs.sample import NAME, Bench, Play, jobs_of, open_bench, play
from tools.stores import temporary_valkey


def test_a_submitted_job_is_in_the_ledger_before_its_id_is_returned(bench: Bench) -> None:
    job = bench.submit(7)

    row = bench.row(job.id)
    assert (row.state, row.args, row.attempts_max) == (State.QUEUED, {"number": 7, "note": ""}, 3)
    assert bench.state(job.id) == "queued"


def test_a_job_joined_to_a_transaction_appears_with_its_commit_and_not_before(bench: Bench) -> None:
    with bench.jobs.database.unit_of_work() as work:
        job = bench.submit(1, within=work)
        seen_before = (bench.sql("SELECT id FROM job"), bench.entry(job.id))

    assert seen_before == ([], None)
    assert bench.row(job.id).state is State.QUEUED
    assert bench.state(job.id) == "queued"


def test_a_job_joined_to_a_transaction_that_rolls_back_leaves_neither_row_nor_entry(bench: Bench) -> None:
    with suppress(ZeroDivisionError), bench.jobs.database.unit_of_work() as work:
        job = bench.submit(1, within=work)
        raise ZeroDivisionError

    assert bench.sql("SELECT id FROM job") == []
    assert bench.entry(job.id) is None


def test_the_same_idempotency_key_returns_the_first_job(bench: Bench) -> None:
    first = bench.submit(1, idempotency_key="order-1")
    again = bench.submit(1, idempotency_key="order-1")

    assert again.id == first.id
    assert [row[0] for row in bench.sql("SELECT id::text FROM job")] == [first.id]


def test_the_same_idempotency_key_with_other_arguments_is_refused(bench: Bench) -> None:
    bench.submit(1, idempotency_key="order-1")

    with pytest.raises(AlreadyExists, match="order-1"):
        bench.submit(2, idempotency_key="order-1")

    assert len(bench.sql("SELECT id FROM job")) == 1


def test_twenty_parallel_submits_with_one_key_make_one_job(bench: Bench) -> None:
    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(lambda _: bench.submit(1, idempotency_key="order-1").id, range(20)))

    assert len(ids) == 1
    assert len(bench.sql("SELECT id FROM job")) == 1
    assert len(bench.claim()) == 1


def test_an_idempotency_key_is_free_again_after_a_day(bench: Bench) -> None:
    first = bench.submit(1, idempotency_key="order-1")
    bench.sql("UPDATE idempotency_key SET created_at = created_at - interval '25 hours'")

    assert bench.submit(2, idempotency_key="order-1").id != first.id


def test_a_key_whose_job_has_been_swept_makes_a_new_job_instead_of_an_error(bench: Bench) -> None:
    first = bench.submit(1, idempotency_key="order-1")
    bench.sql("DELETE FROM job")

    again = bench.submit(1, idempotency_key="order-1")

    assert again.id != first.id
    assert bench.submit(1, idempotency_key="order-1").id == again.id


def test_an_idempotency_key_of_a_rolled_back_submission_is_free(bench: Bench) -> None:
    with suppress(ZeroDivisionError), bench.jobs.database.unit_of_work() as work:
        bench.submit(1, within=work, idempotency_key="order-1")
        raise ZeroDivisionError

    job = bench.submit(2, idempotency_key="order-1")

    assert [row[0] for row in bench.sql("SELECT id::text FROM job")] == [job.id]


def naive() -> datetime:
    return clock.now().replace(tzinfo=None)


@pytest.mark.parametrize(
    ("change", "kind", "name"),
    [
        ({"definition": "plai"}, UnknownJob, "name"),
        ({"queue": "nowhere"}, UnknownQueue, "queue"),
        ({"priority": 0}, InvalidArgument, "priority"),
        ({"priority": 6}, InvalidArgument, "priority"),
        ({"scheduled_for": naive}, InvalidArgument, "scheduled_for"),
        ({"scheduled_for": lambda: clock.now() + timedelta(days=367)}, InvalidArgument, "scheduled_for"),
        ({"idempotency_key": "k" * 201}, InvalidArgument, "idempotency_key"),
        ({"idempotency_key": "a\x00b"}, InvalidArgument, "idempotency_key"),
        ({"args": {"numbr": 1}}, InvalidArgument, "args.numbr"),
        ({"args": {"number": "one"}}, InvalidArgument, "args.number"),
        ({"args": {"note": "n" * 262_144}}, PayloadTooLarge, "args"),
        ({"args": Play(note="n" * 262_144)}, PayloadTooLarge, "args"),
        ({"args": Play(note="a\x00b")}, InvalidArgument, "args"),
        ({"args": Play(note="half \ud800")}, InvalidArgument, "args"),
    ],
)
def test_a_refused_submission_names_the_field_and_touches_no_store(
    change: dict[str, Any], kind: type[Rejected], name: str
) -> None:
    unreachable = jobs_of(Database("postgresql://nobody:none@127.0.0.1:1/none", NAME), "redis://127.0.0.1:1/0")
    asked: dict[str, Any] = {"definition": "play", "args": {"number": 1}} | change
    if callable(asked.get("scheduled_for")):
        asked["scheduled_for"] = asked["scheduled_for"]()

    with pytest.raises(kind) as caught:
        submit(unreachable, asked.pop("definition"), asked.pop("args"), **asked)

    assert getattr(caught.value, "field", "") == name


def test_refusals_of_names_list_what_is_allowed(bench: Bench) -> None:
    with pytest.raises(UnknownJob) as job:
        submit(bench.jobs, "plai", {})
    with pytest.raises(UnknownQueue) as queue:
        submit(bench.jobs, play, {}, queue="wrok")

    assert job.value.allowed == ("play", "play-aside", "play-once")
    assert queue.value.allowed == ("side", "work")


def test_a_higher_priority_starts_first_and_equals_start_in_order(bench: Bench) -> None:
    bench.submit(1)
    bench.submit(2, priority=Priority.BATCH)
    bench.submit(3, priority=Priority.CRITICAL)
    bench.submit(4)

    bench.run()

    assert bench.stage.numbers == [3, 1, 4, 2]


def test_a_job_submitted_while_redis_is_away_is_accepted_and_pushed_by_the_relay(
    database_for: Callable[[str], Database],
) -> None:
    with temporary_valkey() as server:
        bench = open_bench(jobs_of(database_for(NAME), server.url()))
        server.stop()

        job = bench.submit(1)
        server.start()
        bench.age()
        relay_once(bench.jobs)

        assert bench.row(job.id).state is State.QUEUED
        assert bench.state(job.id) == "queued"
        bench.redis.close()


def test_a_redis_that_stops_between_commit_and_push_costs_nothing(database_for: Callable[[str], Database]) -> None:
    with temporary_valkey() as server:
        bench = open_bench(jobs_of(database_for(NAME), server.url()))
        with bench.jobs.database.unit_of_work() as work:
            job = bench.submit(1, within=work)
            server.stop()
        server.start()
        bench.age()
        relay_once(bench.jobs)

        assert bench.state(job.id) == "queued"
        bench.redis.close()


def committed_but_not_pushed(jobs: Jobs, number: int) -> Job:
    """As left by a process that died right after its commit."""
    with jobs.database.unit_of_work() as work:
        return ledger.open_jobs(work, [prepare(jobs.catalogue, play, Play(number=number))])[0]


def test_a_crash_between_commit_and_push_is_healed_by_the_relay(bench: Bench) -> None:
    job = committed_but_not_pushed(bench.jobs, 5)
    bench.age()

    relay_once(bench.jobs)
    outcomes = bench.run()

    assert outcomes == [Done(b'{"number":5}')]
    assert bench.stage.runs == [(job.id, 1, 5)]


def test_a_push_after_its_deadline_is_left_to_the_relay(bench: Bench) -> None:
    job = committed_but_not_pushed(bench.jobs, 5)

    bench.jobs.push([job], deadline_ms=1)

    assert bench.entry(job.id) is None
    assert bench.sql("SELECT pushed_at FROM job") == [(None,)]


def test_a_thousand_jobs_are_accepted_in_order(bench: Bench) -> None:
    jobs = submit_many(bench.jobs, play, [Play(number=number) for number in range(1000)])

    assert [job.args["number"] for job in jobs] == list(range(1000))
    assert [row[0] for row in bench.sql("SELECT id::text FROM job ORDER BY seq")] == [job.id for job in jobs]
    assert [claimed.held.id for claimed in bench.claim(1000)] == [job.id for job in jobs]


def test_a_thousand_jobs_of_which_one_is_bad_are_all_refused(bench: Bench) -> None:
    many: list[dict[str, Any]] = [{"number": number} for number in range(999)]

    with pytest.raises(InvalidArgument, match="number"):
        submit_many(bench.jobs, play, [*many, {"number": "nine"}])

    assert bench.sql("SELECT id FROM job") == []
    assert bench.claim() == ()


def test_more_than_ten_thousand_jobs_a_call_are_refused(bench: Bench) -> None:
    with pytest.raises(InvalidArgument, match="10,000"):
        submit_many(bench.jobs, play, [Play()] * 10_001)


def test_a_scheduled_job_waits_for_its_time_in_the_index(bench: Bench) -> None:
    job = bench.submit(1, scheduled_for=clock.now() + timedelta(minutes=5))

    assert (job.state, job.wait_reason) == (State.SCHEDULED, "delay")
    assert bench.claim() == ()
    bench.make_due()
    assert [claimed.held.id for claimed in bench.claim()] == [job.id]


def test_a_job_scheduled_in_the_past_may_start_at_once(bench: Bench) -> None:
    job = bench.submit(1, scheduled_for=clock.now() - timedelta(days=3))

    assert job.state is State.QUEUED
    assert len(bench.claim()) == 1


def test_a_far_future_job_stays_in_postgresql_until_its_time_comes_near(bench: Bench) -> None:
    job = bench.submit(1, scheduled_for=clock.now() + timedelta(days=30))
    bench.age()
    relay_once(bench.jobs)
    entry_while_far = bench.entry(job.id)

    bench.sql("UPDATE job SET scheduled_for = clock_timestamp() + interval '30 minutes'")
    relay_once(bench.jobs)

    assert entry_while_far is None
    assert bench.state(job.id) == "scheduled"
