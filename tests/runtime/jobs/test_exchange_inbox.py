"""The inbox: a redelivered message has no second effect and returns the first result."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.exchange import delivery, inbox
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.outcomes import Done
from tests.runtime.jobs.sample import Bench, write_effect
from tests.runtime.jobs.site import Site, refusal


def consume(bench: Bench, message_id: str = "m-1", *, source: str = "social", number: int = 1) -> inbox.Receipt:
    def act(work: UnitOfWork) -> dict[str, int]:
        write_effect(work, number)
        return {"number": number}

    with bench.jobs.database.unit_of_work() as work:
        return inbox.once(work, source, message_id, act)


def test_a_second_delivery_returns_the_first_result_and_does_nothing(bench: Bench) -> None:
    first = consume(bench, number=1)
    second = consume(bench, number=2)

    assert first == inbox.Receipt({"number": 1}, is_first=True)
    assert second == inbox.Receipt({"number": 1}, is_first=False)
    assert bench.effects() == [1]


def test_the_same_id_from_another_source_is_another_message(bench: Bench) -> None:
    consume(bench, source="social", number=1)
    consume(bench, source="risk", number=2)

    assert bench.effects() == [1, 2]


def test_a_message_whose_transaction_rolls_back_counts_as_never_seen(bench: Bench) -> None:
    work = bench.jobs.database.begin()
    inbox.once(work, "social", "m-1", lambda within: write_effect(within, 1))
    work.rollback()

    assert consume(bench, number=2).is_first
    assert bench.effects() == [2]


def test_a_caller_that_swallows_the_action_s_error_does_not_lose_the_message(bench: Bench) -> None:
    def fail(within: UnitOfWork) -> None:
        write_effect(within, 1)
        raise ZeroDivisionError

    with bench.jobs.database.unit_of_work() as work, pytest.raises(ZeroDivisionError):
        inbox.once(work, "social", "m-1", fail)

    assert consume(bench, number=2).is_first
    assert bench.effects() == [2]


def test_a_job_submitted_by_an_action_that_fails_is_not_pushed_by_a_caller_that_goes_on(bench: Bench) -> None:
    def fail(within: UnitOfWork) -> None:
        bench.submit(1, within=within)
        raise ZeroDivisionError

    with bench.jobs.database.unit_of_work() as work, pytest.raises(ZeroDivisionError):
        inbox.once(work, "social", "m-1", fail)

    assert bench.claim() == ()


def test_of_copies_that_come_at_once_one_acts(bench: Bench) -> None:
    together = threading.Barrier(4)

    def deliver(number: int) -> inbox.Receipt:
        together.wait(5)
        return consume(bench, number=number)

    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(deliver, range(4)))

    assert [receipt.is_first for receipt in receipts].count(True) == 1
    assert len({receipt.result["number"] for receipt in receipts}) == 1
    assert len(bench.effects()) == 1


@pytest.mark.parametrize(
    ("source", "message_id", "field"), [("", "m", "source"), ("s", "", "message_id"), ("s", "\n", "message_id")]
)
def test_a_bad_name_of_a_message_is_refused_naming_the_field(
    bench: Bench, source: str, message_id: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        consume(bench, message_id, source=source)

    assert caught.value.field == field


def test_a_message_is_remembered_for_longer_than_any_sender_of_ours_repeats_it() -> None:
    hours, unit = inbox.KEPT.split()

    assert unit == "hours"
    assert timedelta(hours=int(hours)) >= 2 * delivery.GIVE_UP


def test_messages_are_forgotten_after_their_time(bench: Bench) -> None:
    for age in (47, 49):
        consume(bench, f"{age}")
        bench.sql(
            "UPDATE inbox SET received_at = received_at - make_interval(hours => :age) WHERE message_id = :id",
            age=age, id=f"{age}",
        )  # fmt: skip

    sweep_once(bench.jobs)

    assert bench.sql("SELECT message_id FROM inbox") == [("47",)]


def submit_message(site: Site, **fields: Any) -> Any:
    return site.submit(**({"source": "social", "idempotency_key": "m-1", "args_json": '{"number": 7}'} | fields))


def test_a_redelivered_submission_makes_one_job_and_answers_as_the_first(site: Site) -> None:
    first = submit_message(site)
    again = submit_message(site)

    assert (first.already_existed, again.already_existed) == (False, True)
    assert again.job.id == first.job.id
    assert json.loads(again.job.args_json) == {"number": 7, "note": ""}
    assert site.bench.sql("SELECT count(*) FROM job") == [(1,)]


def test_a_redelivered_submission_is_known_even_when_its_job_is_gone(site: Site) -> None:
    first = submit_message(site)
    site.bench.sql("DELETE FROM job")

    again = submit_message(site)

    assert (again.already_existed, again.job.id, again.job.name) == (True, first.job.id, "play")
    assert site.bench.sql("SELECT count(*) FROM job") == [(0,)]


def test_a_refused_submission_leaves_no_trace_and_may_be_mended(site: Site) -> None:
    error = refusal(lambda: submit_message(site, args_json='{"number": "x"}'))

    mended = submit_message(site)

    assert (type(error), error.field) == (InvalidArgument, "args.number")
    assert mended.already_existed is False


def test_a_message_without_an_id_is_refused(site: Site) -> None:
    assert refusal(lambda: submit_message(site, idempotency_key="")).field == "message_id"


def test_a_message_s_job_is_pushed_after_the_commit(site: Site) -> None:
    submit_message(site)

    assert site.bench.run() == [Done(b'{"number":7}')]
