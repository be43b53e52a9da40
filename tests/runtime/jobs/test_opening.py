"""How rows come into being: alone, joined or by COPY they look the same, and the answer is what was written."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.errors import StoreUnavailable
from shared.jobs import Job, JobId, Priority, submit, submit_many
from shared.jobs.admission import Request, fresh_id, prepare_many
from shared.jobs.ledger import opening
from shared.jobs.scripts import Scripts
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, Play, play

HOSTILE = 'tab\t new\nline\r back\\slash \\N \\. "quote" \' $1 %s {brace} \x1f é 漢 \U0001f40d'
#: Everything of a row that two submissions of the same job share.
_SAME = """
SELECT generation, name, queue, state, priority, args::text, attempts_made, attempts_max, crashes, timeout_ms,
       wait_reason, result, error, progress, tick, parent_id, request_id, scheduled_for, started_at, finished_at,
       pushed_at, event_ms, created_at > clock_timestamp() - interval '1 minute'
FROM job ORDER BY seq
"""


@pytest.mark.parametrize("hours", [None, 5, -5])
def test_a_row_looks_the_same_whichever_way_it_came(bench: Bench, hours: int | None) -> None:
    due = None if hours is None else clock.now() + timedelta(hours=hours)
    args = Play(number=-7, note=HOSTILE)
    options: dict[str, Any] = {"queue": "side", "priority": Priority.LOW, "scheduled_for": due}

    submit(bench.jobs, play, args, **options)
    with bench.jobs.database.unit_of_work() as work:
        submit(bench.jobs, play, args, within=work, **options)
    submit(bench.jobs, play, args, idempotency_key="a key", **options)
    submit_many(bench.jobs, play, [args], **options)

    rows = bench.sql(_SAME)
    assert len(rows) == 4
    assert set(rows) == {rows[0]}


@pytest.mark.parametrize("hours", [None, 5, -5])
def test_the_answer_is_the_row(bench: Bench, hours: int | None) -> None:
    due = None if hours is None else clock.now() + timedelta(hours=hours)
    args = Play(number=3, note=HOSTILE)

    with bench.jobs.database.unit_of_work() as work:
        joined = submit(bench.jobs, play, args, within=work, scheduled_for=due)
    many = submit_many(bench.jobs, play, [args] * 300, scheduled_for=due)
    answers = [joined, submit(bench.jobs, play, args, scheduled_for=due), *many[:2], *many[-2:]]

    assert [bench.row(job.id) for job in answers] == answers


def test_an_id_that_exists_is_answered_with_its_first_row_and_pushed_once(bench: Bench) -> None:
    same = Request(id=JobId(str(uuid.uuid4())))
    first = bench.submit(1, request=same)

    again = bench.submit(2, request=same)
    with bench.jobs.database.unit_of_work() as work:
        joined = bench.submit(3, request=same, within=work)

    assert again == joined == first
    assert bench.sql("SELECT args->>'number' FROM job") == [("1",)]
    assert bench.kinds(first.id) == ["enqueued"]


def test_numbers_of_copied_rows_follow_the_order_in_every_call_and_are_nobody_elses(bench: Bench) -> None:
    def one_call(call: int) -> list[Job]:
        return submit_many(bench.jobs, play, [Play(number=call * 1000 + place) for place in range(200)])

    with ThreadPoolExecutor(4) as pool:
        calls = list(pool.map(one_call, range(8)))

    numbers = [job.seq for jobs in calls for job in jobs]
    assert all([job.seq for job in jobs] == sorted(job.seq for job in jobs) for jobs in calls)
    assert len(set(numbers)) == 1600
    assert bench.submit(0).seq > max(numbers)


def test_a_copy_that_fails_leaves_nothing(bench: Bench) -> None:
    prepared = prepare_many(bench.jobs.catalogue, play, [Play(number=number) for number in range(600)])

    with pytest.raises(Exception, match="uq_job_id"), bench.jobs.database.unit_of_work() as work:
        opening.open_many(work, [*prepared, prepared[0]])

    assert bench.sql("SELECT count(*) FROM job") == [(0,)]
    assert bench.submit(1).state is State.QUEUED


def test_no_jobs_are_accepted_as_none(bench: Bench) -> None:
    assert submit_many(bench.jobs, play, []) == []


def test_a_fault_after_the_commit_of_a_lone_row_is_no_refusal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def enqueue(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Scripts, "enqueue", enqueue)
        job = bench.submit(1)

    assert bench.row(job.id) == job


def test_a_lone_submission_whose_connection_is_cut_is_refused_and_the_next_one_is_not(bench: Bench) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bench.submit, range(8)))
    bench.cut_connections()

    with pytest.raises(StoreUnavailable):
        bench.submit(8)

    assert bench.submit(9).state is State.QUEUED
    with suppress(StoreUnavailable):  # the pool's own connections were cut too
        bench.sql("SELECT 1")
    assert {row[0] for row in bench.sql("SELECT args->>'number' FROM job")} == set("012345679")


def test_new_ids_are_uuids_of_version_seven_in_the_order_of_time(bench: Bench) -> None:
    ids = [fresh_id(at_ms) for at_ms in range(1_700_000_000_000, 1_700_000_010_000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(uuid.UUID(job_id).version, uuid.UUID(job_id).variant) for job_id in ids} == {(7, uuid.RFC_4122)}
    assert str(uuid.UUID(ids[0])) == ids[0]
    assert bench.submit(1).id < fresh_id(clock.epoch_ms(clock.now()) + 1)
