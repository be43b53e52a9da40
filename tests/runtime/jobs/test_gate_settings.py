"""Limits and pauses of jobs and groups: PostgreSQL keeps them versioned, the index has them when the call returns."""

from datetime import UTC, datetime, timedelta

import pytest

from shared import clock
from shared.db import Database
from shared.errors import InvalidArgument, UnknownJob, UnknownQueue
from shared.jobs import Queue, gate_settings, submit
from shared.jobs.gate_settings import (
    Gate,
    copy_gates,
    declare_gates,
    limit_gate,
    pause_gate,
    read_gates,
    resume_gate,
)
from shared.jobs.live import get_job
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.queue_counts import read_counts
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, jobs_of, open_bench, play_once

PLAY = Gate("work", "job", "play")
ACME = Gate("work", "group", "acme")


def numbers(bench: Bench) -> list[int]:
    """Which jobs start now."""
    bench.run()
    started, bench.stage.runs[:] = bench.stage.numbers, []
    return started


@pytest.mark.parametrize("gate", [PLAY, ACME])
def test_a_pause_holds_when_the_call_returns_and_is_lifted_again(bench: Bench, gate: Gate) -> None:
    bench.submit(1, group="acme")
    submit(bench.jobs, play_once, Play(number=2))

    pause_gate(bench.jobs, gate)
    paused = numbers(bench)
    resume_gate(bench.jobs, gate)

    assert (paused, numbers(bench)) == ([2], [1])


def test_a_limit_of_a_group_holds_and_is_changed_without_a_restart(bench: Bench) -> None:
    limit_gate(bench.jobs, ACME, 1)
    for number in range(4):
        bench.submit(number, group="acme")
    bench.submit(9)

    assert len(bench.claim()) == 2
    limit_gate(bench.jobs, ACME, 3)
    assert len(bench.claim()) == 2


def test_a_parked_job_tells_why_it_waits_and_counts_as_queued(bench: Bench) -> None:
    pause_gate(bench.jobs, ACME)
    job = bench.submit(1, group="acme")
    bench.claim()

    live = get_job(bench.jobs, job.id)

    assert live is not None
    assert (live.state, live.wait_reason, live.group_key) == ("queued", "group_paused", "acme")
    assert {count.queue: count.queued for count in read_counts(bench.jobs)} == {"work": 1, "side": 0}


def test_pauses_limits_and_groups_survive_the_loss_of_the_index(bench: Bench) -> None:
    pause_gate(bench.jobs, PLAY)
    limit_gate(bench.jobs, ACME, 1)
    bench.submit(0)
    for number in (1, 2):
        submit(bench.jobs, play_once, Play(number=number), group="acme")

    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    assert [claimed.entry.name for claimed in bench.claim()] == ["play-once"]
    assert bench.claim() == ()


def test_a_declared_limit_holds_and_an_operators_change_outlives_the_next_boot(bench: Bench) -> None:
    limit_gate(bench.jobs, PLAY, 5)

    with bench.jobs.database.unit_of_work() as work:
        declare_gates(work, bench.jobs.catalogue)
        [setting] = read_gates(work)

    assert (setting.name, setting.max_running, setting.version) == ("play", 5, 1)


def test_a_limit_for_every_group_is_declared_with_the_queue(empty_url: str, redis_url: str) -> None:
    queue = Queue("work", slots=4, group_max_running=2)
    bench = open_bench(jobs_of(Database(empty_url, NAME), redis_url, queues=(queue, Queue("side", slots=1))))
    for number in range(6):
        bench.submit(number, group="even" if number % 2 == 0 else "odd")

    assert len(bench.claim()) == 4
    bench.redis.close()
    bench.jobs.database.close()


def test_a_copy_of_what_is_there_already_changes_nothing(bench: Bench) -> None:
    limit_gate(bench.jobs, ACME, 1)
    for number in range(3):
        bench.submit(number, group="acme")
    bench.claim()

    copy_gates(bench.jobs)

    assert bench.claim() == ()


def test_a_pause_until_a_time_is_kept_as_that_time(bench: Bench) -> None:
    until = clock.now() + timedelta(hours=1)

    pause_gate(bench.jobs, ACME, until=until)

    conf = bench.redis.hget(bench.jobs.scripts.keys.of_queue("work", "conf"), "until:g:acme")
    assert int(conf) == clock.epoch_ms(until)


@pytest.mark.parametrize(
    ("gate", "field", "error"),
    [
        (Gate("nowhere", "job", "play"), "queue", UnknownQueue),
        (Gate("work", "tenant", "acme"), "kind", InvalidArgument),
        (Gate("work", "job", "nothing"), "name", UnknownJob),
        (Gate("work", "group", ""), "name", InvalidArgument),
        (Gate("work", "group", "x" * 201), "group", InvalidArgument),
        (Gate("work", "group", "a\0b"), "group", InvalidArgument),
    ],
)
def test_a_gate_that_cannot_be_is_refused_by_name(
    bench: Bench, gate: Gate, field: str, error: type[InvalidArgument]
) -> None:
    with pytest.raises(error) as refused:
        pause_gate(bench.jobs, gate)

    assert refused.value.field == field
    assert bench.sql("SELECT count(*) FROM gate_setting")[0][0] == 0


@pytest.mark.parametrize("until", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)])
def test_a_pause_that_ends_in_the_past_or_beyond_a_year_is_refused(bench: Bench, until: datetime) -> None:
    with pytest.raises(InvalidArgument, match="until"):
        pause_gate(bench.jobs, ACME, until=until)


def test_a_limit_below_zero_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidArgument, match="max_running"):
        limit_gate(bench.jobs, PLAY, -1)


@pytest.mark.parametrize("group", ["x" * 201, "line\nbreak", "nul\0"])
def test_a_group_that_cannot_be_kept_is_refused_at_submit(bench: Bench, group: str) -> None:
    with pytest.raises(InvalidArgument, match="group"):
        bench.submit(1, group=group)

    assert bench.sql("SELECT count(*) FROM job WHERE queue = :queue", queue=WORK.name)[0][0] == 0


def test_groups_that_were_resumed_leave_room_for_others(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_settings, "GROUPS_MAX", 3)
    for number in range(8):
        pause_gate(bench.jobs, Gate("work", "group", f"tenant {number}"))
        resume_gate(bench.jobs, Gate("work", "group", f"tenant {number}"))
    held = [limit_gate(bench.jobs, Gate("work", "group", f"tenant {number}"), 1) for number in range(3)]

    with pytest.raises(InvalidArgument, match="3 groups of queue work are paused or limited already"):
        limit_gate(bench.jobs, ACME, 1)

    with bench.jobs.database.unit_of_work() as work:
        kept = {setting.name: setting.max_running for setting in read_gates(work) if setting.kind == "group"}
    assert {setting.name for setting in held} <= kept.keys()
    assert len(kept) <= 4
    assert "acme" not in kept


def test_a_group_that_was_forgotten_is_paused_again_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_settings, "GROUPS_MAX", 1)
    for changes, group in ((5, ACME), (9, Gate("work", "group", "other"))):
        for _ in range(changes):
            pause_gate(bench.jobs, group)
        resume_gate(bench.jobs, group)
    bench.submit(1, group="acme")

    pause_gate(bench.jobs, ACME)
    paused = numbers(bench)
    resume_gate(bench.jobs, ACME)

    assert (paused, numbers(bench)) == ([], [1])
