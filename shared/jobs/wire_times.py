"""Owns the translation of a job's times to and from protos/jobs/v1, and so the last word on how a job is shown.

It must never decide anything.
"""

from datetime import timedelta
from typing import Any

from protos.jobs.v1 import jobs_pb2
from shared.errors import InvalidArgument
from shared.jobs import wire
from shared.jobs.definitions import MAX_TIMEOUT
from shared.jobs.ledger.records import Job
from shared.jobs.results import told
from shared.jobs.submission import Jobs
from shared.jobs.times import FIELDS, MS, NO_TIMES, Times, times_in_ms


def options_of(request: Any) -> dict[str, Any]:
    """What a SubmitJobRequest says of times, as submit() takes it. Raises InvalidArgument naming the field."""
    if not request.HasField("times"):
        return {}
    given = {name: _duration(request.times, name) for name in (*FIELDS, "timeout")}
    timeout = given.pop("timeout")
    if timeout is not None and timeout > MAX_TIMEOUT:
        raise InvalidArgument("times.timeout_ms must be at most 86,400,000", field="times.timeout_ms")
    try:
        return {"timeout": timeout, "times": Times(**given) if any(given.values()) else None}
    except InvalidArgument as error:
        error.args = (f"times.{error.field}_ms: {error}",)
        error.field = f"times.{error.field}_ms"
        raise


def shown(jobs: Jobs, job: Job) -> Any:
    """A job as the wire has it, with what it is given of time; a result whose time is over is not told."""
    definition = jobs.catalogue.jobs.get(job.name)
    times = times_in_ms(job.times) or (definition.times if definition else NO_TIMES)
    message = wire.job_to_wire(told(job), jobs.service)
    if job.result_expired:
        message.result_json, message.result_expired = "", True
    message.times.CopyFrom(jobs_pb2.JobTimes(timeout_ms=job.timeout_ms or None, **times.in_ms()))
    return message


def _duration(times: Any, name: str) -> timedelta | None:
    field = f"{name}_ms"
    if not times.HasField(field):
        return None
    value = getattr(times, field)
    if not 0 < value < 2**50:
        raise InvalidArgument(f"times.{field} must be above 0, and no more than a year", field=f"times.{field}")
    return int(value) * MS
