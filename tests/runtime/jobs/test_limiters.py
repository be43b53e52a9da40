"""Limiters that services share: never more points in any window, whoever asks, and nobody waits for nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.db import Database
from shared.errors import InvalidArgument, StoreUnavailable
from shared.jobs import JobContext, Limiter, RateLimited, job, minutes, seconds, submit
from shared.jobs.control.limiter_edits import LimiterChange, change_limiter
from shared.jobs.grants import Wanted
from shared.jobs.keys import limiter_keys
from shared.jobs.limiters import LimiterSetting, Purse, configure, copy_limiters, lease
from shared.jobs.live import get_job
from shared.jobs.maintenance.reconciler import reconcile_once
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, at_work, jobs_of, open_bench
from tests.runtime.jobs.scripts.index import Index
from tests.runtime.jobs.waiting import eventually

WINDOW_MS = 200
POINTS = 6
COST = 2
PROVIDER = Limiter("provider", points=6, per=minutes(1))


@job(queue=WORK, name="play-metered", timeout=seconds(30), attempts=3, limiter=PROVIDER, cost=2, group="note")
def play_metered(ctx: JobContext, args: Play) -> Any:
    """Takes two points of a limiter, and belongs to the group its note names."""
    return ctx.resource(Stage).perform(ctx, args)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with a job that takes points."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=(play_metered,))
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def setting(*, points: int = POINTS, window_ms: int = WINDOW_MS, version: int = 1) -> LimiterSetting:
    return LimiterSetting("provider", version, points, window_ms, None)


def indexes(redis_url: str) -> list[Index]:
    """Two services on one Redis; each has a job that takes COST points of the same limiter."""
    made = [Index(redis_url, service) for service in ("one", "two")]
    for index in made:
        configure(index.scripts, index.keys.service, setting())
        index.gate("j:update-coin-price", limiter="provider", cost=COST)
    return made


def test_no_window_holds_more_points_than_the_limiter_has_whichever_service_starts(redis_url: str) -> None:
    services = indexes(redis_url)
    purses = [Purse(index.scripts) for index in services]
    for index in services:
        index.push_all(*(f"job-{n:02}" for n in range(20)))

    started: list[int] = []
    while len(started) < 18:
        for index, purse in zip(services, purses, strict=True):
            claim = index.claim(4, leased=purse.take())
            purse.fill(claim)
            started += [claim.now_ms] * len(claim.jobs)

    starts = POINTS // COST
    started.sort()
    assert min(later - first for first, later in zip(started, started[starts:], strict=False)) >= WINDOW_MS
    assert all(index.events("started") for index in services), "both services get their share"
    for index in services:
        index.client.close()


def test_what_has_no_points_is_parked_and_the_claim_tells_what_it_needs(redis_url: str) -> None:
    index, other = indexes(redis_url)
    index.push_all("a", "b", "c")
    index.push("free", name="another")

    claim = index.claim(2)

    assert [one.held.id for one in claim.jobs] == ["free"]
    assert claim.wanted == {"provider": Wanted(points=2 * COST, first=COST)}
    assert index.entry("a").wait_reason == "limiter"
    index.client.close()
    other.client.close()


def test_points_are_spent_in_order_and_once(redis_url: str) -> None:
    index, other = indexes(redis_url)
    index.push_all("a", "b", "c")
    soon = index.scripts.time_ms() + 60_000

    first = index.claim(3, leased={"provider": (2 * COST, soon, 0)})
    again = index.claim(3)

    assert [one.held.id for one in first.jobs] == ["a", "b"]
    assert again.jobs == ()
    index.client.close()
    other.client.close()


def test_points_that_outlived_their_lease_buy_nothing(redis_url: str) -> None:
    index, other = indexes(redis_url)
    index.push("a")

    assert index.claim(1, leased={"provider": (POINTS, index.scripts.time_ms() - 1, 0)}).jobs == ()
    index.client.close()
    other.client.close()


def test_a_lease_counts_for_the_window_and_its_own_life(bench: Bench) -> None:
    scripts, keys = bench.jobs.scripts, limiter_keys("provider")

    full = lease(scripts, "provider", Wanted(6, 2))
    refused = lease(scripts, "provider", Wanted(2, 2))

    assert (full.points, full.life_ms, refused.points) == (6, 1_000, 0)
    assert 60_000 < refused.retry_ms <= 61_000
    now = scripts.time_ms()
    bench.redis.lset(keys[0], 0, f"{now - 60_990} {now - 60_990} 6")
    assert lease(scripts, "provider", Wanted(2, 2)).points == 0 or scripts.time_ms() >= now + 10
    bench.redis.lset(keys[0], 0, f"{now - 61_000} {now - 61_000} 6")
    assert lease(scripts, "provider", Wanted(2, 2)).points == 2


def test_a_lease_gives_whole_starts_when_not_all_can_be_had(bench: Bench) -> None:
    assert lease(bench.jobs.scripts, "provider", Wanted(9, 4)).points == 4


def test_a_limiter_that_nobody_declared_gives_nothing(bench: Bench) -> None:
    assert lease(bench.jobs.scripts, "unknown", Wanted(1, 1)).retry_ms == -1


def test_the_strictest_declaration_holds_until_an_operator_sets_another(bench: Bench) -> None:
    scripts = bench.jobs.scripts
    configure(scripts, "other", LimiterSetting("provider", 1, 1, 60_000, None))
    strict = lease(scripts, "provider", Wanted(1, 1)).points + lease(scripts, "provider", Wanted(1, 1)).points

    change_limiter(bench.jobs, "provider", LimiterChange(points=100))

    assert strict == 1
    assert lease(scripts, "provider", Wanted(90, 1)).points == 90


def test_an_operators_change_outlives_a_copy_and_a_loss_begins_with_a_used_up_window(bench: Bench) -> None:
    change_limiter(bench.jobs, "provider", LimiterChange(points=50))
    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    refused = lease(bench.jobs.scripts, "provider", Wanted(1, 1))

    assert refused.points == 0
    assert 50_000 < refused.retry_ms <= 61_000
    assert bench.redis.hget(limiter_keys("provider")[1], "points") == b"50"


def test_an_older_copy_of_a_limiter_never_overwrites_a_newer_one(bench: Bench) -> None:
    configure(bench.jobs.scripts, bench.jobs.service, setting(points=9, version=9))
    copy_limiters(bench.jobs)

    assert bench.redis.hget(limiter_keys("provider")[1], "points") == b"9"


def test_a_limiter_that_a_service_does_not_declare_is_not_its_to_edit(bench: Bench) -> None:
    with pytest.raises(InvalidArgument, match="allowed: provider"):
        change_limiter(bench.jobs, "unknown", LimiterChange(points=1))


def test_a_worker_leases_what_its_jobs_cost_and_leaves_the_rest_waiting(bench: Bench) -> None:
    ids = [submit(bench.jobs, play_metered, Play(number=number)).id for number in range(5)]
    free = bench.submit(9)

    with at_work(bench):
        eventually(lambda: len(bench.stage.runs) == 4)
        eventually(
            lambda: (
                bench.state(ids[3]) == "queued"
                and bench.jobs.scripts.client.hget(limiter_keys("provider")[1], "used") == b"6"
            )
        )
        change_limiter(bench.jobs, "provider", LimiterChange(points=100))
        eventually(lambda: len(bench.stage.runs) == 6)

    assert sorted(bench.stage.numbers[:4]) == [0, 1, 2, 9]
    assert free.group_key == ""


def test_a_limiter_that_does_not_answer_holds_up_only_who_needs_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the limiter's node is away")

    submit(bench.jobs, play_metered, Play(number=1))
    bench.submit(2)
    with monkeypatch.context() as patched:
        patched.setattr("shared.jobs.limiters.lease", away)
        with at_work(bench):
            eventually(lambda: bench.stage.numbers == [2])

    assert bench.stage.numbers == [2]


def test_the_group_of_a_job_comes_from_its_arguments(bench: Bench) -> None:
    metered = submit(bench.jobs, play_metered, Play(note="acme"))
    named = submit(bench.jobs, play_metered, Play(note="acme"), group="other")

    assert (metered.group_key, named.group_key) == ("acme", "other")
    assert bench.row(metered.id).group_key == "acme"


def test_a_provider_that_says_not_now_for_the_queue_closes_it(bench: Bench) -> None:
    def limited(_ctx: object, _args: Play) -> None:
        raise RateLimited(timedelta(hours=1), scope="queue")

    bench.stage.act = limited
    limited_job = bench.submit(1)
    bench.submit(2)
    [first] = bench.claim(1)
    bench.attempt(first)

    live = get_job(bench.jobs, limited_job.id)

    assert bench.claim() == ()
    assert live is not None
    assert (live.state, live.wait_reason, live.attempts_made) == ("scheduled", "rate_limited", 0)


def test_a_provider_that_says_not_now_for_the_limiter_empties_it_for_all(bench: Bench) -> None:
    def limited(_ctx: object, _args: Play) -> None:
        raise RateLimited(timedelta(hours=1), scope="limiter")

    bench.stage.act = limited
    submit(bench.jobs, play_metered, Play())
    with at_work(bench):
        eventually(lambda: len(bench.stage.runs) == 1)
    bench.submit(2)

    assert lease(bench.jobs.scripts, "provider", Wanted(2, 2)).retry_ms > 3_000_000
    assert [claimed.entry.name for claimed in bench.claim()] == ["play"]


def test_a_scope_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgument, match="job, queue or limiter"):
        RateLimited(seconds(1), scope="world")
