"""How long the oldest queued job has waited: whatever its priority, and also behind a closed gate."""

from datetime import timedelta

import msgspec

from shared import clock
from shared.jobs.gate_settings import Gate, pause_gate
from shared.jobs.queue_counts import read_counts
from tests.runtime.jobs.kept_entries import change_record, present
from tests.runtime.jobs.sample import Bench

AGE_MS = 600_000


def oldest_ms(bench: Bench) -> int:
    return {count.queue: count.oldest_queued_ms for count in read_counts(bench.jobs)}["work"]


def grow_old(bench: Bench, job_id: str, *, by_ms: int = AGE_MS) -> None:
    """As if its entry had come that much earlier."""
    change_record(bench.scripts, job_id, lambda one: msgspec.structs.replace(one, enqueued=one.enqueued - by_ms))


def test_a_parked_job_is_as_old_as_it_is(bench: Bench) -> None:
    pause_gate(bench.jobs, Gate("work", "group", "acme"))
    for number in range(3):
        bench.submit(number, group="acme")
    low = bench.submit(9, group="acme", priority=5).id
    bench.submit(4, group="zebra", priority=1)
    grow_old(bench, low)
    bench.claim()

    assert AGE_MS <= oldest_ms(bench) < AGE_MS + 60_000


def test_one_of_a_lower_priority_is_not_hidden_by_a_younger_one(bench: Bench) -> None:
    low = bench.submit(1, priority=4).id
    bench.submit(2, priority=1)
    grow_old(bench, low)

    assert oldest_ms(bench) >= AGE_MS


def test_the_time_before_it_was_due_does_not_count(bench: Bench) -> None:
    job_id = bench.submit(1, scheduled_for=clock.now() + timedelta(seconds=1)).id
    grow_old(bench, job_id)
    entry_due = present(bench.scripts, job_id).due
    bench.make_due()
    bench.claim(0)
    pause_gate(bench.jobs, Gate("work", "job", "play"))
    bench.claim()

    assert entry_due > 0
    assert oldest_ms(bench) < AGE_MS


def test_nothing_queued_is_not_old(bench: Bench) -> None:
    bench.submit()
    bench.claim()

    assert oldest_ms(bench) == 0


def test_many_closed_gates_cost_a_bounded_look(bench: Bench) -> None:
    for number in range(150):
        pause_gate(bench.jobs, Gate("work", "group", f"tenant-{number:03}"))
    ids = [bench.submit(number, group=f"tenant-{number:03}").id for number in range(150)]
    grow_old(bench, ids[50])
    bench.claim()

    assert oldest_ms(bench) >= AGE_MS
