"""Owns AttemptService: every run of a job, over gRPC. It must never write."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import grpc

from protos.jobs.v1 import attempts_pb2, attempts_pb2_grpc, jobs_pb2
from shared.errors import InvalidArgument, NotFound
from shared.jobs import wire
from shared.jobs.control.methods import job_id_of
from shared.jobs.ledger import attempt_rows
from shared.jobs.ledger.attempt_rows import FIRST, AttemptRow, Place
from shared.jobs.live import get_job
from shared.jobs.submission import Jobs

FULL_NAME = str(attempts_pb2.DESCRIPTOR.services_by_name["AttemptService"].full_name)
PAGE_DEFAULT, PAGE_MAX = 50, 500
#: A page ends here even if it has fewer attempts than asked for: a message may have 4 MiB.
PAGE_BYTES = 3 * 1024 * 1024


class AttemptServicer(attempts_pb2_grpc.AttemptServiceServicer):
    """Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ListAttempts(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        if not 0 <= request.page_size <= PAGE_MAX:
            raise InvalidArgument(f"page_size must be from 1 to {PAGE_MAX}, got {request.page_size}", field="page_size")
        limit, after = request.page_size or PAGE_DEFAULT, _place_of(request.page_token)
        job = get_job(self._jobs, job_id_of(request.id))
        if job is None:
            raise NotFound(f"{self._jobs.service} has no job {request.id}")
        with self._jobs.database.unit_of_work() as work:
            found = attempt_rows.read(work, job.id, after=after, limit=limit + 1)
        shown = _fitting(found[:limit])
        token = _token_of(found[len(shown) - 1].place) if len(found) > len(shown) else ""
        return attempts_pb2.ListAttemptsResponse(attempts=shown, next_page_token=token, crashes=job.crashes)


def _fitting(rows: list[AttemptRow]) -> list[Any]:
    """As many as fit into one message, at least one."""
    shown: list[Any] = []
    size = 0
    for row in rows:
        message = _attempt(row)
        size += message.ByteSize()
        if shown and size > PAGE_BYTES:
            break
        shown.append(message)
    return shown


def _attempt(row: AttemptRow) -> Any:
    error = row.error
    return attempts_pb2.Attempt(
        number=row.number, generation=row.generation, worker=row.worker, started_at=wire.timestamp(row.started_at),
        finished_at=wire.timestamp(row.finished_at), outcome=row.outcome,
        error=jobs_pb2.JobError(
            type=error.get("type", ""), message=error.get("message", ""), traceback=error.get("traceback", ""),
            reason=error.get("reason", ""),
        ) if error else None,
    )  # fmt: skip


def _token_of(place: Place) -> str:
    text = f"attempt:{place.generation}:{place.mark}:{place.started_at}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _place_of(token: str) -> Place:
    if not token:
        return FIRST
    try:
        kind, generation, mark, started_at = base64.urlsafe_b64decode(token.encode()).decode().split(":", 3)
        place = Place(int(generation), datetime.fromisoformat(started_at).astimezone(UTC), int(mark))
    except (ValueError, OverflowError, binascii.Error, UnicodeError) as error:
        raise InvalidArgument("page_token is not one of ours", field="page_token") from error
    if kind != "attempt" or not 0 <= place.generation < 2**31 or not -(2**63) <= place.mark < 2**63:
        raise InvalidArgument("page_token is not one of ours", field="page_token")
    return place
