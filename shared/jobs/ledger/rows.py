"""Owns how a job row becomes a Job. It must never be bypassed: every reader of the table selects COLUMNS."""

from typing import Any

from shared.jobs.ledger.records import Job, JobId
from shared.jobs.states import State

COLUMNS = (
    "seq, id, generation, name, queue, state, priority, args, attempts_made, attempts_max, crashes, timeout_ms, "
    "wait_reason, result, error, progress, tick, created_at, scheduled_for, started_at, finished_at, group_key, "
    "is_awaited, times, result_expires_at, request_id"
)


def job_from_row(row: Any) -> Job:
    """One row selected with COLUMNS."""
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    values["id"] = JobId(str(values["id"]))
    values["state"] = State(values["state"])
    return Job(**values)
