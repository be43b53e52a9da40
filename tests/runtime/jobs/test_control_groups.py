"""The limit of groups and the time of ageing, changed at run time: they hold at the next claim, and outlive a flush."""

from shared.jobs import Priority, queue_settings, submit
from shared.jobs.control.queue_edits import Limits, edit
from shared.jobs.maintenance.reconciler import reconcile_once
from tests.runtime.jobs.sample import WORK, Bench, Play, play


def of_tenants(bench: Bench, *tenants: str) -> None:
    for number, tenant in enumerate(tenants):
        submit(bench.jobs, play, Play(number=number), group=tenant)


def test_a_limit_a_group_holds_at_once_for_those_that_wait_and_is_taken_away_at_once(bench: Bench) -> None:
    of_tenants(bench, "a", "a", "a", "b")

    limited = edit(bench.jobs, "work", Limits(group_max_running=1))
    first = len(bench.claim())
    edit(bench.jobs, "work", Limits(group_max_running=0))

    assert (limited.group_max_running, first, len(bench.claim())) == (1, 2, 2)


def test_it_outlives_the_index_and_the_boot_and_a_reset_follows_the_code(bench: Bench) -> None:
    edit(bench.jobs, "work", Limits(group_max_running=1, age_ms=7_000))
    bench.redis.flushdb()
    with bench.jobs.database.unit_of_work() as work:
        queue_settings.declare(work, (WORK,))
    reconcile_once(bench.jobs)
    of_tenants(bench, "a", "a")
    conf = bench.jobs.scripts.keys.of_queue("work", "conf")

    assert (len(bench.claim()), bench.redis.hget(conf, "age_ms")) == (1, b"7000")

    edit(bench.jobs, "work", Limits(is_reset=True))
    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    assert bench.redis.hmget(conf, "group_max", "age_ms") == [b"0", b"60000"]
    assert bench.sql("SELECT group_max_running, age_ms, is_edited FROM queue_setting WHERE queue = 'work'") == [
        (0, 60_000, False)
    ]


def test_a_shorter_time_of_ageing_gives_low_priorities_their_tenth_at_once(bench: Bench) -> None:
    low = submit(bench.jobs, play, Play(number=99), priority=Priority.BATCH)
    for number in range(12):
        bench.submit(number)

    edit(bench.jobs, "work", Limits(age_ms=0))

    assert low.id in [claimed.held.id for claimed in bench.claim(10)]
