"""Owns how a submission says over HTTP how much time it has, and how a job tells it. It must never decide a limit."""

from typing import Annotated

from pydantic import BaseModel, Field

from protos.jobs.v1 import jobs_pb2
from services.gateway.rest.answers import instant
from services.gateway.rest.body import StrictBody

DAY_MS = 86_400_000
LONGEST_MS = 366 * DAY_MS
_FIELDS = ("timeout_ms", "queue_ttl_ms", "deadline_ms", "stale_after_ms", "result_ttl_ms")
Long = Annotated[int | None, Field(ge=10, le=LONGEST_MS)]


class TimesBody(StrictBody):
    """Times of this submission, over what the job declares."""

    timeout_ms: int | None = Field(None, ge=1, le=DAY_MS, description="Of one attempt.")
    queue_ttl_ms: Long = Field(None, description="Not begun so long after it was due, it is expired.")
    deadline_ms: Long = Field(None, description="From when it was due, for all attempts together.")
    stale_after_ms: Long = Field(None, description="An attempt that says nothing for so long is ended.")
    result_ttl_ms: Long = Field(None, description="From its end; then its result is gone.")

    def message(self) -> jobs_pb2.JobTimes:
        """As the services take it."""
        return jobs_pb2.JobTimes(**self.model_dump(exclude_none=True))


class TimesAnswer(BaseModel):
    """What a job is given of time, declared or with its submission; null where there is no such limit."""

    timeout_ms: int | None
    queue_ttl_ms: int | None
    deadline_ms: int | None
    stale_after_ms: int | None
    result_ttl_ms: int | None


def times_json(job: jobs_pb2.Job) -> dict[str, object]:
    """What a job's reading tells of its times, and of those of its result."""
    times = {name: getattr(job.times, name) if job.times.HasField(name) else None for name in _FIELDS}
    expiry = instant(job, "result_expires_at")
    return {"times": times, "result_expires_at": expiry, "result_expired": job.result_expired}
