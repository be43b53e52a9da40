"""JobService over real gRPC: submit, read and list; what bad input is told, pages, live state."""

import json
import uuid
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import jobs_pb2
from shared.errors import AlreadyExists, InvalidArgument, NotFound, PayloadTooLarge, UnknownJob, UnknownQueue
from shared.jobs import JobContext, submit_many
from tests.runtime.jobs.sample import Play, play
from tests.runtime.jobs.site import Site, refusal


def test_a_submitted_job_is_answered_as_committed(site: Site) -> None:
    answer = site.submit(args_json='{"number": 7}', priority=2)

    assert answer.already_existed is False
    assert (answer.job.name, answer.job.service, answer.job.queue) == ("play", "market-data", "work")
    assert (answer.job.state, answer.job.priority) == (jobs_pb2.JOB_STATE_QUEUED, 2)
    assert (answer.job.attempts_made, answer.job.attempts_max, answer.job.generation) == (0, 3, 1)
    assert json.loads(answer.job.args_json) == {"number": 7, "note": ""}
    assert site.bench.row(answer.job.id).args == {"number": 7, "note": ""}


def test_empty_arguments_mean_none(site: Site) -> None:
    assert json.loads(site.submit().job.args_json) == {"number": 0, "note": ""}


def test_a_repeated_submission_with_one_key_is_told_so(site: Site) -> None:
    first = site.submit(idempotency_key="order-1")
    again = site.submit(idempotency_key="order-1")

    assert (again.job.id, again.already_existed) == (first.job.id, True)


def test_a_scheduled_submission_waits(site: Site) -> None:
    when = Timestamp()
    when.GetCurrentTime()
    when.seconds += 600

    job = site.submit(scheduled_for=when).job

    assert (job.state, job.wait_reason) == (jobs_pb2.JOB_STATE_SCHEDULED, "delay")
    assert abs(job.scheduled_for.ToNanoseconds() - when.ToNanoseconds()) < 1000


@pytest.mark.parametrize(
    ("fields", "kind", "name", "allowed"),
    [
        ({"name": "plai"}, UnknownJob, "name", ("play", "play-aside", "play-once")),
        ({"name": ""}, UnknownJob, "name", ("play", "play-aside", "play-once")),
        ({"queue": "wrok"}, UnknownQueue, "queue", ("side", "work")),
        ({"priority": 6}, InvalidArgument, "priority", ("1", "2", "3", "4", "5")),
        ({"priority": -1}, InvalidArgument, "priority", ("1", "2", "3", "4", "5")),
        ({"args_json": "{"}, InvalidArgument, "args", ()),
        ({"args_json": "[]"}, InvalidArgument, "args", ()),
        ({"args_json": '{"number": NaN}'}, InvalidArgument, "args", ()),
        ({"args_json": '{"number": 1, "number": 2}'}, InvalidArgument, "args", ()),
        ({"args_json": '{"note": "' + "n" * 262_144 + '"}'}, PayloadTooLarge, "args", ()),
        ({"args_json": '{"note": ' + "[" * 17 + "]" * 17 + "}"}, InvalidArgument, "args", ()),
        ({"args_json": '{"numbr": 1}'}, InvalidArgument, "args.numbr", ("number", "note")),
        ({"args_json": '{"number": "one"}'}, InvalidArgument, "args.number", ()),
        ({"scheduled_for": Timestamp(seconds=2**40)}, InvalidArgument, "scheduled_for", ()),
        ({"scheduled_for": Timestamp(seconds=253_402_300_799)}, InvalidArgument, "scheduled_for", ()),
        ({"scheduled_for": Timestamp(seconds=-(2**40))}, InvalidArgument, "scheduled_for", ()),
        ({"idempotency_key": "k" * 201}, InvalidArgument, "idempotency_key", ()),
        ({"idempotency_key": "a\x00b"}, InvalidArgument, "idempotency_key", ()),
    ],
)
def test_a_bad_submission_names_the_field_and_what_is_allowed_and_submits_nothing(
    site: Site, fields: dict[str, Any], kind: type[InvalidArgument], name: str, allowed: tuple[str, ...]
) -> None:
    error = refusal(lambda: site.submit(**fields))

    assert type(error) is kind
    assert (error.field, error.allowed) == (name, allowed)
    assert site.bench.sql("SELECT count(*) FROM job") == [(0,)]


def test_an_instant_as_early_as_the_calendar_is_due_at_once(site: Site) -> None:
    job = site.submit(scheduled_for=Timestamp(seconds=-62_135_596_800)).job

    assert job.state == jobs_pb2.JOB_STATE_QUEUED
    assert len(site.bench.claim()) == 1


