"""The reconciler: PostgreSQL and index agree again after any loss, and claims stay shut until then."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.db import Database
from shared.errors import StoreUnavailable
from shared.jobs import JobContext, Jobs, submit, submit_many
from shared.jobs.index_ids import to_index
from shared.jobs.maintenance import reconciler
from shared.jobs.maintenance.reconciler import identity_changed, reconcile_once
from shared.jobs.outcomes import Done
from shared.jobs.queue_settings import copy_settings
from shared.jobs.states import State
from tests.runtime.jobs.kept_entries import present
from tests.runtime.jobs.sample import NAME, Bench, Play, jobs_of, open_bench, play, play_aside, write_effect
from tools.stores import ValkeyServer


def is_closed(bench: Bench) -> bool:
    """What a worker gets that still believes in the identity PostgreSQL knows."""
    identity = bench.sql("SELECT identity FROM redis_identity")[0][0]
    return bench.jobs.scripts.claim(
        {"work": 1}, identity=identity, request=secrets.token_hex(16), worker="another"
    ).is_closed


def write(ctx: JobContext, args: Play) -> None:
    with ctx.unit_of_work() as work:
        write_effect(work, args.number)


def test_a_flush_costs_no_job_and_no_outcome_is_recorded_twice(bench: Bench) -> None:
    bench.stage.act = write
    delayed = bench.submit(3)
    (first,) = bench.claim()
    bench.jobs.scripts.retry(
        first.held, state="scheduled", delay_ms=60_000, counts=False, wait_reason="", kind="snoozed"
    )
    running = bench.submit(2)
    (live,) = bench.claim()
    bench.submit(1)
    bench.write_history()

    bench.redis.flushdb()
    closed_before = is_closed(bench)
    reconcile_once(bench.jobs)
    bench.make_due()
    bench.run()
    late = bench.attempt(live)  # the process that had it goes on
    bench.settle()

    assert closed_before
    assert bench.effects() == [1, 2, 3]
    assert bench.sql("SELECT DISTINCT state FROM job") == [("completed",)]
    assert not isinstance(late, Done)
    assert {bench.row(job.id).state for job in (delayed, running)} == {State.COMPLETED}


def test_an_attempt_lost_with_the_index_is_not_spent(bench: Bench) -> None:
    job = bench.submit(1)
    (lost,) = bench.claim()
    bench.write_history()
    assert (lost.attempt, bench.row(job.id).state) == (1, State.RUNNING)

    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    (again,) = bench.claim()
    assert again.attempt == 1


def test_claims_are_shut_from_a_flush_until_the_reconciler_has_been(bench: Bench) -> None:
    bench.submit(1)
    bench.redis.flushdb()
    bench.submit(2)  # a submitter that noticed nothing

    shut = (identity_changed(bench.jobs), is_closed(bench))
    reconcile_once(bench.jobs)

    assert shut == (True, True)
    assert identity_changed(bench.jobs) is False
    assert len(bench.claim()) == 2


def test_pause_and_limits_are_back_before_claims_open_again(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET is_paused = TRUE, version = version + 1, is_edited = TRUE WHERE queue = 'work'")
    bench.submit(1)
    bench.redis.flushdb()

    reconcile_once(bench.jobs)

    assert bench.claim() == ()
    assert bench.redis.hget(bench.jobs.scripts.keys.of_queue("work", "conf"), "paused") == b"1"


def test_a_rate_window_begins_used_up_after_a_loss_and_empty_on_the_first_day(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET rate = 3, window_ms = 3600000, version = version + 1")
    copy_settings(bench.jobs)
    for number in range(4):
        bench.submit(number)
    first_day = len(bench.claim())

    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    assert first_day == 3
    assert not bench.claim()  # the three starts are forgotten, the promise about them is not


def test_a_rate_window_begins_used_up_after_a_restart_that_lost_the_tail_of_the_log(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET rate = 3, window_ms = 3600000, version = version + 1")
    copy_settings(bench.jobs)
    for number in range(4):
        bench.submit(number)
    bench.claim(count=2)
    bench.write_history()

    # What a cut log leaves: another run of the server, its sentinel, and neither the starts nor their events.
    bench.redis.set(bench.jobs.scripts.keys.of("identity"), "before:it:1")
    bench.sql("UPDATE redis_identity SET identity = 'before:it:1'")
    bench.redis.delete(bench.jobs.scripts.keys.of_queue("work", "starts"))
    bench.redis.xtrim(bench.jobs.scripts.keys.of("events"), maxlen=0)
    reconcile_once(bench.jobs)

    assert not bench.claim()


def test_a_flush_during_a_rebuild_is_noticed_and_the_settings_come_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = reconciler._drop_strangers

    def drop_and_lose(jobs: Jobs) -> int:
        dropped = drop(jobs)
        bench.redis.flushdb()
        return dropped

    bench.redis.flushdb()
    monkeypatch.setattr(reconciler, "_drop_strangers", drop_and_lose)
    with pytest.raises(StoreUnavailable):
        reconcile_once(bench.jobs)
    monkeypatch.undo()
    closed_between = is_closed(bench)
    reconcile_once(bench.jobs)

    assert closed_between
    assert bench.redis.hget(bench.jobs.scripts.keys.of_queue("work", "conf"), "paused") == b"0"
    assert not is_closed(bench)


def test_one_missing_entry_is_pushed_again_and_asks_its_row_first(bench: Bench) -> None:
    kept, lost = bench.submit(1), bench.submit(2)
    bench.redis.hdel(bench.jobs.scripts.keys.of("jobs"), to_index(lost.id))
    bench.redis.zrem(bench.jobs.scripts.keys.of_queue("work", "ready"), to_index(lost.id))

    reconcile_once(bench.jobs)

    assert [(one.held.id, one.must_check) for one in bench.claim()] == [(kept.id, False), (lost.id, True)]


def test_entries_whose_rows_are_final_or_gone_are_dropped(bench: Bench) -> None:
    cancelled, deleted, waiting, kept = (bench.submit(number) for number in range(4))
    bench.cancel(cancelled.id)
    bench.sql("DELETE FROM job WHERE id = :id", id=deleted.id)
    bench.redis.zrem(bench.jobs.scripts.keys.of_queue("work", "ready"), to_index(waiting.id))
    bench.redis.zadd(bench.jobs.scripts.keys.of_queue("work", "delayed"), {to_index(waiting.id): 1e13})
    bench.cancel(waiting.id)

    reconcile_once(bench.jobs)

    assert [bench.state(job.id) for job in (cancelled, deleted, waiting, kept)] == ["", "", "", "queued"]
    assert [claimed.held.id for claimed in bench.claim()] == [kept.id]


def test_a_live_lease_of_a_cancelled_job_is_only_doomed(bench: Bench) -> None:
    job = bench.submit(1)
    (live,) = bench.claim()
    bench.cancel(job.id)

    reconcile_once(bench.jobs)
    state_after = bench.state(job.id)
    (status,) = bench.jobs.scripts.extend([live.held])

    assert state_after == "running"
    assert status == 2
    bench.jobs.scripts.release(live.held)
    assert bench.entry(job.id) is None


def test_an_entry_of_an_older_generation_gives_way_to_the_row(bench: Bench) -> None:
    job = bench.submit(1)
    bench.sql("UPDATE job SET generation = 2")

    reconcile_once(bench.jobs)

    assert present(bench.scripts, job.id).generation == 2
    assert [claimed.held.generation for claimed in bench.claim()] == [2]


def test_blocked_and_far_future_rows_are_not_expected_in_the_index(bench: Bench) -> None:
    blocked, far = bench.submit(1), bench.submit(2)
    bench.redis.flushdb()
    bench.sql("UPDATE job SET state = 'blocked' WHERE id = :id", id=blocked.id)
    bench.sql(
        "UPDATE job SET state = 'scheduled', scheduled_for = clock_timestamp() + interval '1 day' WHERE id = :id",
        id=far.id,
    )

    reconcile_once(bench.jobs)

    assert [bench.entry(job.id) for job in (blocked, far)] == [None, None]


def test_an_outcome_that_waits_for_the_settler_is_left_alone(bench: Bench) -> None:
    job = bench.submit(1)
    bench.run()

    reconcile_once(bench.jobs)

    assert bench.state(job.id) == "completed"
    assert bench.claim() == ()


def test_more_jobs_than_a_page_are_all_rebuilt(bench: Bench) -> None:
    jobs = submit_many(bench.jobs, play, [Play(number=number) for number in range(2_100)])
    submit(bench.jobs, play_aside, Play())
    bench.redis.flushdb()

    reconcile_once(bench.jobs)

    assert [claimed.held.id for claimed in bench.claim(3000)] == [job.id for job in jobs]
    assert len(bench.claim(queue="side")) == 1


def test_four_reconcilers_at_once_rebuild_one_index(bench: Bench) -> None:
    jobs = submit_many(bench.jobs, play, [Play(number=number) for number in range(200)])
    bench.redis.flushdb()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: reconcile_once(bench.jobs), range(4)))
    reconcile_once(bench.jobs)

    assert not identity_changed(bench.jobs)
    assert {claimed.held.id for claimed in bench.claim(1000)} == {job.id for job in jobs}
    assert bench.kinds(jobs[0].id).count("started") == 1


def test_a_restarted_redis_is_shut_until_reconciled_and_keeps_its_jobs(
    empty_url: str, durable_valkey: ValkeyServer
) -> None:
    bench = open_bench(jobs_of(Database(empty_url, NAME, pool_size=8), durable_valkey.url()))
    job = bench.submit(1)
    durable_valkey.stop()
    durable_valkey.start()

    changed = identity_changed(bench.jobs)
    entry_kept = bench.state(job.id)
    reconcile_once(bench.jobs)

    assert changed
    assert entry_kept == "queued"
    assert [claimed.held.id for claimed in bench.claim()] == [job.id]
    bench.redis.close()
    bench.jobs.database.close()
