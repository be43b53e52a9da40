"""Owns /api/v1/jobs: it turns HTTP into calls and back. It must never decide anything about a job."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from protos.jobs.v1 import jobs_pb2
from services.gateway.auth.gate import may_operate, may_view
from services.gateway.clients.jobs import STATE_WORDS, JobFilter, Jobs, Submission
from services.gateway.domain import cursors, instants
from services.gateway.rest.answers import embedded, instant, json_answer, list_answer, number
from services.gateway.rest.body import Document, StrictBody, args_text, documented, read_document, typed
from services.gateway.rest.dependencies import MAX_PARENTS, DependencyBody, Ratio, dependencies_of
from services.gateway.rest.query import MAX_NAME_CHARACTERS, Name, PageQuery, check_query, no_query
from services.gateway.rest.schemas import AcceptedJob, JobAnswer, JobList, StateWord
from services.gateway.rest.times import TimesBody, times_json
from services.gateway.rest.unique import UniqueBody
from shared.errors import InvalidArgument

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
MAX_KEY_CHARACTERS = 200
Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARACTERS)]

routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])


class SubmitBody(StrictBody):
    """A request for one job. The service is found by `queue`, else by `name`, when it is not given."""

    name: Name = Field(description="Job name, for example update-coin-price.")
    args: dict[str, Any] = Field(default_factory=dict, description="Arguments; at most 262,144 bytes and 16 levels.")
    queue: Name | None = None
    service: Name | None = None
    priority: int | None = Field(None, ge=1, le=5, description="1 critical to 5 batch; the job's own by default.")
    scheduled_for: str | None = Field(None, max_length=64, description="Earliest start, RFC 3339 with zone.")
    depends_on: list[str | DependencyBody] = Field(
        default_factory=list, max_length=MAX_PARENTS, description="Ids of jobs of the same service that end first."
    )
    min_success_ratio: Ratio | None = None
    unique_key: Key | None = Field(None, description="One job of this name and key, as far as unique says.")
    unique: UniqueBody | None = Field(None, description="The job's own rule by default; until_done with only a key.")
    sequence: Key | None = Field(None, description="Jobs of one sequence run one after the other.")
    group: Key | None = Field(None, description="The tenant, wallet or account it is for.")
    times: TimesBody | None = Field(None, description="The job's own where a field is left out.")


class JobsQuery(PageQuery):
    """Which jobs, and which page of them."""

    queue: str = Field("", max_length=MAX_NAME_CHARACTERS)
    state: StateWord | None = None
    name: str = Field("", max_length=MAX_NAME_CHARACTERS, description="Job name.")
    service: str = Field("", max_length=MAX_NAME_CHARACTERS)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


@routes.post(
    "",
    status_code=202,
    dependencies=[Depends(may_operate), Depends(no_query)],
    response_model=AcceptedJob,
    openapi_extra=documented(SubmitBody),
)
def submit_job(
    jobs: Annotated[Jobs, Depends(_jobs)],
    document: Annotated[Document, Depends(read_document)],
    body: Annotated[SubmitBody, Depends(typed(SubmitBody))],
    idempotency_key: Annotated[
        str, Header(description="The same key and job name within 24 hours give the first job again.")
    ] = "",
) -> Response:
    """Submit a job. The answer is sent once the job is durable."""
    at = instants.parse(body.scheduled_for, "scheduled_for") if body.scheduled_for is not None else None
    submission = Submission(
        name=body.name,
        args_json=args_text(document),
        queue=body.queue or "",
        service=body.service or "",
        priority=body.priority or 0,
        scheduled_for=at,
        idempotency_key=checked_key(idempotency_key),
        depends_on=dependencies_of(body.depends_on),
        min_success_ratio=body.min_success_ratio,
        unique_key=body.unique_key or "",
        unique=body.unique.rule() if body.unique is not None else None,
        sequence=body.sequence or "",
        group=body.group or "",
        times=body.times.message() if body.times is not None else None,
    )
    submitted = jobs.submit(submission)
    job = submitted.job
    accepted = {"id": job.id, "state": STATE_WORDS[job.state], "queue": job.queue, "name": job.name}
    location = {"Location": f"{routes.prefix}/{job.id}"}
    answer = {**accepted, "service": job.service, "already_existed": submitted.already_existed}
    return json_answer(answer, status=202, headers=location)


@routes.get("", dependencies=[Depends(may_view), Depends(check_query)], response_model=JobList)
def list_jobs(jobs: Annotated[Jobs, Depends(_jobs)], query: Annotated[JobsQuery, Query()]) -> Response:
    """List the jobs of all services, newest first. May lag by 2 seconds."""
    wanted = JobFilter(queue=query.queue, state=query.state or "", name=query.name, service=query.service)
    page = jobs.list(wanted, limit=query.limit, cursor=query.cursor)
    next_cursor = cursors.encode(page.cursor) if page.cursor else None
    return list_answer(
        [job_json(job) for job in page.jobs], next_cursor=next_cursor, unavailable=list(page.unavailable)
    )


@routes.get("/{id}", dependencies=[Depends(may_view), Depends(no_query)], response_model=JobAnswer)
def get_job(
    jobs: Annotated[Jobs, Depends(_jobs)], job_id: Annotated[str, Path(alias="id", description="UUID.")]
) -> Response:
    """Read one job as it is now."""
    return json_answer(job_json(jobs.get(canonical_id(job_id))))


def canonical_id(text: str) -> str:
    """A job's id in its one spelling. Raises InvalidArgument."""
    canonical = text.lower()
    if _UUID.fullmatch(canonical) is None:
        raise InvalidArgument("id must be a UUID of 36 characters", field="id")
    return canonical


def job_json(job: jobs_pb2.Job) -> dict[str, object]:
    """A job as the API promises it."""
    return {
        "id": job.id,
        "service": job.service,
        "queue": job.queue,
        "name": job.name,
        "state": STATE_WORDS[job.state],
        "priority": job.priority,
        "attempts_made": job.attempts_made,
        "attempts_max": job.attempts_max,
        "generation": job.generation,
        "crashes": job.crashes,
        "wait_reason": job.wait_reason or None,
        "progress": _progress_json(job.progress) if job.HasField("progress") else None,
        "args": embedded(job.args_json or "{}"),
        "result": embedded(job.result_json),
        "error": error_json(job.error) if job.HasField("error") else None,
        "created_at": instant(job, "created_at"),
        "scheduled_for": instant(job, "scheduled_for"),
        "started_at": instant(job, "started_at"),
        "finished_at": instant(job, "finished_at"),
        "request_id": job.request_id or None,
        **times_json(job),
    }


def _progress_json(progress: jobs_pb2.Progress) -> dict[str, object]:
    return {
        "done": number(progress.done), "total": number(progress.total), "note": progress.note,
        "stage": progress.stage or None, "eta": instant(progress, "eta"), "data": embedded(progress.data_json),
    }  # fmt: skip


def error_json(error: jobs_pb2.JobError) -> dict[str, object]:
    """What went wrong, as the API promises it."""
    shown: dict[str, object] = {"type": error.type, "message": error.message, "reason": error.reason or None}
    return {**shown, "traceback": error.traceback} if error.traceback else shown


def checked_key(key: str) -> str:
    if len(key) > MAX_KEY_CHARACTERS or not all(" " <= character <= "~" for character in key):
        raise InvalidArgument(
            f"Idempotency-Key must be at most {MAX_KEY_CHARACTERS} printable ASCII characters", field="Idempotency-Key"
        )
    return key