def test_a_key_used_with_other_arguments_already_exists(site: Site) -> None:
    site.submit(idempotency_key="order-1")

    error = refusal(lambda: site.submit(idempotency_key="order-1", args_json='{"number": 1}'))

    assert type(error) is AlreadyExists


def test_a_job_is_read_with_its_live_state_and_progress(site: Site) -> None:
    looks: list[Any] = []

    def act(ctx: JobContext, _args: Play) -> dict[str, int]:
        ctx.progress(3, 4, "pages")
        looks.append(site.get(ctx.id))
        return {"pages": 4}

    site.bench.stage.act = act
    job_id = site.submit().job.id
    site.bench.run()
    ended = site.get(job_id)

    (running,) = looks
    assert running.state == jobs_pb2.JOB_STATE_RUNNING
    assert (running.progress.done, running.progress.total, running.progress.note) == (3, 4, "pages")
    assert running.result_json == ""
    assert (ended.state, ended.result_json) == (jobs_pb2.JOB_STATE_COMPLETED, '{"pages":4}')
    assert ended.finished_at.seconds > 0


def test_a_job_nobody_knows_is_not_found(site: Site) -> None:
    assert type(refusal(lambda: site.get(str(uuid.uuid4())))) is NotFound


@pytest.mark.parametrize("job_id", ["", "7", "not-a-uuid", "' OR 1=1 --"])
def test_an_id_that_is_none_names_the_field(site: Site, job_id: str) -> None:
    error = refusal(lambda: site.get(job_id))

    assert isinstance(error, InvalidArgument)
    assert error.field == "id"


def test_pages_are_newest_first_complete_and_disjoint(site: Site) -> None:
    jobs = submit_many(site.bench.jobs, play, [Play(number=number) for number in range(25)])
    pages, token = [], ""
    for _ in range(3):
        page = site.list(page_size=10, page_token=token)
        pages.append([job.id for job in page.jobs])
        token = page.next_page_token
        site.submit()  # newer jobs do not move what follows

    assert token == ""
    assert [len(page) for page in pages] == [10, 10, 5]
    assert list(chain(*pages)) == [job.id for job in reversed(jobs)]


def test_a_last_page_that_is_just_full_has_no_next(site: Site) -> None:
    submit_many(site.bench.jobs, play, [Play()] * 10)

    assert site.list(page_size=10).next_page_token == ""


def test_lists_filter_by_queue_name_and_state(site: Site) -> None:
    site.submit()
    aside = site.submit(name="play-aside").job.id
    done = site.submit(name="play-once").job.id
    site.bench.sql("UPDATE job SET state = 'completed', finished_at = now() WHERE id = :id", id=done)

    def ids(**fields: Any) -> list[str]:
        return [job.id for job in site.list(**fields).jobs]

    assert ids(queue="side") == [aside]
    assert ids(name="play-once") == [done]
    assert ids(state=jobs_pb2.JOB_STATE_COMPLETED) == [done]
    assert ids(queue="side", state=jobs_pb2.JOB_STATE_COMPLETED) == []
    assert len(ids()) == 3


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"queue": "wrok"}, "queue"),
        ({"name": "plai"}, "name"),
        ({"state": 99}, "state"),
        ({"page_size": -1}, "page_size"),
        ({"page_size": 501}, "page_size"),
        ({"page_token": "rubbish"}, "page_token"),
        ({"page_token": "c2VxOi0x"}, "page_token"),
        ({"page_token": "c2VxOjk5OTk5OTk5OTk5OTk5OTk5OTk5"}, "page_token"),
        ({"page_token": "é" * 50}, "page_token"),
    ],
)
def test_a_bad_list_names_the_field(site: Site, fields: dict[str, Any], name: str) -> None:
    error = refusal(lambda: site.list(**fields))

    assert isinstance(error, InvalidArgument)
    assert error.field == name


def test_queues_show_their_settings_counts_and_jobs(site: Site) -> None:
    site.submit()
    site.submit(name="play-aside")
    site.bench.claim(queue="side")

    queues = {queue.name: queue for queue in site.stub.ListQueues(jobs_pb2.ListQueuesRequest()).queues}

    work, side = queues["work"], queues["side"]
    assert (work.service, work.slots, work.paused, work.rate_limit, work.max_running) == ("market-data", 4, False, 0, 0)
    assert (work.queued, work.running, list(work.jobs)) == (1, 0, ["play", "play-once"])
    assert (side.queued, side.running, side.started_total) == (0, 1, 1)


def test_times_are_those_of_the_row(site: Site) -> None:
    job_id = site.submit().job.id

    job, row = site.get(job_id), site.bench.row(job_id)

    assert abs(job.created_at.ToDatetime(tzinfo=row.created_at.tzinfo) - row.created_at) < timedelta(microseconds=1)
