"""Unique jobs through every door: bulk, requeue, idempotency keys, children, the wire, declarations."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from protos.jobs.v1 import jobs_pb2
from shared.errors import AlreadyExists, ConfigurationInvalid, InvalidArgument
from shared.jobs import (
    JobContext,
    debounce,
    job,
    minutes,
    seconds,
    submit_many,
    unique_for,
    until_done,
    until_start,
)
from shared.jobs.control.requeues import requeue
from shared.jobs.maintenance.sweeper import sweep_once
from tests.runtime.jobs.sample import WORK, Bench, Play, play
from tests.runtime.jobs.site import Site, refusal


def rows(bench: Bench) -> int:
    return int(bench.sql("SELECT count(*) FROM job")[0][0])


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
        ({"mode": "sometimes"}, "unique.mode"),
        ({"mode": "for"}, "unique.ttl_ms"),
        ({"mode": "for", "ttl_ms": -1}, "unique.ttl_ms"),
        ({"mode": "for", "ttl_ms": 2**62}, "unique.ttl_ms"),
        ({"mode": "until_done", "ttl_ms": 5}, "unique.ttl_ms"),
        ({"mode": "debounce", "wait_ms": 5}, "unique.max_wait_ms"),
        ({"mode": "debounce", "wait_ms": 5, "max_wait_ms": 4}, "unique.max_wait_ms"),
    ],
)
def test_a_rule_that_cannot_be_had_is_refused_by_name(site: Site, rule: dict[str, Any], field: str) -> None:
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
    with pytest.raises(ConfigurationInvalid, match=r"'colour'.*allowed: number, note"):
        job(queue=WORK, name="odd", timeout=seconds(1), unique=until_done(by="colour"))(perform)
