"""What no store can hold and nobody can read: it ends its own job, and never another."""

from typing import Any

import pytest

from shared.jobs import Cancel, JobContext, Retry, Unrecoverable, seconds
from shared.jobs.outcomes import Buried, Reason
from shared.jobs.states import State
from tests.runtime.jobs.kept_entries import body_of, lose_body, set_body
from tests.runtime.jobs.sample import Act, Bench, Play


def raising(error: BaseException) -> Act:
    def act(_ctx: JobContext, _args: Play) -> Any:
        raise error

    return act


@pytest.mark.parametrize("body", [b"\xff\x00 not JSON", b"[]", b'["queue_name", 1]', b'{"number": 0'])
def test_a_body_nobody_can_decode_is_quarantined_and_its_neighbours_run(bench: Bench, body: bytes) -> None:
    before, broken, after = bench.submit(1), bench.submit(2), bench.submit(3)
    set_body(bench.scripts, broken.id, body)

    bench.run()
    bench.settle()

    row = bench.row(broken.id)
    assert row.error is not None
    assert (row.state, row.error["reason"]) == (State.DEAD, "undecodable")
    assert body.hex() in row.error["traceback"]
    assert {bench.row(job.id).state for job in (before, after)} == {State.COMPLETED}


def test_an_entry_without_its_body_is_quarantined(bench: Bench) -> None:
    job = bench.submit()
    lose_body(bench.scripts, job.id)

    bench.run()
    bench.settle()

    assert bench.row(job.id).state is State.DEAD


def test_arguments_this_build_cannot_read_bury_the_job(bench: Bench) -> None:
    job = bench.submit()
    body = body_of(bench.scripts, job.id)
    set_body(bench.scripts, job.id, body.replace(b'"number":0', b'"numbers":0'))

    (outcome,) = bench.run()

    assert isinstance(outcome, Buried)
    assert outcome.reason is Reason.UNDECODABLE


@pytest.mark.parametrize("result", [object(), "r" * 262_145, "a\x00b", "half \ud800", {1: {2, 3}, object(): 1}])
def test_a_result_that_cannot_be_kept_buries_the_job(bench: Bench, result: object) -> None:
    bench.stage.act = lambda _ctx, _args: result
    job = bench.submit()

    (outcome,) = bench.run()
    bench.settle()

    row = bench.row(job.id)
    assert isinstance(outcome, Buried)
    assert row.error is not None
    assert (row.state, row.error["reason"]) == (State.DEAD, "invalid_result")


def test_a_result_that_only_spells_the_nul_escape_is_kept(bench: Bench) -> None:
    bench.stage.act = lambda _ctx, _args: r"a \u0000 in a text"
    job = bench.submit()

    bench.run()
    bench.settle()

    assert bench.row(job.id).result == r"a \u0000 in a text"


UNSPEAKABLE = "a\x00b and half \ud800"


@pytest.mark.parametrize("error", [ValueError(UNSPEAKABLE), Unrecoverable(UNSPEAKABLE), Retry(seconds(1), UNSPEAKABLE)])
def test_an_error_whose_text_no_column_can_hold_is_still_kept(bench: Bench, error: Exception) -> None:
    bench.stage.act = raising(error)
    job = bench.submit()

    for _ in range(3):
        bench.make_due()
        bench.run()
    bench.write_history()
    bench.settle()

    row = bench.row(job.id)
    assert row.error is not None
    assert row.state is State.DEAD
    assert row.error["message"].startswith("a\ufffdb and half")


def test_a_cancel_whose_reason_no_column_can_hold_stops_neither_itself_nor_its_neighbours(bench: Bench) -> None:
    bench.stage.act = raising(Cancel("a\x00b"))
    job = bench.submit(1)
    bench.run()
    bench.stage.act = lambda _ctx, _args: None
    neighbour = bench.submit(2)
    bench.run()

    bench.settle()

    assert bench.row(job.id).state is State.CANCELLED
    assert bench.row(neighbour.id).state is State.COMPLETED


def test_a_cancel_whose_reason_is_no_text_ends_the_job(bench: Bench) -> None:
    bench.stage.act = raising(Cancel("half \ud800"))
    job = bench.submit()

    bench.run()
    bench.settle()

    assert bench.row(job.id).state is State.CANCELLED
