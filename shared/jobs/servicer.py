"""Owns JobService: implemented once, served by every service for its own jobs. It must never hold state of a queue."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import grpc

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from shared import clock
from shared.db import UnitOfWork
from shared.errors import InvalidArgument, NotFound
from shared.jobs import payloads, wire, wire_keys, wire_times
from shared.jobs.admission import Request, fresh_id
from shared.jobs.connection import store_errors, stream_entries
from shared.jobs.control.methods import ControlMethods, job_id_of
from shared.jobs.control.subjects import known_job, known_queue
from shared.jobs.dependency_wire import dependencies_of
from shared.jobs.exchange import inbox
from shared.jobs.ledger import queries
from shared.jobs.ledger.records import Job, JobId, events_from_stream
from shared.jobs.live import get_job
from shared.jobs.page_tokens import page_size
from shared.jobs.queue_counts import read_counts
from shared.jobs.queue_settings import declared, read
from shared.jobs.remote_outcomes import want_outcome
from shared.jobs.submission import Jobs, submit
from shared.rpc.streams import StreamSlots

#: A page ends here even if it has fewer jobs than asked for: a message may have 4 MiB.
PAGE_BYTES = 3 * 1024 * 1024
WATCH_BLOCK_MS = 1000
WATCH_BATCH = 200
_EVENT_ID = re.compile(r"^(\d{1,19}-\d{1,19})(?:\.(\d{1,4}))?$")


class JobServicer(ControlMethods, jobs_pb2_grpc.JobServiceServicer):
    """Submit, inspect, watch and change one service's jobs. Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs, streams: StreamSlots) -> None:
        self._jobs = jobs
        self._streams = streams

    def SubmitJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        known_job(self._jobs, request.name)
        if request.source:
            return self._take_message(request)
        fresh = fresh_id(clock.epoch_ms(clock.now()))
        submitted = self._submit(request, fresh, idempotency_key=request.idempotency_key or None)
        return jobs_pb2.SubmitJobResponse(
            job=wire_times.shown(self._jobs, submitted), already_existed=submitted.id != fresh
        )

    def _submit(self, request: Any, fresh: JobId, **options: Any) -> Job:
        return submit(
            self._jobs,
            request.name,
            payloads.parse_object(request.args_json or "{}"),
            queue=request.queue or None,
            priority=request.priority or None,
            scheduled_for=wire.instant_of(request, "scheduled_for"),
            depends_on=dependencies_of(request.depends_on),
            min_success_ratio=request.min_success_ratio if request.HasField("min_success_ratio") else None,
            request=Request(id=fresh),
            **wire_keys.options_of(request),
            **wire_times.options_of(request),
            **options,
        )

    def _take_message(self, request: Any) -> Any:
        """A message of another service's outbox: the inbox knows it, also when its job has been deleted since."""
        fresh = fresh_id(clock.epoch_ms(clock.now()))
        with self._jobs.database.unit_of_work() as work:
            receipt = inbox.once(
                work,
                request.source,
                request.idempotency_key,
                lambda within: self._take(request, fresh, within),
            )
            job = queries.get(work, receipt.result)
        # Without a result it was taken back before it came.
        shown = jobs_pb2.Job(id=receipt.result or "", service=self._jobs.service, name=request.name)
        return jobs_pb2.SubmitJobResponse(
            job=wire_times.shown(self._jobs, job) if job else shown, already_existed=not receipt.is_first
        )

    def _take(self, request: Any, fresh: JobId, within: UnitOfWork) -> JobId:
        made = self._submit(request, fresh, within=within)
        if request.outcome_wanted:
            want_outcome(self._jobs, within, made, source=request.source, message_id=request.idempotency_key)
        return made.id

    def GetJob(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        job = get_job(self._jobs, job_id_of(request.id))
        if job is None:
            raise NotFound(f"{self._jobs.service} has no job {request.id}")
        return jobs_pb2.GetJobResponse(job=wire_times.shown(self._jobs, job))

    def ListJobs(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit = page_size(request.page_size)
        if request.queue:
            known_queue(self._jobs, request.queue)
        if request.name:
            known_job(self._jobs, request.name)
        wanted = queries.Filter(request.queue or None, wire.state_of(request.state), request.name or None)
        with self._jobs.database.unit_of_work() as work:
            found = queries.page(work, wanted, limit=limit + 1, before_seq=_read_token(request.page_token))
        shown: list[Any] = []
        size = 0
        for job in found[:limit]:
            message = wire_times.shown(self._jobs, job)
            size += message.ByteSize()
            if shown and size > PAGE_BYTES:
                break
            shown.append(message)
        token = _make_token(found[len(shown) - 1].seq) if len(found) > len(shown) else ""
        return jobs_pb2.ListJobsResponse(jobs=shown, next_page_token=token)

    def ListQueues(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        with self._jobs.database.unit_of_work() as work:
            settings = {setting.queue: setting for setting in read(work)}
        counts = read_counts(self._jobs)
        queues = self._jobs.catalogue.queues
        return jobs_pb2.ListQueuesResponse(
            queues=[self._queue(count, settings.get(count.queue) or declared(queues[count.queue])) for count in counts]
        )

    def _queue(self, counts: Any, setting: Any) -> Any:
        shown = self._settings(setting)
        shown.MergeFrom(
            jobs_pb2.Queue(
                queued=counts.queued,
                scheduled=counts.scheduled,
                retrying=counts.retrying,
                running=counts.running,
                oldest_queued_ms=counts.oldest_queued_ms,
                started_total=counts.started,
                completed_total=counts.completed,
                retried_total=counts.retried,
                dead_total=counts.dead,
                jobs=sorted(d.name for d in self._jobs.catalogue.jobs.values() if d.queue.name == counts.queue),
            )
        )
        return shown

    def WatchEvents(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802  # gRPC's name
        """See the proto."""
        if request.queue:
            known_queue(self._jobs, request.queue)
        wanted_job = job_id_of(request.job_id) if request.job_id else ""
        asked = _EVENT_ID.match(request.after_event_id)
        if request.after_event_id and not asked:
            raise InvalidArgument("after_event_id must be an event id of this stream", field="after_event_id")
        with self._streams.hold():
            after = asked[1] if asked else self._last_event_id()
            events = self._rest_of(after, int(asked[2])) if asked and asked[2] else []
            while context.is_active():
                for event in events:
                    if (not wanted_job or event.job_id == wanted_job) and request.queue in ("", event.queue):
                        yield wire.event_to_wire(event)
                after, events = self._read(after)

    def _rest_of(self, entry_id: str, place: int) -> list[Any]:
        """The events of one stream entry after the one at `place`, for a watcher that left in its middle."""
        stream = self._jobs.scripts.keys.of("events")
        with store_errors():
            entries = self._jobs.scripts.client.xrange(stream, min=entry_id, max=entry_id)
        return [event for entry in entries for event in events_from_stream(*entry)][place + 1 :]

    def _last_event_id(self) -> str:
        with store_errors():
            newest = self._jobs.scripts.client.xrevrange(self._jobs.scripts.keys.of("events"), count=1)
        return newest[0][0].decode() if newest else "0-0"

    def _read(self, after: str) -> tuple[str, list[Any]]:
        stream = self._jobs.scripts.keys.of("events")
        with store_errors():
            answer = self._jobs.scripts.client.xread({stream: after}, count=WATCH_BATCH, block=WATCH_BLOCK_MS)
        entries = stream_entries(answer)
        if not entries:
            return after, []
        return entries[-1][0].decode(), [event for entry in entries for event in events_from_stream(*entry)]


def _make_token(seq: int) -> str:
    return base64.urlsafe_b64encode(f"seq:{seq}".encode()).decode()


def _read_token(token: str) -> int | None:
    if not token:
        return None
    try:
        prefix, _, digits = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        seq = int(digits)
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise InvalidArgument("page_token is not one of ours", field="page_token") from error
    if prefix != "seq" or not 0 < seq < 2**63:
        raise InvalidArgument("page_token is not one of ours", field="page_token")
    return seq
