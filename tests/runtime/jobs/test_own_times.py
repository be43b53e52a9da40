"""Times of one submission and the life of a result: over what is declared, wherever the job goes, or refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from protos.jobs.v1 import jobs_pb2
from shared import clock
from shared.db import Database
from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.jobs import JobContext, Times, fixed, job, minutes, seconds, submit, submit_many, wait
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs.control.requeues import requeue
from shared.jobs.flows.graphs import Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.live import get_job
from shared.jobs.maintenance.expiry import expire_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.messages import envelope_of
from shared.jobs.outcomes import Again, Expired
from shared.jobs.states import State
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, at_work, jobs_of, open_bench
from tests.runtime.jobs.site import Site, open_site, refusal
from tests.runtime.jobs.waiting import eventually


@job(queue=WORK, name="play-kept", timeout=seconds(30), attempts=3, backoff=fixed(60),
     times=Times(deadline=minutes(10), result_ttl=minutes(5)))  # fmt: skip
def play_kept(ctx: JobContext, args: Play) -> Any:
    """Its result is told for five minutes."""
    return ctx.resource(Stage).perform(ctx, args)


@job(queue=WORK, name="play-lost", timeout=seconds(30), attempts=1, durable=False)
def play_lost(ctx: JobContext, args: Play) -> Any:
    """Has no row."""
    return ctx.resource(Stage).perform(ctx, args)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=(play_kept, play_lost))
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


@pytest.fixture
def site(bench: Bench) -> Iterator[Site]:
    with open_site(bench) as opened:
        yield opened


def let_pass(bench: Bench, *, minutes: int) -> None:
    """So much of every job's time, and of every result's, is over."""
    passed = f"interval '{minutes} minutes'"
    bench.sql(
        f"UPDATE job_limit SET expires_at = expires_at - {passed}, deadline_at = deadline_at - {passed}, "
        f"look_at = look_at - {passed}"
    )
    bench.sql(f"UPDATE job SET result_expires_at = result_expires_at - {passed}")


def rows(bench: Bench) -> int:
    return int(bench.sql("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM job_limit)")[0][0])


def test_a_submission_has_times_of_its_own_over_those_that_are_declared(bench: Bench) -> None:
    one = submit(bench.jobs, play_kept, Play(), timeout=seconds(7), times=Times(queue_ttl=minutes(1)))

    kept = {"queue_ttl_ms": 60_000, "deadline_ms": 600_000, "result_ttl_ms": 300_000}
    assert (bench.row(one.id).timeout_ms, bench.row(one.id).times, one.times) == (7_000, kept, kept)
    let_pass(bench, minutes=2)
    expire_once(bench.jobs)
    assert bench.row(one.id).state is State.EXPIRED


def test_who_takes_it_too_late_does_not_begin_it_although_nothing_is_declared(bench: Bench) -> None:
    late = bench.submit(1, times=Times(queue_ttl=minutes(1)))
    let_pass(bench, minutes=2)

    (outcome,) = bench.run()

    assert isinstance(outcome, Expired)
    assert bench.stage.runs == []
    assert late.times == {"queue_ttl_ms": 60_000}


def test_its_times_go_with_it_over_retries_a_lost_index_and_a_requeue(bench: Bench) -> None:
    def act(_ctx: JobContext, _args: Play) -> Any:
        raise RuntimeError("again")

    bench.stage.act = act
    own = Times(queue_ttl=minutes(3), deadline=minutes(4), stale_after=seconds(9))
    made = bench.submit(1, timeout=seconds(7), times=own)
    assert isinstance(bench.run()[0], Again)
    bench.write_history()
    bench.redis.flushdb()
    reconcile_once(bench.jobs)
    bench.make_due()

    (claimed,) = bench.claim()
    options = envelope_of(claimed).options
    assert (options.timeout_ms, options.times) == (7_000, own)

    bench.sql("UPDATE job SET state = 'dead', finished_at = clock_timestamp()")
    bench.redis.flushdb()
    requeue(bench.jobs, made.id)
    left = bench.sql("SELECT queue_ttl_ms, deadline_at - now() <= interval '4 minutes' FROM job_limit")
    assert [tuple(row) for row in left] == [(180_000, True)]
    assert bench.row(made.id).times == own.in_ms()


def test_a_timeout_and_a_silence_of_its_own_end_the_attempt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)

    def act(ctx: JobContext, _args: Play) -> Any:
        while not ctx.is_cancelled:
            pass

    bench.stage.act = act
    short = bench.submit(1, timeout=seconds(0.2))
    silent = bench.submit(2, times=Times(stale_after=seconds(0.2)))
    with at_work(bench):
        eventually(lambda: {bench.state(short.id), bench.state(silent.id)} == {"retrying"})
    bench.write_history()

    errors = [(bench.row(one.id).error or {})["message"] for one in (short, silent)]
    assert ["its timeout" in errors[0], "its stale_after" in errors[1]] == [True, True]


def test_many_have_them_as_one_and_so_do_children_and_jobs_with_keys(bench: Bench) -> None:
    own = Times(deadline=minutes(2))

    def act(ctx: JobContext, args: Play) -> Any:
        return str(ctx.submit("play", {"number": 9}, key="c", timeout=seconds(3), times=own)) if args.number else ""

    bench.stage.act = act
    many = submit_many(bench.jobs, "play", [Play(), Play()], timeout=seconds(3), times=own)
    keyed = bench.submit(0, unique_key="a", timeout=seconds(3), times=own)
    parent = bench.submit(1)
    bench.run()
    bench.settle()

    child = bench.row(parent.id).result
    found = {(bench.row(one).timeout_ms, str(bench.row(one).times)) for one in (many[1].id, keyed.id, child)}
    assert found == {(3_000, str(own.in_ms()))}


def test_a_result_whose_time_is_over_is_gone_and_its_reading_says_so(bench: Bench, site: Site) -> None:
    kept, short = submit(bench.jobs, play_kept, Play()), bench.submit(1, times=Times(result_ttl=minutes(9)))
    forever = bench.submit(2)
    bench.run()
    bench.settle()
    assert get_job(bench.jobs, kept.id).result == {"number": 0}  # type: ignore[union-attr]  # it is there

    let_pass(bench, minutes=6)
    done = wait(bench.jobs, kept.id, timeout=timedelta(0))
    assert (done.state, done.result, done.result_expired) == (State.COMPLETED, None, True)
    assert bench.row(kept.id).result == {"number": 0}  # nobody has swept yet, and yet nobody is told
    sweep_once(bench.jobs)

    assert [bench.row(one.id).result for one in (kept, short, forever)] == [None, {"number": 1}, {"number": 2}]
    told = site.get(kept.id)
    assert (told.result_json, told.result_expired, told.times.result_ttl_ms) == ("", True, 300_000)
    assert (site.get(short.id).result_expired, site.get(forever.id).result_json) == (False, '{"number":2}')


def test_a_result_of_none_is_told_apart_from_one_that_is_gone_and_a_requeue_has_a_new_one(bench: Bench) -> None:
    bench.stage.act = lambda _ctx, _args: None
    none = submit(bench.jobs, play_kept, Play())
    bench.run()
    bench.settle()
    assert not wait(bench.jobs, none.id, timeout=timedelta(0)).result_expired
    let_pass(bench, minutes=6)
    sweep_once(bench.jobs)
    assert wait(bench.jobs, none.id, timeout=timedelta(0)).result_expired

    requeue(bench.jobs, none.id)
    assert bench.row(none.id).result_expires_at is None
    bench.run()
    bench.settle()
    assert not bench.row(none.id).result_expired


def test_the_time_of_a_result_that_was_committed_with_the_jobs_own_writes_runs_as_well(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> Any:
        with ctx.unit_of_work():
            return 7

    bench.stage.act = act
    done = submit(bench.jobs, play_kept, Play())
    bench.run()

    left = bench.row(done.id).result_expires_at
    assert left is not None
    assert minutes(4) < left - clock.now() < minutes(6)


def test_a_node_of_a_flow_has_the_declared_time_of_its_result(bench: Bench) -> None:
    flow = submit_flow(bench.jobs, "f", [Node(key="a", job="play-kept", args=Play())])
    bench.run()
    bench.settle()

    assert bench.row(flow.nodes[0].job_id).result_expires_at is not None


@pytest.mark.parametrize(
    ("name", "options", "field"),
    [
        ("play", {"timeout": seconds(0)}, "timeout"),
        ("play", {"timeout": timedelta(hours=25)}, "timeout"),
        ("play-lost", {"times": Times(deadline=seconds(1))}, "times.deadline"),
        ("play-lost", {"times": Times(result_ttl=seconds(1))}, "times.result_ttl"),
    ],
)
def test_times_that_a_job_cannot_have_are_refused_by_name(
    bench: Bench, name: str, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        submit(bench.jobs, name, Play(), **options)

    assert (caught.value.field, rows(bench)) == (field, 0)
    with pytest.raises(InvalidArgument):
        Times(result_ttl=seconds(-1))
    with pytest.raises(ConfigurationInvalid, match="result_ttl"):
        job(queue=WORK, name="a", timeout=seconds(1), durable=False, times=Times(result_ttl=seconds(1)))


@pytest.mark.parametrize("value", [0, -1, 9, 2**62])
@pytest.mark.parametrize("name", ["queue_ttl_ms", "deadline_ms", "stale_after_ms", "result_ttl_ms"])
def test_times_out_of_bounds_are_refused_over_the_wire(site: Site, name: str, value: int) -> None:
    error = refusal(lambda: site.submit(times=jobs_pb2.JobTimes(**{name: value})))

    assert (type(error), error.field, rows(site.bench)) == (InvalidArgument, f"times.{name}", 0)


def test_a_timeout_over_the_wire_is_bounded_and_shown(site: Site) -> None:
    for value in (0, -5, 86_400_001):
        error = refusal(lambda value=value: site.submit(times=jobs_pb2.JobTimes(timeout_ms=value)))  # type: ignore[misc]  # called at once
        assert (error.field, rows(site.bench)) == ("times.timeout_ms", 0)

    made = site.submit(times=jobs_pb2.JobTimes(timeout_ms=1_500, queue_ttl_ms=2_000)).job
    assert (made.times.timeout_ms, made.times.queue_ttl_ms, made.times.HasField("deadline_ms")) == (1_500, 2_000, False)
