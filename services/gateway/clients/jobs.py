"""Owns the gateway's view of jobs over all services. It must never keep one: every read asks the services."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from protos.jobs.v1 import dependencies_pb2, jobs_pb2, jobs_pb2_grpc
from services.gateway.clients.directory import QueueDirectory, QueueView
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Fleet, ask
from services.gateway.clients.job_pages import JobPage, Page, PageWanted, merge
from services.gateway.clients.search import first_found
from services.gateway.domain.cursors import MergeCursor, decode, fingerprint
from shared.errors import PayloadTooLarge, UnknownService

#: The proto's values to the words of the REST API.
STATE_WORDS = {value: name.removeprefix("JOB_STATE_").lower() for name, value in jobs_pb2.JobState.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One request for work as it came in; empty text means not given."""

    name: str
    args_json: str
    queue: str
    service: str
    priority: int
    scheduled_for: datetime | None
    idempotency_key: str
    depends_on: Sequence[dependencies_pb2.Dependency] = ()
    min_success_ratio: float | None = None
    unique_key: str = ""
    unique: jobs_pb2.UniqueRule | None = None
    sequence: str = ""
    group: str = ""
    times: jobs_pb2.JobTimes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a list holds; empty text means any."""

    queue: str = ""
    state: str = ""
    name: str = ""
    service: str = ""

    @property
    def fingerprint(self) -> str:
        """What binds a cursor to this filter."""
        return fingerprint(queue=self.queue, state=self.state, name=self.name, service=self.service)


class Jobs:
    """Submit, read and list jobs, wherever they live."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._directory = QueueDirectory(fleet)

    def submit(self, submission: Submission) -> jobs_pb2.SubmitJobResponse:
        """Hand a job to the service that owns it; the answer means that it is durable."""
        service = submission.service or self._directory.route(submission.name, queue=submission.queue)
        request = jobs_pb2.SubmitJobRequest(
            name=submission.name,
            args_json=submission.args_json,
            queue=submission.queue,
            priority=submission.priority,
            scheduled_for=submission.scheduled_for,
            idempotency_key=submission.idempotency_key,
            depends_on=submission.depends_on,
            min_success_ratio=submission.min_success_ratio,
            unique_key=submission.unique_key,
            unique=submission.unique,
            sequence=submission.sequence,
            group=submission.group,
            times=submission.times,
        )
        response: jobs_pb2.SubmitJobResponse = ask(self._stub(service).SubmitJob, request, peer=service)
        return response

    def get(self, job_id: str) -> jobs_pb2.Job:
        """The job of this id. Raises NotFound, or PeerUnavailable while a service that is down could have it."""
        request = jobs_pb2.GetJobRequest(id=job_id)

        def start(service: str) -> Any:
            return self._stub(service).GetJob.future(request, timeout=FAN_OUT_SECONDS)

        job: jobs_pb2.Job = first_found(self._fleet, start, missing=f"no job {job_id}").job
        return job

    def list(self, wanted: JobFilter, *, limit: int, cursor: str) -> JobPage:
        """One page of the jobs of all services that fit, newest first."""
        start = decode(cursor, filters=wanted.fingerprint) if cursor else MergeCursor(wanted.fingerprint)
        services = self._services_for(wanted)

        def fetch(pages: Sequence[PageWanted]) -> Sequence[Page]:
            return self._pages(pages, wanted)

        return merge(services, start, limit=limit, fetch=fetch)

    def queues(self) -> QueueView:
        """Every queue with its counts now."""
        return self._directory.read()

    def _services_for(self, wanted: JobFilter) -> Sequence[str]:
        if wanted.service and wanted.service not in self._fleet.names:
            raise UnknownService(f"no service {wanted.service[:80]!r}", field="service", allowed=self._fleet.names)
        chosen = {wanted.service} if wanted.service else set(self._fleet.names)
        if wanted.queue:
            chosen &= set(self._directory.services_with_queue(wanted.queue))
        if wanted.name:
            chosen &= set(self._directory.services_with_job(wanted.name))
        return sorted(chosen)

    def _pages(self, pages: Sequence[PageWanted], wanted: JobFilter) -> Sequence[Page]:
        by_service = {page.service: page for page in pages}
        state = f"JOB_STATE_{(wanted.state or 'unspecified').upper()}"

        def start(service: str) -> Any:
            page = by_service[service]
            request = jobs_pb2.ListJobsRequest(
                queue=wanted.queue, state=state, name=wanted.name, page_size=page.size, page_token=page.token
            )
            return self._stub(service).ListJobs.future(request, timeout=FAN_OUT_SECONDS)

        answers = list(self._fleet.ask_each(list(by_service), start))
        # A message has 4 MiB at most: jobs with large arguments come in smaller pages.
        too_large = [by_service[answer.service] for answer in answers if isinstance(answer.error, PayloadTooLarge)]
        smaller = [replace(page, size=page.size // 8 or 1) for page in too_large if page.size > 1]
        if not smaller:
            return answers
        redone = {page.service for page in smaller}
        return [answer for answer in answers if answer.service not in redone] + list(self._pages(smaller, wanted))

    def _stub(self, service: str) -> Any:
        return self._fleet.stub(jobs_pb2_grpc.JobServiceStub, service)
