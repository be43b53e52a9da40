"""Owns what a submission with durable=False is answered with: a job that has no row. It must never touch a store."""

import msgspec

from shared import clock
from shared.jobs.ledger.records import Job, Submission
from shared.jobs.states import State


def unwritten(submission: Submission) -> Job:
    """The job as it would stand in its row."""
    at = clock.now()
    is_later = submission.scheduled_for is not None and submission.scheduled_for > at
    return Job(
        seq=0,
        id=submission.id,
        generation=1,
        name=submission.name,
        queue=submission.queue,
        state=State.SCHEDULED if is_later else State.QUEUED,
        priority=submission.priority,
        args=msgspec.json.decode(submission.args_json),
        attempts_made=0,
        attempts_max=submission.attempts_max,
        crashes=0,
        timeout_ms=submission.timeout_ms,
        wait_reason="delay" if is_later else "",
        result=None,
        error=None,
        progress=None,
        tick=submission.tick,
        created_at=at,
        scheduled_for=submission.scheduled_for,
        started_at=None,
        finished_at=None,
        group_key=submission.group_key,
        times=submission.own_times,
        request_id=submission.request_id,
    )
