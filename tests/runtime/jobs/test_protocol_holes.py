"""What the protocol model found, played on real stores."""

from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.queue_settings import copy_settings
from shared.jobs.retention import DEFAULT
from tests.runtime.jobs.sample import Bench


def restore(bench: Bench, kept: dict[bytes, bytes]) -> None:
    """What a log without its end leaves after a restart, under the sentinel of the server's former life."""
    bench.redis.flushdb()
    for key, value in kept.items():
        bench.redis.restore(key, 0, value)
    bench.redis.set(bench.jobs.scripts.keys.of("identity"), "before:it:1")
    bench.sql("UPDATE redis_identity SET identity = 'before:it:1'")


def test_a_rate_window_begins_used_up_after_a_cut_log_whose_starts_nobody_had_read(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET rate = 1, window_ms = 3600000, version = version + 1")
    copy_settings(bench.jobs)
    bench.submit()
    kept = bench.snapshot()
    assert len(bench.claim()) == 1

    restore(bench, kept)
    reconcile_once(bench.jobs)

    assert not bench.claim()


def test_a_request_repeated_after_its_job_was_swept_by_count_runs_nothing_again(bench: Bench) -> None:
    first = bench.submit(1, idempotency_key="order-1")
    bench.run()
    bench.settle()
    bench.sql(
        "INSERT INTO job (id, name, queue, state, priority, args, attempts_max, timeout_ms, finished_at) "
        "SELECT gen_random_uuid(), 'play', 'work', 'completed', 2, '{}', 1, 1000, clock_timestamp() "
        "FROM generate_series(0, :count)",
        count=DEFAULT.completed.count,
    )
    sweep_once(bench.jobs)

    again = bench.submit(1, idempotency_key="order-1")
    bench.run()

    assert again.id == first.id
    assert len(bench.stage.runs) == 1


def test_the_push_of_a_requeued_job_makes_its_attempt_ask_the_row_first(bench: Bench) -> None:
    job = bench.submit()
    bench.run()
    bench.settle()
    bench.sql("UPDATE job SET generation = 2, state = 'queued', finished_at = NULL, pushed_at = NULL")
    requeued = bench.row(job.id)
    deadline_ms = bench.jobs.push_deadline()
    bench.cancel(job.id)  # between the requeue's commit and its push; the entry is a tombstone of what was before

    bench.jobs.push([requeued], deadline_ms=deadline_ms)
    bench.run()

    assert len(bench.stage.runs) == 1
