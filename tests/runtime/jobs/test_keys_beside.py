"""Keys beside everything else that holds a job up or ends it: dependencies, flows, schedules, times, answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.db import Database
from shared.errors import InvalidArgument
from shared.jobs import JobContext, Times, job, minutes, seconds, submit, submit_many
from shared.jobs import debounce as debounced
from shared.jobs.control.cancellations import cancel
from shared.jobs.ledger import lines
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.sequences import advance
from shared.jobs.uniqueness import until_done
from shared.jobs.why.answer import why
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, jobs_of, open_bench


@job(queue=WORK, name="play-one-number", timeout=seconds(30), unique=until_done(by="number"),
     times=Times(queue_ttl=minutes(5)))  # fmt: skip
def play_one(ctx: JobContext, args: Play) -> Any:
    """One of a number, which begins within five minutes."""
    return ctx.resource(Stage).perform(ctx, args)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with a job that is declared unique."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=(play_one,))
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def rows(bench: Bench) -> int:
    return int(bench.sql("SELECT count(*) FROM job")[0][0])


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"sequence": "a"}, "sequence"),
        ({"unique_key": "a"}, "unique"),
        ({"unique_key": "a", "unique": debounced(seconds(1), max_wait=seconds(9))}, "unique"),
    ],
)
def test_a_job_waits_for_jobs_or_by_its_key(bench: Bench, keys: dict[str, Any], named: str) -> None:
    parent = bench.submit(1)

    with pytest.raises(InvalidArgument, match=f"depends_on and {named} exclude") as caught:
        bench.submit(2, depends_on=[parent.id], **keys)

    assert (caught.value.field, rows(bench)) == ("depends_on", 1)


def test_who_settles_an_end_to_free_its_key_releases_what_waits_for_it(bench: Bench) -> None:
    first = submit(bench.jobs, play_one, Play(number=1))
    waiting = bench.submit(2, depends_on=[first.id])
    bench.run()

    second = submit(bench.jobs, play_one, Play(number=1))

    assert (second.id != first.id, bench.row(first.id).state) == (True, "completed")
    assert bench.row(waiting.id).state == "queued"
    assert {held.held.id for held in bench.claim()} == {second.id, waiting.id}


def test_times_hold_for_jobs_with_keys(bench: Bench) -> None:
    one = submit(bench.jobs, play_one, Play(number=1))
    assert submit(bench.jobs, play_one, Play(number=1)).id == one.id
    many = submit_many(bench.jobs, play_one, [Play(number=2), Play(number=3)])

    limited = {row[0] for row in bench.sql("SELECT job_id::text FROM job_limit")}

    assert limited == {one.id, *(made.id for made in many)}


def test_the_end_of_a_parent_starts_nobody_who_waits_in_a_line(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    bench.sql("UPDATE job SET wait_reason = 'sequence' WHERE id = :id", id=child.id)

    bench.run()
    bench.settle()
    assert bench.row(child.id).state == "blocked"

    bench.sql("UPDATE job SET wait_reason = 'sequence', sequence_key = 'key:a' WHERE id = :id", id=child.id)
    assert (advance(bench.jobs), bench.row(child.id).state) == (1, "queued")


def test_a_free_line_starts_nobody_who_waits_for_jobs(bench: Bench) -> None:
    parent = bench.submit(1)
    child = bench.submit(2, depends_on=[parent.id])
    bench.sql("UPDATE job SET sequence_key = 'key:a' WHERE id = :id", id=child.id)

    assert (advance(bench.jobs), bench.row(child.id).state) == (0, "blocked")


def test_who_waits_in_a_line_is_told_for_whom(bench: Bench) -> None:
    made = [bench.submit(number, sequence="a") for number in range(3)]

    [cause] = why(bench.jobs, made[2].id).causes
    assert (cause.reason, cause.ahead) == ("blocked", 2)
    assert f"the first of them is {made[0].id}" in cause.text
    assert [cause.ahead for cause in why(bench.jobs, made[1].id).causes] == [1]

    cancel(bench.jobs, made[0].id)
    cancel(bench.jobs, made[1].id)
    [cause] = why(bench.jobs, made[2].id).causes
    assert (cause.ahead, "next of its sequence" in cause.text) == (0, True)


def test_who_waits_in_a_line_is_not_the_relays_work_until_he_may_go(bench: Bench) -> None:
    made = [bench.submit(number, sequence="a") for number in range(3)]
    unpushed = "SELECT id::text FROM job WHERE pushed_at IS NULL AND state = 'blocked'"
    assert bench.sql(unpushed) == []

    cancel(bench.jobs, made[0].id)
    with bench.jobs.database.unit_of_work() as work:
        assert [job.id for job in lines.go(work, ["key:a"])] == [made[1].id]  # a crash before the push
    bench.age()
    relay_once(bench.jobs)

    assert [held.held.id for held in bench.claim()] == [made[1].id]
