"""What people may ask of a job: which state allows it, and that the row decides before the index follows."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.errors import InvalidArgument, NotFound, StoreUnavailable, UnknownQueue, WrongState
from shared.jobs import JobContext, Unrecoverable, submit
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.changes import Change, apply_changes, change
from shared.jobs.control.removals import remove
from shared.jobs.control.requeues import requeue
from shared.jobs.control_scripts import ControlScripts
from shared.jobs.ledger import commands
from shared.jobs.live import get_job
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.messages import decode
from shared.jobs.states import ASKABLE, State, Verb
from tests.runtime.jobs.sample import Bench, Play, at_work, hold_until, play, write_effect
from tests.runtime.jobs.waiting import eventually

LIVE = ["queued", "scheduled", "retrying", "running", "blocked"]
ENDED = ["completed", "dead", "cancelled", "expired"]
#: verb -> what happens in each state: `done`, `same` for a repeated call, or the refusal.
TABLE = {
    "cancel": dict.fromkeys(LIVE, "done") | dict.fromkeys(ENDED, "refused") | {"cancelled": "same"},
    "requeue": dict.fromkeys(LIVE, "refused") | dict.fromkeys(ENDED, "done"),
    "change": dict.fromkeys([*ENDED, "running", "blocked"], "refused")
    | dict.fromkeys(["queued", "scheduled", "retrying"], "done"),
    "remove": dict.fromkeys(LIVE, "refused") | dict.fromkeys(ENDED, "done"),
}


def fail(_ctx: JobContext, _args: Play) -> None:
    raise RuntimeError("no luck")


def give_up(_ctx: JobContext, _args: Play) -> None:
    raise Unrecoverable("never")


def job_in(bench: Bench, state: str) -> str:
    """A job that has come into this state on the usual way, where there is one."""
    later = clock.now() + timedelta(minutes=5)
    job_id = bench.submit(1, scheduled_for=later if state == "scheduled" else None).id
    if state in ("retrying", "completed", "dead"):
        bench.stage.act = {"retrying": fail, "dead": give_up}.get(state, bench.stage.act)
        bench.run()
        bench.settle()
    elif state == "running":
        bench.claim()
    elif state == "cancelled":
        cancel(bench.jobs, job_id)
    elif state in ("blocked", "expired"):
        bench.jobs.scripts.drop(job_id, "work", generation=1)
        ended = ", finished_at = now()" if state == "expired" else ""
        bench.sql(f"UPDATE job SET state = :state{ended} WHERE id = :id", state=state, id=job_id)
    found = get_job(bench.jobs, job_id)
    assert found is not None
    assert found.state == state
    return job_id


def newest_ms(bench: Bench) -> int:
    """When the newest event was raised, by Redis' clock."""
    [(event_id, _)] = bench.redis.xrevrange(bench.jobs.scripts.keys.of("events"), count=1)
    return int(event_id.decode().partition("-")[0])


def ask(bench: Bench, verb: str, job_id: str) -> object:
    calls: dict[str, Callable[[], object]] = {
        "cancel": lambda: cancel(bench.jobs, job_id),
        "requeue": lambda: requeue(bench.jobs, job_id),
        "change": lambda: change(bench.jobs, job_id, Change(priority=1)),
        "remove": lambda: remove(bench.jobs, job_id),
    }
    return calls[verb]()


def test_the_table_of_verbs_is_the_one_of_this_test() -> None:
    for verb, row in TABLE.items():
        assert {str(state) for state in ASKABLE[Verb(verb)]} == {s for s, what in row.items() if what != "refused"}
    assert ASKABLE[Verb.CLEAN] == ASKABLE[Verb.REMOVE]
    assert ASKABLE[Verb.DRAIN] == ASKABLE[Verb.CHANGE]


@pytest.mark.parametrize(("verb", "state"), [(verb, state) for verb in TABLE for state in (*LIVE, *ENDED)])
def test_each_verb_is_had_or_refused_in_each_state(bench: Bench, verb: str, state: str) -> None:
    job_id = job_in(bench, state)
    before = bench.row(job_id)

    if TABLE[verb][state] == "refused":
        with pytest.raises(WrongState, match=f"is {state}; {verb} needs") as caught:
            ask(bench, verb, job_id)
        assert (caught.value.state, set(caught.value.allowed)) == (state, {str(one) for one in ASKABLE[Verb(verb)]})
        assert bench.row(job_id) == before
    else:
        ask(bench, verb, job_id)
        assert (get_job(bench.jobs, job_id) != before) is (TABLE[verb][state] == "done")


@pytest.mark.parametrize("verb", TABLE)
def test_a_job_nobody_knows_is_not_found(bench: Bench, verb: str) -> None:
    with pytest.raises(NotFound):
        ask(bench, verb, "5b1f7a52-8e4e-4f3b-9c57-2a9d0f1c7d11")


@pytest.mark.parametrize("state", ["queued", "scheduled", "retrying"])
def test_a_cancelled_job_that_waited_is_gone_from_the_index_and_never_runs(bench: Bench, state: str) -> None:
    job_id = job_in(bench, state)

    cancel(bench.jobs, job_id, reason="not wanted")
    runs = len(bench.stage.runs)
    bench.make_due()
    bench.run()

    row = bench.row(job_id)
    assert (row.state, row.error and row.error["message"], row.finished_at is not None) == (
        "cancelled", "not wanted", True,
    )  # fmt: skip
    assert bench.state(job_id) == ""
    assert len(bench.stage.runs) == runs


