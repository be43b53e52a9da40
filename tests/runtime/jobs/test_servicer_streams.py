"""WatchEvents over real gRPC: every event in order, resumed, filtered, and never more streams than slots."""

from typing import Any

import grpc
import pytest

from protos.jobs.v1 import jobs_pb2
from shared.errors import InvalidArgument
from shared.rpc import WATCH_STREAMS
from tests.runtime.jobs.sample import is_blocked
from tests.runtime.jobs.site import Site, refusal
from tests.runtime.jobs.waiting import eventually


def test_a_watcher_gets_every_event_of_a_job_in_order(site: Site) -> None:
    watch = site.watch()
    eventually(lambda: is_blocked(site.bench, "xread"))
    job_id = site.submit().job.id
    site.bench.stage.act = lambda ctx, _args: ctx.progress(1, 2)
    site.bench.run()

    events = [next(watch) for _ in range(4)]

    assert [event.kind for event in events] == ["enqueued", "started", "progress", "completed"]
    assert {event.job_id for event in events} == {job_id}
    assert events[2].progress.done == 1
    assert events[3].state == jobs_pb2.JOB_STATE_COMPLETED
    watch.cancel()


def test_a_watcher_resumes_after_the_event_it_saw_last(site: Site) -> None:
    site.submit()
    site.bench.run()
    first_watch = site.watch(after_event_id="0-0")
    first = next(first_watch)
    first_watch.cancel()

    second_watch = site.watch(after_event_id=first.event_id)
    rest = [next(second_watch) for _ in range(2)]

    assert [first.kind, *[event.kind for event in rest]] == ["enqueued", "started", "completed"]
    second_watch.cancel()


def test_a_watcher_gets_only_what_it_asked_for(site: Site) -> None:
    submitted = [site.submit(name=name).job.id for name in ("play", "play-aside", "play")]

    by_queue, by_job = (
        site.watch(after_event_id="0-0", queue="side"),
        site.watch(after_event_id="0-0", job_id=submitted[2]),
    )

    assert next(by_queue).job_id == submitted[1]
    assert next(by_job).job_id == submitted[2]
    by_queue.cancel()
    by_job.cancel()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"queue": "wrok"}, "queue"),
        ({"job_id": "seven"}, "id"),
        ({"after_event_id": "yesterday"}, "after_event_id"),
        ({"after_event_id": "99999999999999999999-0"}, "after_event_id"),
    ],
)
def test_a_bad_watch_names_the_field(site: Site, fields: dict[str, Any], name: str) -> None:
    error = refusal(lambda: next(site.watch(**fields)))

    assert isinstance(error, InvalidArgument)
    assert error.field == name


def test_the_ninth_watcher_is_refused_and_a_slot_comes_back(site: Site) -> None:
    watches = [site.watch() for _ in range(WATCH_STREAMS)]
    eventually(lambda: site.streams.held == WATCH_STREAMS)

    with pytest.raises(grpc.RpcError) as refused:
        next(site.watch())
    watches[0].cancel()
    eventually(lambda: site.streams.held == WATCH_STREAMS - 1)
    again = site.watch(after_event_id="0-0")
    site.submit()

    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert next(again).kind == "enqueued"
    for watch in (*watches, again):
        watch.cancel()
