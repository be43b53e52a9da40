"""Slots that follow what jobs meet: up by one, down by half, within bounds, once a cooldown, each with why."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.db import Database
from shared.errors import InvalidArgument, UnknownQueue
from shared.jobs import Adaptive, Queue, seconds
from shared.jobs.adaptive import Measures, decide
from shared.jobs.control.queue_edits import Limits, edit
from shared.jobs.maintenance.steering import decisions, steer_once
from shared.jobs.meters import Meter, read_measures, send_samples
from shared.jobs.outcomes import Again, Done, WaitReason
from shared.jobs.queue_settings import read
from tests.runtime.jobs.sample import NAME, SIDE, WORK, Bench, at_work, jobs_of, open_bench
from tests.runtime.jobs.waiting import eventually

RULE = Adaptive(min_slots=2, max_slots=10, latency=seconds(1))
CALM = Measures(runs=10, mean_seconds=0.1, limited=0, cpu=0.2, queued=5)
LIMITED = Again(seconds(1), counts=False, wait_reason=WaitReason.RATE_LIMITED)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service; its first queue adapts, its second does not."""
    queues = (replace(WORK, adaptive=RULE), SIDE)
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, queues=queues)
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def slots(bench: Bench) -> dict[str, int]:
    with bench.jobs.database.unit_of_work() as work:
        return {setting.queue: setting.slots for setting in read(work)}


def meet(bench: Bench, *, limited: int = 0, runs: int = 5, seconds_each: float = 0.01) -> None:
    """What a worker met of the queue that adapts."""
    meter = Meter()
    for _ in range(runs):
        meter.note(Done(b"1"), seconds_each)
    for _ in range(limited):
        meter.note(LIMITED, 0.01)
    send_samples(bench.jobs, "w", {WORK.name: meter})


def cool(bench: Bench) -> None:
    bench.sql("UPDATE slot_decision SET at = at - interval '1 minute'")


@pytest.mark.parametrize(
    ("slots_now", "met", "after"),
    [
        (4, CALM, 5),
        (4, replace(CALM, queued=0), None),
        (10, CALM, None),
        (8, replace(CALM, limited=1), 4),
        (8, replace(CALM, mean_seconds=1.5), 4),
        (8, replace(CALM, cpu=0.95), 4),
        (3, replace(CALM, limited=1), 2),
        (2, replace(CALM, limited=1), None),
        (4, Measures(runs=0, mean_seconds=0, limited=0, cpu=0.99, queued=9), None),
        (50, CALM, 10),
        (1, replace(CALM, queued=0), 2),
    ],
)
def test_what_is_decided(slots_now: int, met: Measures, after: int | None) -> None:
    decision = decide(RULE, slots_now, met)

    assert (decision.slots if decision else None) == after


@given(
    slots_now=st.integers(1, 1000), runs=st.integers(0, 50), mean=st.floats(0, 100), limited=st.integers(0, 5),
    cpu=st.floats(0, 2), queued=st.integers(0, 100),
)  # fmt: skip
def test_no_decision_leaves_the_bounds_or_changes_nothing(
    slots_now: int, runs: int, mean: float, limited: int, cpu: float, queued: int
) -> None:
    decision = decide(RULE, slots_now, Measures(runs, mean, limited, cpu, queued))

    if decision is not None:
        assert RULE.min_slots <= decision.slots <= RULE.max_slots
        assert decision.slots != slots_now
        assert decision.reason


def test_slots_go_up_through_the_table_that_workers_read_and_once_a_cooldown(bench: Bench) -> None:
    bench.submit()
    meet(bench)
    steer_once(bench.jobs)
    steer_once(bench.jobs)

    assert slots(bench) == {"work": 5, "side": 1}
    cool(bench)
    steer_once(bench.jobs)
    assert slots(bench)["work"] == 6


def test_a_provider_s_limit_halves_them_and_the_decision_says_so(bench: Bench) -> None:
    meet(bench, limited=3)
    steer_once(bench.jobs)

    (taken,) = decisions(bench.jobs, "work")
    assert (taken.before, taken.after, taken.reason) == (4, 2, "a provider limited 3 runs")
    assert taken.measures["limited"] == 3
    assert slots(bench)["work"] == 2


def test_a_queue_that_does_not_adapt_is_never_touched_and_measures_nothing(bench: Bench) -> None:
    edit(bench.jobs, "side", Limits(slots=500))
    steer_once(bench.jobs)

    assert slots(bench)["side"] == 500
    with at_work(bench) as worker:
        assert list(worker.meters) == ["work"]


def test_what_workers_meet_comes_from_the_jobs_they_run(bench: Bench) -> None:
    bench.submit(1)
    with at_work(bench) as worker:
        eventually(lambda: worker.meters["work"]._runs == 1)
        send_samples(bench.jobs, worker.name, worker.meters)

    met = read_measures(bench.jobs, "work", queued=0)
    assert (met.runs, met.limited) == (1, 0)


def test_bad_bounds_name_the_field_and_an_unknown_queue_is_refused(bench: Bench) -> None:
    for field, wrong in (
        ("min_slots", {"min_slots": 11}),
        ("latency", {"latency": seconds(0)}),
        ("cpu", {"cpu": 0.0}),
        ("cooldown", {"cooldown": seconds(0)}),
    ):
        with pytest.raises(InvalidArgument) as caught:
            replace(RULE, **wrong)
        assert caught.value.field == field
    with pytest.raises(UnknownQueue):
        decisions(bench.jobs, "nowhere")
    assert Queue("quiet", slots=1).adaptive is None