def test_a_push_that_comes_after_the_cancel_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[tuple[Any, Any]] = []
    monkeypatch.setattr(bench.jobs, "push", lambda rows, *, deadline_ms: late.append((rows, deadline_ms)))
    job_id = bench.submit(1).id
    monkeypatch.undo()

    cancel(bench.jobs, job_id)
    [(rows, deadline_ms)] = late
    bench.jobs.push(rows, deadline_ms=deadline_ms)

    assert bench.claim() == ()


def test_a_running_job_learns_of_its_cancel_without_waiting_for_its_heartbeat(bench: Bench) -> None:
    bench.stage.act = hold_until(threading.Event())
    with at_work(bench):
        for number in (1, 2):  # the first beat of a worker asks anyway; the second job is told by the cancel alone
            job_id = bench.submit(number).id
            eventually(lambda: len(bench.stage.runs) == number)  # noqa: B023  # called before the next number
            cancel(bench.jobs, job_id, reason="stop it")
            # The heartbeat extends every 8 s only; what is seen earlier was told.
            eventually(lambda: bench.state(job_id) != "running", within=4)  # noqa: B023  # called before the next
        bench.settle()

    row = bench.row(job_id)
    assert (row.state, row.attempts_made, len(bench.stage.runs)) == ("cancelled", 0, 2)
    assert row.error is not None
    assert row.error["message"] == "stop it"
    assert bench.sql("SELECT outcome FROM attempt WHERE job_id = :id", id=job_id)[0][0] == "cancelled"


def test_a_cancel_that_meets_the_end_changes_nothing(bench: Bench) -> None:
    job_id = job_in(bench, "completed")
    before = bench.row(job_id)

    with bench.jobs.database.unit_of_work() as work:
        assert commands.cancel(work, [job_id], reason="late") == []

    assert bench.row(job_id) == before


def test_what_a_cancelled_job_wrote_in_its_final_transaction_is_rolled_back(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        with ctx.unit_of_work() as work:
            write_effect(work, 7)
        cancel(bench.jobs, ctx.id)

    bench.stage.act = act
    job_id = bench.submit(1).id
    bench.run()

    assert (bench.row(job_id).state, bench.effects(), bench.state(job_id)) == ("cancelled", [], "")


def test_a_cancel_that_redis_misses_is_repaired_from_the_row(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = bench.submit(1).id

    def broken(*_: object, **__: object) -> list[int]:
        raise StoreUnavailable("Redis does not answer")

    monkeypatch.setattr(ControlScripts, "cancel", broken)
    assert cancel(bench.jobs, job_id).state == "cancelled"
    reconcile_once(bench.jobs)

    assert bench.state(job_id) == ""


def test_a_requeued_job_begins_anew_and_keeps_its_history(bench: Bench) -> None:
    job_id = job_in(bench, "dead")
    bench.write_history()
    bench.stage.act = lambda _ctx, args: {"number": args.number}

    again = requeue(bench.jobs, job_id)
    bench.run()
    bench.settle()

    row = bench.row(job_id)
    assert (again.generation, again.attempts_made, again.state) == (2, 0, "queued")
    assert (row.state, row.generation, row.result, row.attempts_made) == ("completed", 2, {"number": 1}, 1)
    attempts = bench.sql("SELECT generation, outcome FROM attempt WHERE job_id = :id ORDER BY generation", id=job_id)
    assert attempts == [(1, "dead"), (2, "completed")]


def test_a_requeue_whose_push_was_lost_is_pushed_by_the_relay(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = job_in(bench, "completed")
    monkeypatch.setattr(bench.jobs, "push", lambda rows, *, deadline_ms: None)

    requeue(bench.jobs, job_id)
    bench.age()
    relay_once(bench.jobs)

    assert [claimed.held.generation for claimed in bench.claim()] == [2]


def test_a_late_end_of_the_life_before_does_not_touch_the_requeued_job(bench: Bench) -> None:
    bench.submit(1)
    [claimed] = bench.claim()
    job_id = claimed.held.id
    cancel(bench.jobs, job_id)
    requeue(bench.jobs, job_id)

    bench.attempt(claimed)
    bench.settle()
    bench.age()
    relay_once(bench.jobs)

    assert (bench.row(job_id).state, bench.row(job_id).generation) == ("queued", 2)
    assert [again.held.generation for again in bench.claim()] == [2]


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
    assert (decode(claimed.body).queue_name, claimed.held.queue) == ("side", "side")
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
    assert bench.entry(job_id)[4] == 1
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


def test_a_removed_job_leaves_nothing_and_its_key_is_free(bench: Bench) -> None:
    job = submit(bench.jobs, play, Play(), idempotency_key="k")
    bench.run()
    bench.settle()

    remove(bench.jobs, job.id)

    assert bench.sql("SELECT (SELECT count(*) FROM job), (SELECT count(*) FROM attempt)") == [(0, 0)]
    assert submit(bench.jobs, play, Play(), idempotency_key="k").id != job.id


@pytest.mark.parametrize("reason", ["r" * 501, "a\x00b", "a\x1b[2Jb"])
def test_a_hostile_reason_is_refused(bench: Bench, reason: str) -> None:
    job = bench.submit(1)

    with pytest.raises(InvalidArgument) as caught:
        cancel(bench.jobs, job.id, reason=reason)

    assert (caught.value.field, bench.row(job.id).state) == ("reason", State.QUEUED)
