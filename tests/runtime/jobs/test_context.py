"""What a job is given beside its arguments: steps, children, locks, progress, resources."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.db import Database, UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs import JobContext, seconds
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.outcomes import Again, Buried, Done, Lost
from shared.jobs.states import State
from tests.runtime.jobs.kept_entries import present
from tests.runtime.jobs.sample import Bench, Play, Stage, play_aside, write_effect


def fail_at_first(act: Callable[[JobContext, Play], Any]) -> Callable[[JobContext, Play], Any]:
    """As `act`, but the first attempt fails at its end."""

    def wrapped(ctx: JobContext, args: Play) -> Any:
        value = act(ctx, args)
        if ctx.attempt == 1:
            raise ValueError("not yet")
        return value

    return wrapped


def run_twice(bench: Bench) -> Any:
    bench.run()
    bench.make_due()
    return bench.run()[0]


def test_a_step_runs_once_over_all_attempts_and_keeps_its_value(bench: Bench) -> None:
    def action(work: UnitOfWork) -> dict[str, int]:
        write_effect(work, 1)
        return {"cursor": 41}

    bench.stage.act = fail_at_first(lambda ctx, _args: ctx.step("fetch", action))
    bench.submit()

    outcome = run_twice(bench)

    assert outcome == Done(b'{"cursor":41}')
    assert bench.effects() == [1]


def test_a_step_that_fails_leaves_nothing_and_runs_again(bench: Bench) -> None:
    calls: list[int] = []

    def action(work: UnitOfWork) -> int:
        calls.append(1)
        write_effect(work, 1)
        if len(calls) == 1:
            raise ValueError("half-way")
        return 5

    bench.stage.act = lambda ctx, _args: ctx.step("fetch", action)
    bench.submit()

    outcome = run_twice(bench)

    assert outcome == Done(b"5")
    assert bench.effects() == [1]


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("cursor:page", 1, "name"),
        ("", 1, "name"),
        ("x" * 101, 1, "name"),
        ("fetch", "x" * 262_143, "value"),
        ("fetch", "a\x00b", "value"),
        ("fetch", object(), "value"),
    ],
)
def test_a_step_that_cannot_be_kept_is_refused_by_field_and_leaves_nothing(
    bench: Bench, name: str, value: object, field: str
) -> None:
    fields: list[str] = []

    def action(work: UnitOfWork) -> object:
        write_effect(work, 1)
        return value

    def act(ctx: JobContext, _args: Play) -> None:
        with pytest.raises(InvalidArgument) as caught:
            ctx.step(name, action)
        fields.append(caught.value.field)

    bench.stage.act = act
    bench.submit()
    bench.run()

    assert (fields, bench.effects()) == ([field], [])
    assert bench.sql("SELECT count(*) FROM job_step") == [(0,)]


def test_a_child_is_submitted_once_over_all_attempts(bench: Bench) -> None:
    bench.stage.act = fail_at_first(lambda ctx, _args: ctx.submit(play_aside, Play(number=9), key="child"))
    job = bench.submit()

    run_twice(bench)

    children = bench.sql("SELECT parent_id::text FROM job WHERE name = 'play-aside'")
    assert children == [(job.id,)]


def test_children_of_other_keys_are_other_jobs(bench: Bench) -> None:
    bench.stage.act = lambda ctx, _args: [ctx.submit(play_aside, Play(), key=key) for key in ("a", "b", "a")]
    bench.submit()

    bench.run()

    assert len(bench.sql("SELECT id FROM job WHERE name = 'play-aside'")) == 2


def locking(ctx: JobContext, _args: Play) -> None:
    with ctx.lock("coin:7", ttl=seconds(30)):
        pass


def test_a_lock_held_by_another_makes_the_job_wait_and_costs_no_attempt(bench: Bench) -> None:
    bench.stage.act = locking
    bench.jobs.scripts.lock("take", "coin:7", token="another", ttl_ms=60_000)
    job = bench.submit()

    (held,) = bench.run()
    bench.jobs.scripts.lock("free", "coin:7", token="another", ttl_ms=0)
    bench.make_due()
    (after,) = bench.run()
    bench.settle()

    assert isinstance(held, Again)
    assert (held.counts, held.wait_reason) == (False, "lock")
    assert after == Done(b"null")
    assert bench.row(job.id).attempts_made == 1


def test_a_lock_is_free_again_after_the_block_even_when_it_fails(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        with ctx.lock("coin:7", ttl=seconds(30)):
            raise ValueError("inside")

    bench.stage.act = act
    bench.submit()

    bench.run()

    assert bench.jobs.scripts.lock("take", "coin:7", token="another", ttl_ms=1000)


def test_a_lock_whose_owner_outlived_its_ttl_is_not_freed_by_him(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        with ctx.lock("coin:7", ttl=seconds(30)):
            bench.redis.delete(bench.jobs.scripts.keys.lock("coin:7"))
            bench.jobs.scripts.lock("take", "coin:7", token="another", ttl_ms=60_000)

    bench.stage.act = act
    bench.submit()

    bench.run()

    assert not bench.jobs.scripts.lock("take", "coin:7", token="third", ttl_ms=1000)


@pytest.mark.parametrize(
    ("key", "ttl", "wait", "name"),
    [
        ("", 1, 0, "key"),
        ("k" * 201, 1, 0, "key"),
        ("k", 0, 0, "ttl"),
        ("k", 3601, 0, "ttl"),
        ("k", 1, -1, "wait"),
        ("k", 1, 301, "wait"),
    ],
)
def test_a_lock_with_a_bad_limit_names_it(bench: Bench, key: str, ttl: int, wait: int, name: str) -> None:
    caught: list[InvalidArgument] = []

    def act(ctx: JobContext, _args: Play) -> None:
        try:
            with ctx.lock(key, ttl=timedelta(seconds=ttl), wait=timedelta(seconds=wait)):
                pass
        except InvalidArgument as error:
            caught.append(error)

    bench.stage.act = act
    bench.submit()

    bench.run()

    assert [error.field for error in caught] == [name]


def progress_of(bench: Bench, job_id: str) -> Any:
    return present(bench.scripts, job_id).progress


def test_progress_never_goes_back(bench: Bench) -> None:
    seen: list[Any] = []

    def act(ctx: JobContext, _args: Play) -> None:
        for done in (40, 30):
            ctx._progress_at = 0.0  # as if a fifth of a second had passed
            ctx.progress(done)
            seen.append(progress_of(bench, ctx.id))

    bench.stage.act = act
    bench.submit()

    bench.run()

    assert [json.loads(each)["done"] for each in seen] == [40, 40]


def test_progress_is_throttled_but_its_end_is_always_told(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        for done in range(1001):
            ctx.progress(done, 1000, "rows")

    bench.stage.act = act
    job = bench.submit()

    bench.run()
    bench.write_history()

    assert bench.kinds(job.id).count("progress") < 20
    assert bench.row(job.id).progress == {"done": 1000, "total": 1000, "note": "rows"}


@pytest.mark.parametrize(
    ("done", "total"), [(-1, 100), (101, 100), (1, 0), (float("nan"), 100), (1, float("inf")), (float("inf"),) * 2]
)
def test_progress_that_is_no_share_of_its_total_is_refused(bench: Bench, done: float, total: float) -> None:
    bench.stage.act = lambda ctx, _args: ctx.progress(done, total)
    bench.submit()

    (outcome,) = bench.run()

    assert isinstance(outcome, Buried)
    assert outcome.failure.type == "InvalidArgument"


@pytest.mark.parametrize("note", ["a\x00b", "half \ud800", "n" * 5000])
def test_a_note_that_no_column_can_hold_stops_nobodys_history(bench: Bench, note: str) -> None:
    bench.stage.act = lambda ctx, _args: ctx.progress(1, 2, note)
    job = bench.submit()

    (outcome,) = bench.run()
    bench.write_history()
    bench.settle()

    assert isinstance(outcome, Done)
    assert bench.row(job.id).state is State.COMPLETED


def test_progress_of_a_lost_lease_ends_the_attempt(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        bench.expire_leases()
        reap_once(bench.jobs)
        ctx.progress(1)

    bench.stage.act = act
    job = bench.submit()

    (outcome,) = bench.run()

    assert isinstance(outcome, Lost)
    assert bench.state(job.id) == "queued"


def test_a_resource_that_was_not_made_is_named(bench: Bench) -> None:
    bench.stage.act = lambda ctx, _args: ctx.resource(Database)
    bench.submit()

    (outcome,) = bench.run()

    assert isinstance(outcome, Buried)
    assert "Database" in outcome.failure.message
    assert bench.runtime.resource(Stage) is bench.stage
