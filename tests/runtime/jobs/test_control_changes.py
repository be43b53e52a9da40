"""What people may change of a waiting job: its priority, its time, its queue; the row first, then the index."""

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.errors import InvalidArgument, StoreUnavailable, UnknownQueue
from shared.jobs.control.changes import Change, apply_changes, change
from shared.jobs.control_scripts import ControlScripts
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.messages import envelope_of
from tests.runtime.jobs.kept_entries import present
from tests.runtime.jobs.sample import Bench
from tests.runtime.jobs.subjects import fail, job_in
from tests.runtime.jobs.waiting import eventually


def newest_ms(bench: Bench) -> int:
    """When the newest event was raised, by Redis' clock."""
    [(event_id, _)] = bench.redis.xrevrange(bench.jobs.scripts.keys.of("events"), count=1)
    return int(event_id.decode().partition("-")[0])


def test_a_new_priority_holds_among_those_who_came_before_and_after(bench: Bench) -> None:
    ids = [bench.submit(number, priority=3 if number < 3 else 2).id for number in range(5)]

    changed = change(bench.jobs, ids[1], Change(priority=2))
    bench.run()

    assert (changed.priority, bench.stage.numbers) == (2, [1, 3, 4, 0, 2])
    assert bench.kinds(ids[1])[1] == "changed"


def test_a_scheduled_job_is_run_now_and_a_queued_one_later(bench: Bench) -> None:
    soon = bench.submit(1, scheduled_for=clock.now() + timedelta(minutes=5)).id
    late = bench.submit(2).id

    now = change(bench.jobs, soon, Change(is_now=True))
    then = change(bench.jobs, late, Change(scheduled_for=clock.now() + timedelta(hours=30)))
    bench.run()
    bench.write_history()

    assert (now.state, then.state, then.wait_reason, bench.stage.numbers) == ("queued", "scheduled", "delay", [1])
    assert (bench.row(late).state, bench.row(late).wait_reason) == ("scheduled", "delay")


def test_a_retrying_job_is_run_now_and_its_attempt_still_counts(bench: Bench) -> None:
    job_id = job_in(bench, "retrying")

    change(bench.jobs, job_id, Change(is_now=True))
    bench.run()

    assert [attempt for _, attempt, _ in bench.stage.runs] == [1, 2]
    assert bench.jobs.scripts.client.hget(bench.jobs.scripts.keys.of_queue("work", "count"), "retrying") == b"1"


def test_a_job_moves_to_another_queue_with_its_message(bench: Bench) -> None:
    job_id = bench.submit(1).id

    moved = change(bench.jobs, job_id, Change(queue="side"))

    assert (moved.queue, bench.claim()) == ("side", ())
    [claimed] = bench.claim(queue="side")
    assert (envelope_of(claimed).queue_name, claimed.held.queue) == ("side", "side")
    assert bench.row(job_id).queue == "side"


def test_a_change_survives_the_loss_of_the_index(bench: Bench) -> None:
    first, second = bench.submit(1).id, bench.submit(2).id
    change(bench.jobs, second, Change(priority=1))
    change(bench.jobs, first, Change(queue="side"))

    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    assert [claimed.held.id for claimed in bench.claim()] == [second]
    assert [claimed.held.id for claimed in bench.claim(queue="side")] == [first]


def test_a_change_whose_copy_failed_is_not_acknowledged_and_reaches_the_index_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.submit(1)
    job_id = bench.submit(2).id

    def broken(*_: object, **__: object) -> int:
        raise StoreUnavailable("Redis does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(ControlScripts, "change", broken)
        with pytest.raises(StoreUnavailable):
            change(bench.jobs, job_id, Change(priority=1))
    apply_changes(bench.jobs)
    bench.run()

    assert bench.stage.numbers == [2, 1]
    assert bench.sql("SELECT count(*) FROM job WHERE pending_change IS NOT NULL") == [(0,)]


def test_a_change_before_the_push_is_what_is_pushed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[tuple[Any, Any]] = []
    monkeypatch.setattr(bench.jobs, "push", lambda rows, *, deadline_ms: late.append((rows, deadline_ms)))
    job_id = bench.submit(1).id
    monkeypatch.undo()

    change(bench.jobs, job_id, Change(queue="side"))
    [(rows, deadline_ms)] = late
    bench.jobs.push(rows, deadline_ms=deadline_ms)

    assert (bench.claim(), len(bench.claim(queue="side"))) == ((), 1)


def test_a_change_that_meets_a_start_holds_from_the_next_wait_on(bench: Bench) -> None:
    job_id = bench.submit(1).id
    bench.stage.act = fail
    [claimed] = bench.claim()
    bench.sql(
        """UPDATE job SET priority = 1, pending_change = '{"priority": 1, "due_ms": 0}' WHERE id = :id""", id=job_id
    )

    apply_changes(bench.jobs)
    [(left,)] = bench.sql("SELECT pending_change FROM job WHERE id = :id", id=job_id)
    bench.attempt(claimed)
    apply_changes(bench.jobs)

    assert left == {"priority": 1}
    assert present(bench.scripts, job_id).priority == 1
    assert bench.sql("SELECT pending_change FROM job WHERE id = :id", id=job_id) == [(None,)]


def test_events_from_before_a_change_do_not_undo_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = bench.submit(1, scheduled_for=clock.now() + timedelta(minutes=5)).id
    wanted = clock.now() + timedelta(minutes=20)
    eventually(lambda: bench.jobs.scripts.time_ms() > newest_ms(bench))

    def broken(*_: object, **__: object) -> int:
        raise StoreUnavailable("Redis does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(ControlScripts, "change", broken)
        with pytest.raises(StoreUnavailable):
            change(bench.jobs, job_id, Change(scheduled_for=wanted))
    bench.write_history()

    row = bench.row(job_id)
    assert row.scheduled_for is not None
    assert abs(row.scheduled_for - wanted) < timedelta(milliseconds=2)


@pytest.mark.parametrize(
    ("wanted", "kind", "field"),
    [
        (Change(), InvalidArgument, "change"),
        (Change(priority=6), InvalidArgument, "priority"),
        (Change(queue="nowhere"), UnknownQueue, "queue"),
        (Change(scheduled_for=clock.now() + timedelta(days=400)), InvalidArgument, "scheduled_for"),
        (Change(scheduled_for=clock.now(), is_now=True), InvalidArgument, "scheduled_for"),
    ],
)
def test_a_bad_change_names_the_field_and_writes_nothing(
    bench: Bench, wanted: Change, kind: type[InvalidArgument], field: str
) -> None:
    job = bench.submit(1)

    with pytest.raises(kind) as caught:
        change(bench.jobs, job.id, wanted)

    assert caught.value.field == field
    assert bench.row(job.id) == job
