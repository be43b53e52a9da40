"""Owns waiting for a job's end without polling. It must never take the stream's word for it: the row and entry say."""

from datetime import timedelta

from shared import clock
from shared.errors import InvalidArgument, NotFound
from shared.jobs.connection import BLOCK_SECONDS, store_errors, stream_entries
from shared.jobs.ledger.ledger import FINAL_KINDS
from shared.jobs.ledger.records import Job, events_from_stream
from shared.jobs.live import get_job
from shared.jobs.states import FINAL
from shared.jobs.submission import Jobs

LONGEST = timedelta(hours=1)
BATCH = 1_000


def wait(jobs: Jobs, job_id: str, *, timeout: timedelta) -> Job:
    """The job when it is final, or as it is when the time is over; woken by its event, and looked at every 5 s.

    Raises NotFound, InvalidArgument, StoreUnavailable.
    """
    if not timedelta(0) <= timeout <= LONGEST:
        raise InvalidArgument(f"timeout must be from 0 to 1 hour, got {timeout}", field="timeout")
    give_up_at = clock.monotonic() + timeout.total_seconds()
    after = _newest(jobs)  # before the look: an end between the two is told after it
    while True:
        job = get_job(jobs, job_id)
        if job is None:
            raise NotFound(f"{jobs.service} has no job {job_id}")
        left = give_up_at - clock.monotonic()
        if job.state in FINAL or left <= 0:
            return job
        after = _until_told(jobs, job_id, after, min(left, BLOCK_SECONDS))


def _newest(jobs: Jobs) -> str:
    with store_errors():
        newest = jobs.scripts.client.xrevrange(jobs.scripts.keys.of("events"), count=1)
    return newest[0][0].decode() if newest else "0-0"


def _until_told(jobs: Jobs, job_id: str, after: str, seconds: float) -> str:
    """Read on until the end of this job is told, or for so long; where to read on."""
    give_up_at = clock.monotonic() + seconds
    stream = jobs.scripts.keys.of("events")
    while (left := give_up_at - clock.monotonic()) > 0:
        with store_errors():
            answer = jobs.scripts.client.xread({stream: after}, count=BATCH, block=max(1, int(left * 1000)))
        for entry in stream_entries(answer):
            after = entry[0].decode()
            if any(one.job_id == job_id and one.kind in FINAL_KINDS for one in events_from_stream(*entry)):
                return after
    return after
