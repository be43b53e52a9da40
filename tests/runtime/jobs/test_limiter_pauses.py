"""A shared limiter paused by a person: it holds for every service when the call returns, and after a loss of Redis."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from shared import clock
from shared.errors import InvalidArgument
from shared.jobs.control.limiter_edits import LimiterChange, change_limiter, read_limiter
from shared.jobs.grants import Wanted
from shared.jobs.keys import limiter_keys
from shared.jobs.limiter_reads import limiter_now
from shared.jobs.limiters import LimiterSetting, configure, declare_limiters, lease
from shared.jobs.maintenance.reconciler import reconcile_once
from tests.runtime.jobs.metered import PROVIDER, open_metered
from tests.runtime.jobs.sample import Bench

WANTED = Wanted(2, 2)
PAUSE, RESUME = LimiterChange(is_paused=True), LimiterChange(is_paused=False)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with a job that takes points."""
    with open_metered(empty_url, redis_url) as opened:
        yield opened


def leased(bench: Bench) -> int:
    return lease(bench.jobs.scripts, PROVIDER.name, WANTED).points


def test_no_point_is_leased_while_it_is_paused_and_the_budget_is_as_before(bench: Bench) -> None:
    change_limiter(bench.jobs, PROVIDER.name, PAUSE)
    paused = lease(bench.jobs.scripts, PROVIDER.name, WANTED)
    change_limiter(bench.jobs, PROVIDER.name, RESUME)

    assert (paused.points, paused.retry_ms > 0) == (0, True)
    assert [leased(bench) for _ in range(4)] == [2, 2, 2, 0]


def test_a_pause_with_an_end_tells_when_and_ends_by_itself(bench: Bench) -> None:
    until = clock.now() + timedelta(hours=1)
    change_limiter(bench.jobs, PROVIDER.name, LimiterChange(is_paused=True, paused_until=until))
    refused = lease(bench.jobs.scripts, PROVIDER.name, WANTED)
    bench.redis.hset(limiter_keys(PROVIDER.name)[1], "paused_until", bench.jobs.scripts.time_ms() - 1)

    assert 3_590_000 < refused.retry_ms <= 3_600_000
    assert leased(bench) == 2


def test_a_pause_and_an_edit_survive_the_loss_of_the_index_and_the_next_boot(bench: Bench) -> None:
    change_limiter(bench.jobs, PROVIDER.name, LimiterChange(points=9, is_paused=True))
    bench.redis.flushdb()
    with bench.jobs.database.unit_of_work() as work:
        declare_limiters(work, bench.jobs.catalogue)
    reconcile_once(bench.jobs)

    now = limiter_now(bench.jobs.scripts, PROVIDER.name)

    assert (now.points, now.paused_until_ms, now.opens_ms, leased(bench)) == (9, -1, -1, 0)


def test_of_two_services_the_last_pause_or_resumption_holds(bench: Bench) -> None:
    change_limiter(bench.jobs, PROVIDER.name, PAUSE)
    later = clock.now() + timedelta(seconds=5)

    def other(version: int, *, is_paused: bool, at: datetime) -> int:
        said = LimiterSetting(PROVIDER.name, version, 6, 60_000, None, is_paused, None, at)
        configure(bench.jobs.scripts, "other", said)
        return leased(bench)

    earlier = other(1, is_paused=False, at=later - timedelta(minutes=5))
    last = other(2, is_paused=False, at=later)

    assert (earlier, last) == (0, 2)


def test_a_service_that_never_paused_it_does_not_resume_it(bench: Bench) -> None:
    change_limiter(bench.jobs, PROVIDER.name, PAUSE)
    configure(bench.jobs.scripts, "other", LimiterSetting(PROVIDER.name, 1, 6, 60_000, None))

    assert leased(bench) == 0


def test_the_reading_tells_what_a_lease_would_find(bench: Bench) -> None:
    assert limiter_now(bench.jobs.scripts, PROVIDER.name, cost=6).opens_ms == 0
    leased(bench)
    refused = lease(bench.jobs.scripts, PROVIDER.name, Wanted(6, 6))
    asked_ms = bench.jobs.scripts.time_ms()

    now = limiter_now(bench.jobs.scripts, PROVIDER.name, cost=6)

    assert now.free == 4
    assert abs(now.opens_ms - asked_ms - refused.retry_ms) < 5_000


def test_a_limiter_that_nobody_has_set_reads_as_declared(bench: Bench) -> None:
    bench.sql("DELETE FROM limiter")

    setting = read_limiter(bench.jobs, PROVIDER.name)
    changed = change_limiter(bench.jobs, PROVIDER.name, LimiterChange(points=7))

    assert (setting.points, setting.version, changed.points, changed.version) == (6, 0, 7, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (LimiterChange(), "change"),
        (LimiterChange(points=1), "points"),
        (LimiterChange(points=1_000_001), "points"),
        (LimiterChange(window_ms=99), "window_ms"),
        (LimiterChange(window_ms=86_400_001), "window_ms"),
        (LimiterChange(paused_until=datetime(2999, 1, 1, tzinfo=clock.now().tzinfo)), "until"),
        (LimiterChange(is_reset=True, points=3), "reset"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_is_kept(
    bench: Bench, change: LimiterChange, field: str
) -> None:
    before = bench.sql("SELECT * FROM limiter"), bench.snapshot()

    with pytest.raises(InvalidArgument) as refused:
        change_limiter(bench.jobs, PROVIDER.name, change)

    assert refused.value.field == field
    assert (bench.sql("SELECT * FROM limiter"), bench.snapshot()) == before
