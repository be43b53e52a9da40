"""What people may ask of a job: which state allows it, and that the row decides before the index follows."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import InvalidArgument, NotFound, StoreUnavailable, WrongState
from shared.jobs import JobContext, submit
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.changes import Change, change
from shared.jobs.control.removals import remove
from shared.jobs.control.requeues import requeue
from shared.jobs.control_scripts import ControlScripts
from shared.jobs.ledger import commands
from shared.jobs.live import get_job
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.states import ASKABLE, State, Verb
from tests.runtime.jobs.sample import Bench, Play, at_work, hold_until, play, write_effect
from tests.runtime.jobs.subjects import job_in
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
