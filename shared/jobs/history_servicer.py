"""Owns HistoryService: what happened to a service's jobs and what they logged. It must never write."""

import base64
import binascii
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import msgspec
import sqlalchemy as sa

from protos.jobs.v1 import history_pb2, history_pb2_grpc
from shared.errors import InvalidArgument, NotFound
from shared.jobs.captured import LEVELS
from shared.jobs.control.methods import job_id_of
from shared.jobs.ledger import event_rows, log_rows
from shared.jobs.ledger.event_rows import JobEvent
from shared.jobs.ledger.log_rows import LogLine
from shared.jobs.submission import Jobs
from shared.jobs.wire import timestamp
from shared.rpc.streams import StreamSlots

PAGE_DEFAULT, PAGE_MAX = 50, 500
#: A page ends here even if it has fewer lines than asked for: a message may have 4 MiB.
PAGE_BYTES = 3 * 1024 * 1024
#: Between two looks of a stream; lines wait half a second in their worker before.
FOLLOW_SECONDS = 0.5
_LEVELS: dict[int, Any] = {
    number: history_pb2.LogLevel.Value(f"LOG_LEVEL_{word.upper()}") for word, number in LEVELS.items()
}
_NUMBERS = {value: number for number, value in _LEVELS.items()} | {history_pb2.LOG_LEVEL_UNSPECIFIED: 0}


class HistoryServicer(history_pb2_grpc.HistoryServiceServicer):
    """Reads from the ledger alone. Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs, streams: StreamSlots) -> None:
        self._jobs = jobs
        self._streams = streams

    def GetJobLogs(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit, after = _page_size(request.page_size), _read_token(request.page_token)
        page, is_complete = self._page(request, after, limit=limit)
        with self._jobs.database.unit_of_work() as work:
            left_out = log_rows.left_out(work, job_id_of(request.id), attempt=request.attempt)
        shown = _fitting(page[:limit])
        token = _make_token(page[len(shown) - 1].seq if shown else after)
        return history_pb2.GetJobLogsResponse(
            lines=shown, page_token=token, has_more=len(page) > len(shown), left_out=left_out,
            complete=is_complete and len(page) == len(shown),
        )  # fmt: skip

    def FollowJobLogs(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802  # gRPC's name
        """See the proto."""
        after = _read_token(request.page_token)
        with self._streams.hold():
            ended = threading.Event()
            context.add_callback(ended.set)
            while not ended.is_set():
                page, is_complete = self._page(request, after, limit=PAGE_MAX)
                if page:
                    shown = _fitting(page)
                    after = page[len(shown) - 1].seq
                    yield history_pb2.FollowJobLogsResponse(lines=shown, page_token=_make_token(after))
                elif is_complete:
                    return
                else:
                    ended.wait(FOLLOW_SECONDS)

    def GetJobEvents(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit, job_id = _page_size(request.page_size), job_id_of(request.id)
        if request.page_token and not event_rows.is_event_id(request.page_token):
            raise InvalidArgument("page_token is not one of ours", field="page_token")
        with self._jobs.database.unit_of_work() as work:
            if work.connection.execute(_KNOWN, {"id": job_id}).one_or_none() is None:
                self._unknown(job_id)
            found = event_rows.read(work, job_id, after=request.page_token, limit=limit + 1)
        token = found[limit - 1].event_id if len(found) > limit else ""
        return history_pb2.GetJobEventsResponse(events=[_event(each) for each in found[:limit]], next_page_token=token)

    def _page(self, request: Any, after: int, *, limit: int) -> tuple[list[LogLine], bool]:
        """Lines after a place, one more than the limit when there are, and whether no more will come.

        Asked in this order: a job that was complete before has shown all it has.
        """
        job_id, level = job_id_of(request.id), _level(request.min_level)
        if request.attempt < 0:
            raise InvalidArgument(f"attempt must be 0 (all) or more, got {request.attempt}", field="attempt")
        with self._jobs.database.unit_of_work() as work:
            is_complete = log_rows.is_complete(work, job_id)
            if is_complete is None:
                self._unknown(job_id)
            page = log_rows.read(work, job_id, after=after, level=level, attempt=request.attempt, limit=limit + 1)
        return page, bool(is_complete)

    def _unknown(self, job_id: str) -> None:
        raise NotFound(f"{self._jobs.service} has no job {job_id}")


_KNOWN = sa.text("SELECT FROM job WHERE id = CAST(:id AS uuid)")


def _level(value: int) -> int:
    number = _NUMBERS.get(value)
    if number is None:
        raise InvalidArgument(f"unknown level {value}", field="level", allowed=list(LEVELS))
    return number


def _page_size(size: int) -> int:
    if not 0 <= size <= PAGE_MAX:
        raise InvalidArgument(f"page_size must be from 1 to {PAGE_MAX}, got {size}", field="page_size")
    return size or PAGE_DEFAULT


def _fitting(lines: list[LogLine]) -> list[Any]:
    """As many as fit into one message, at least one."""
    shown: list[Any] = []
    size = 0
    for line in lines:
        message = _line(line)
        size += message.ByteSize()
        if shown and size > PAGE_BYTES:
            break
        shown.append(message)
    return shown


def _line(line: LogLine) -> Any:
    fields = {**line.fields, "left_out": line.left_out} if line.left_out else line.fields
    return history_pb2.LogLine(
        at=timestamp(line.at), level=_LEVELS[line.level], message=line.message,
        fields_json=msgspec.json.encode(fields).decode(), attempt=line.attempt, generation=line.generation,
    )  # fmt: skip


def _event(event: JobEvent) -> Any:
    return history_pb2.JobEvent(
        event_id=event.event_id, event=event.event, at=timestamp(event.at), generation=event.generation,
        attempt=event.attempt, worker=event.worker, reason=event.reason,
    )  # fmt: skip


def _make_token(seq: int) -> str:
    return base64.urlsafe_b64encode(f"log:{seq}".encode()).decode()


def _read_token(token: str) -> int:
    if not token:
        return 0
    try:
        prefix, _, digits = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        seq = int(digits)
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise InvalidArgument("page_token is not one of ours", field="page_token") from error
    if prefix != "log" or not 0 <= seq < 2**63:
        raise InvalidArgument("page_token is not one of ours", field="page_token")
    return seq
