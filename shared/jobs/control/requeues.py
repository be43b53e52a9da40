"""Owns requeue: a finished job begins anew, in a new generation (rule 15). It must never touch a live row."""

from msgspec.structs import replace

from shared.errors import WrongState
from shared.jobs.control.subjects import overtaken, subject
from shared.jobs.keyed_opening import busy, retake
from shared.jobs.ledger import commands, flow_rows, lines, remote_rows
from shared.jobs.ledger.records import Job
from shared.jobs.states import State, Verb
from shared.jobs.submission import Jobs
from shared.jobs.time_limits import renew_times
from shared.jobs.times import NO_TIMES, times_in_ms


def requeue(jobs: Jobs, job_id: str) -> Job:
    """Run a finished job again with all its attempts; what it did before stays in its history.

    Raises NotFound, WrongState for a live job, NotReady while its end is being recorded, AlreadyExists when another
    live job has its unique key by now.
    """
    seen = subject(jobs, job_id, Verb.REQUEUE)
    if remote_rows.stands_for_another(seen):
        raise WrongState(f"job {job_id} is another service's; retry its flow", state=seen.state)
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        line = retake(work, job_id, jobs)
        must_wait = line is not None and bool(busy(work, jobs.scripts, [line]))
        begun = commands.requeue(work, job_id)
        if begun is not None and must_wait:
            lines.stop(work, job_id)
            begun = replace(begun, state=State.BLOCKED, wait_reason="sequence")
        if begun is not None:
            if begun.is_awaited:
                flow_rows.count_revived(work, [begun.id])
            definition = jobs.catalogue.jobs.get(begun.name)
            declared = definition.times if definition else NO_TIMES
            renew_times(work, job_id, times_in_ms(begun.times) or declared)
            pushed = begun
            work.after_commit(lambda: jobs.push([pushed], deadline_ms=deadline_ms))
    return begun or overtaken(jobs, job_id, Verb.REQUEUE)
