"""Owns what every verb begins with: the job it is about, whether its state allows it, the words of the person.

It must never write.
"""

from typing import Any

from shared.errors import InvalidArgument, NotFound, NotReady, UnknownJob, UnknownQueue, WrongState
from shared.jobs.definitions import JobDefinition
from shared.jobs.ledger.records import Job
from shared.jobs.live import get_job
from shared.jobs.states import ASKABLE, State, Verb
from shared.jobs.submission import Jobs

REASON_MAX = 500


def subject(jobs: Jobs, job_id: str, verb: Verb) -> Job:
    """The job as it is now, if its state allows `verb`. Raises NotFound, WrongState."""
    job = get_job(jobs, job_id)
    if job is None:
        raise NotFound(f"{jobs.service} has no job {job_id}")
    if job.state not in ASKABLE[verb]:
        raise refused(job, verb)
    return job


def refused(job: Job, verb: Verb) -> WrongState:
    """Why this verb cannot be had of this job."""
    allowed = [str(state) for state in State if state in ASKABLE[verb]]
    message = f"job {job.id} is {job.state}; {verb} needs {', '.join(allowed)}"
    return WrongState(message, state=job.state, allowed=allowed)


def overtaken(jobs: Jobs, job_id: str, verb: Verb) -> Job:
    """The job after its row had changed under the verb. Raises what the state it has now deserves."""
    job = subject(jobs, job_id, verb)
    if job.state is State.CANCELLED and verb is Verb.CANCEL:
        return job
    raise NotReady(f"job {job_id} has just become {job.state} and is being recorded; repeat the call")


def known_queue(jobs: Jobs, queue: str) -> str:
    """A queue of this service. Raises UnknownQueue naming all."""
    if queue not in jobs.catalogue.queues:
        allowed = sorted(jobs.catalogue.queues)
        message = f"{jobs.service} has no queue {queue[:60]!r}; allowed: {', '.join(allowed)}"
        raise UnknownQueue(message, field="queue", allowed=allowed)
    return queue


def known_job(jobs: Jobs, name: str) -> JobDefinition[Any, Any]:
    """A job name of this service. Raises UnknownJob naming all."""
    known = jobs.catalogue.jobs.get(name)
    if known is None:
        allowed = sorted(jobs.catalogue.jobs)
        message = f"{jobs.service} has no job {name[:60]!r}; allowed: {', '.join(allowed)}"
        raise UnknownJob(message, field="name", allowed=allowed)
    return known


def checked_reason(reason: str, *, is_needed: bool = False) -> str:
    """A person's own words. Raises InvalidArgument when they are too long, unprintable, or needed and missing."""
    if is_needed and not reason.strip():
        raise InvalidArgument("a reason is needed; it is kept with what it explains", field="reason")
    if len(reason) > REASON_MAX or not reason.isprintable():
        raise InvalidArgument(f"reason must be at most {REASON_MAX} printable characters", field="reason")
    return reason


def queues_of(jobs: Jobs, *others: str) -> list[str]:
    """Every queue in which an entry of this service may be, the renamed ones of old rows included."""
    return sorted({*jobs.catalogue.queues, *others})
