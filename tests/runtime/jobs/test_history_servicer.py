"""HistoryService over real gRPC: logs and events by pages, a stream that ends with its job, refusals by field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from protos.jobs.v1 import history_pb2 as pb
from protos.jobs.v1 import history_pb2_grpc
from shared.bootstrap.api import HISTORY_SERVICE
from shared.errors import InvalidArgument, NotFound
from shared.jobs import history_servicer
from shared.jobs.history_servicer import HistoryServicer
from shared.jobs.ledger import log_rows
from shared.jobs.ledger.log_rows import LogRow
from shared.rpc import Peers, RpcServer, Servicer, StreamSlots
from tests.runtime.jobs.sample import Bench
from tests.runtime.jobs.site import TOKEN, refusal
from tests.runtime.jobs.waiting import eventually

NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Reader:
    """The bench's history behind a gRPC server, and a caller's stub."""

    bench: Bench
    stub: Any
    streams: StreamSlots

    def job(self) -> str:
        return self.bench.submit(1).id

    def write(self, job_id: str, *numbers: int, attempt: int = 1, level: int = 20, left_out: int = 0) -> None:
        """Lines as a worker writes them."""
        rows = [
            LogRow(job_id, 1, f"token-{attempt}", n, attempt, 1_000 + n, level, f"line {n}", f'{{"n":{n}}}', left_out)
            for n in numbers
        ]
        with self.bench.jobs.database.unit_of_work() as work:
            log_rows.write(work, rows)

    def end(self, job_id: str, *, ago: timedelta) -> None:
        self.bench.sql(
            "UPDATE job SET state = 'completed', finished_at = now() - :ago WHERE id = :id", ago=ago, id=job_id
        )

    def logs(self, job_id: str, **fields: Any) -> Any:
        return self.stub.GetJobLogs(pb.GetJobLogsRequest(id=job_id, **fields))

    def events(self, job_id: str, **fields: Any) -> Any:
        return self.stub.GetJobEvents(pb.GetJobEventsRequest(id=job_id, **fields))

    def follow(self, job_id: str, **fields: Any) -> Any:
        return self.stub.FollowJobLogs(pb.FollowJobLogsRequest(id=job_id, **fields), timeout=20)


@pytest.fixture
def reader(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.setattr(history_servicer, "FOLLOW_SECONDS", 0.01)
    streams = StreamSlots(1)
    servicer = HistoryServicer(bench.jobs, streams)
    served = Servicer(history_pb2_grpc.add_HistoryServiceServicer_to_server, servicer, HISTORY_SERVICE)
    server = RpcServer((served,), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    peers = Peers({"market-data": f"127.0.0.1:{server.start()}"}, TOKEN)
    yield Reader(bench, peers.stub(history_pb2_grpc.HistoryServiceStub, "market-data"), streams)
    peers.close()
    server.stop(0)


def numbers(answer: Any) -> list[str]:
    return [line.message.removeprefix("line ") for line in answer.lines]


def test_lines_come_in_pages_and_the_last_page_tells_where_later_ones_begin(reader: Reader) -> None:
    job_id = reader.job()
    reader.write(job_id, 0, 1, 2)

    first = reader.logs(job_id, page_size=2)
    last = reader.logs(job_id, page_size=2, page_token=first.page_token)
    reader.write(job_id, 3)
    later = reader.logs(job_id, page_token=last.page_token)
    nothing = reader.logs(job_id, page_token=later.page_token)

    assert [numbers(page) for page in (first, last, later, nothing)] == [["0", "1"], ["2"], ["3"], []]
    assert [page.has_more for page in (first, last, later, nothing)] == [True, False, False, False]
    assert nothing.page_token == later.page_token
    assert (first.lines[0].level, first.lines[0].fields_json) == (pb.LOG_LEVEL_INFO, '{"n":0}')


def test_lines_are_filtered_by_attempt_and_level(reader: Reader) -> None:
    job_id = reader.job()
    reader.write(job_id, 0, level=20)
    reader.write(job_id, 1, level=40)
    reader.write(job_id, 2, attempt=2, level=30, left_out=7)

    assert numbers(reader.logs(job_id, attempt=2)) == ["2"]
    assert numbers(reader.logs(job_id, min_level="LOG_LEVEL_WARNING")) == ["1", "2"]
    assert (reader.logs(job_id).left_out, reader.logs(job_id, attempt=1).left_out) == (7, 0)


def test_a_page_ends_before_its_message_is_too_large(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_servicer, "PAGE_BYTES", 100)
    job_id = reader.job()
    reader.write(job_id, *range(10))

    page = reader.logs(job_id)

    assert 1 <= len(page.lines) < 10
    assert page.has_more
    assert not page.complete


def test_logs_are_complete_some_seconds_after_the_job_has_ended(reader: Reader) -> None:
    job_id = reader.job()
    reader.write(job_id, 0)
    live = reader.logs(job_id).complete
    reader.end(job_id, ago=timedelta(0))
    just_ended = reader.logs(job_id).complete
    reader.end(job_id, ago=timedelta(seconds=10))

    assert (live, just_ended, reader.logs(job_id).complete) == (False, False, True)


def test_a_follower_gets_what_was_and_what_comes_until_the_job_has_ended(reader: Reader) -> None:
    job_id = reader.job()
    reader.write(job_id, 0)
    stream = reader.follow(job_id)
    first = next(stream)
    reader.write(job_id, 1, 2)
    second = next(stream)
    reader.end(job_id, ago=timedelta(seconds=10))

    assert [*numbers(first), *numbers(second)] == ["0", "1", "2"]
    assert list(stream) == []


def test_a_follower_goes_on_after_a_cursor_and_gives_its_slot_back(reader: Reader) -> None:
    job_id = reader.job()
    reader.write(job_id, 0, 1)
    token = reader.logs(job_id, page_size=1).page_token
    stream = reader.follow(job_id, page_token=token)

    assert numbers(next(stream)) == ["1"]
    assert "in use" in str(refusal(lambda: next(reader.follow(job_id))))
    stream.cancel()
    eventually(lambda: reader.streams.held == 0)


def test_events_come_in_pages(reader: Reader) -> None:
    job_id = reader.job()
    reader.bench.run()
    reader.bench.write_history()

    first = reader.events(job_id, page_size=2)
    last = reader.events(job_id, page_size=2, page_token=first.next_page_token)

    assert [event.event for event in (*first.events, *last.events)] == ["enqueued", "started", "completed"]
    assert (last.next_page_token, last.events[0].worker, last.events[0].attempt) == ("", "by-hand", 1)


@pytest.mark.parametrize("call", ["logs", "events", "follow"])
def test_an_unknown_job_is_not_found(reader: Reader, call: str) -> None:
    asked = getattr(reader, call)

    assert type(refusal(lambda: list(asked(NOBODY)) if call == "follow" else asked(NOBODY))) is NotFound


@pytest.mark.parametrize(
    ("call", "fields", "field"),
    [
        ("logs", {"page_size": 501}, "page_size"),
        ("logs", {"page_size": -1}, "page_size"),
        ("logs", {"page_token": "x"}, "page_token"),
        ("logs", {"page_token": "bG9nOi0x"}, "page_token"),
        ("logs", {"attempt": -1}, "attempt"),
        ("logs", {"min_level": 99}, "level"),
        ("events", {"page_size": 501}, "page_size"),
        ("events", {"page_token": "1-1"}, "page_token"),
        ("events", {"page_token": "1-1.1; DROP"}, "page_token"),
    ],
)
def test_bad_input_is_refused_by_field(reader: Reader, call: str, fields: dict[str, Any], field: str) -> None:
    job_id = reader.job()
    asked: Callable[..., Any] = getattr(reader, call)

    error = refusal(lambda: asked(job_id, **fields))

    assert isinstance(error, InvalidArgument)
    assert error.field == field
