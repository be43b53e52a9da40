"""A rate's window over restarts of Redis: kept after a clean stop, used up whenever a start may be forgotten."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.db import Database
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.queue_settings import copy_settings
from tests.runtime.jobs.sample import NAME, Bench, jobs_of, open_bench
from tools.stores import ValkeyServer


@pytest.fixture
def lasting(empty_url: str, durable_valkey: ValkeyServer) -> Iterator[Bench]:
    """A bench whose queue may start two jobs an hour and has started one, on a Redis that can be restarted."""
    bench = open_bench(jobs_of(Database(empty_url, NAME, pool_size=4), durable_valkey.url()))
    limit(bench)
    yield bench
    bench.redis.close()
    bench.jobs.database.close()


def limit(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET rate = 2, window_ms = 3600000, version = version + 1")
    copy_settings(bench.jobs)
    for number in range(3):
        bench.submit(number)
    assert len(bench.claim(count=1)) == 1


def restart(server: ValkeyServer) -> None:
    server.stop()
    server.start()


def restore(bench: Bench, kept: dict[bytes, bytes]) -> None:
    """The index as it was; the server's life goes on, so that only the data can tell."""
    bench.redis.flushdb()
    for key, value in kept.items():
        bench.redis.restore(key, 0, value)


def test_a_clean_restart_keeps_what_is_left_of_a_rates_window(lasting: Bench, durable_valkey: ValkeyServer) -> None:
    closed = lasting.jobs.scripts.close_index()
    restart(durable_valkey)

    reconcile_once(lasting.jobs)

    assert closed
    assert len(lasting.claim()) == 1


def test_any_other_restart_begins_with_windows_used_up(lasting: Bench, durable_valkey: ValkeyServer) -> None:
    restart(durable_valkey)

    reconcile_once(lasting.jobs)

    assert lasting.claim() == ()


def test_claims_are_shut_from_a_close_until_a_reconciler_opens_them(bench: Bench) -> None:
    limit(bench)
    identity = bench.sql("SELECT identity FROM redis_identity")[0][0]

    closed = [bench.jobs.scripts.close_index() for _ in range(2)]
    shut = bench.jobs.scripts.claim({"work": 1}, identity=identity, request="a" * 32, worker="by-hand").is_closed
    reconcile_once(bench.jobs)

    assert closed == [True, True]
    assert shut
    assert len(bench.claim()) == 1


def test_an_old_closing_says_nothing_about_what_was_started_after_it(bench: Bench) -> None:
    limit(bench)
    bench.jobs.scripts.close_index()
    closed = bench.snapshot()
    reconcile_once(bench.jobs)
    assert len(bench.claim()) == 1

    restore(bench, closed)  # a log that was cut behind the closing, long after claims were open again
    reconcile_once(bench.jobs)

    assert bench.claim() == ()


def test_an_index_that_came_back_with_a_restart_is_not_closed_before_it_is_reconciled(
    lasting: Bench, durable_valkey: ValkeyServer
) -> None:
    restart(durable_valkey)

    closed = lasting.jobs.scripts.close_index()
    reconcile_once(lasting.jobs)

    assert not closed
    assert lasting.claim() == ()


def test_a_mark_is_decided_by_what_it_replaces(bench: Bench) -> None:
    known = bench.sql("SELECT identity FROM redis_identity")[0][0]
    bench.jobs.scripts.close_index()
    bench.redis.flushdb()  # after a reconciler has read the closing, before it sets its mark

    mark = bench.jobs.scripts.mark_rebuild("rebuilding:here:", "one", known=known)

    assert mark == "rebuilding:here:lost:one"
    assert bench.jobs.scripts.mark_rebuild("rebuilding:here:", "two", known=known) == mark


def test_a_mark_and_an_index_never_opened_have_nothing_to_close(bench: Bench) -> None:
    bench.redis.flushdb()
    empty = bench.jobs.scripts.close_index()
    bench.jobs.scripts.mark_rebuild("rebuilding:here:", "one", known="")

    assert (empty, bench.jobs.scripts.close_index()) == (False, False)


def test_adopting_an_index_may_be_repeated(bench: Bench) -> None:
    mark = bench.jobs.scripts.mark_rebuild("rebuilding:here:", "one", known="")

    answers = [bench.jobs.scripts.adopt(mark, identity) for identity in ("here:1", "here:1", "here:2")]

    assert answers == [True, True, False]


def test_reconcilers_that_meet_on_the_first_day_forget_nothing(bench: Bench) -> None:
    bench.redis.flushdb()
    bench.sql("DELETE FROM redis_identity")
    bench.sql("UPDATE queue_setting SET rate = 2, window_ms = 3600000, version = version + 1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: reconcile_once(bench.jobs), range(4)))
    bench.submit()

    assert len(bench.claim()) == 1
