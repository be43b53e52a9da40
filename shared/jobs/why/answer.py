"""Owns the answer: one job's row and the index, or a message on its way to another service, put into causes.

It must never invent one: where nothing keeps a job from running, it says that it is next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from shared import clock
from shared.db import UnitOfWork
from shared.errors import NotFound, StoreUnavailable
from shared.jobs.connection import instance_of
from shared.jobs.entries import Entry
from shared.jobs.exchange import outbox_reads
from shared.jobs.exchange.outbox_reads import Message
from shared.jobs.keyed_nodes import holder_of
from shared.jobs.ledger import lines, queries
from shared.jobs.ledger.records import Job
from shared.jobs.messages import PUSH_HORIZON
from shared.jobs.states import FINAL, State
from shared.jobs.submission import Jobs
from shared.jobs.why.causes import Cause, Reason, at, instant
from shared.jobs.why.gates import of_job, of_queue
from shared.jobs.why.sight import Sight, look

_BESIDE = sa.text("""
SELECT (SELECT pushed_at IS NOT NULL FROM job WHERE id = CAST(:id AS uuid)),
       (SELECT identity FROM redis_identity), (SELECT slots FROM queue_setting WHERE queue = :queue)
""")


@dataclass(frozen=True, slots=True)
class Answer:
    """Why: the first cause is the answer, the others would hold it next."""

    id: str
    state: str
    causes: list[Cause]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What PostgreSQL knows beside the row."""

    is_pushed: bool
    identity: str
    slots: int


def why(jobs: Jobs, job_id: str) -> Answer:
    """Why a job does not run now, or a message to another service has not become one.

    Raises NotFound; StoreUnavailable when PostgreSQL does not answer.
    """
    with jobs.database.unit_of_work() as work:
        job = queries.get(work, job_id)
        message = outbox_reads.get(work, job_id) if job is None else None
        beside = _beside(work, job) if job is not None else None
    if message is not None:
        return Answer(job_id, message.state, [_of_message(message)])
    if job is None or beside is None:
        raise NotFound(f"{jobs.service} has no job {job_id}")
    if job.state in FINAL:
        return Answer(job_id, job.state, [Cause(reason=Reason.ENDED, text=f"it has ended: it is {job.state}")])
    if job.state is State.BLOCKED:
        return Answer(job_id, job.state, [_blocked(jobs, job)])
    try:
        sight, instance = look(jobs, job), instance_of(jobs.scripts.client)
    except StoreUnavailable as error:
        return Answer(job_id, job.state, [Cause(reason=Reason.INDEX_UNREACHABLE, text=str(error))])
    state = sight.entry.state if sight.entry is not None else job.state
    is_open = beside.identity == sight.sentinel and beside.identity.startswith(f"{instance}:")
    return Answer(job_id, state, list(_causes(job, beside, sight, is_open=is_open)))


def _beside(work: UnitOfWork, job: Job) -> _Beside:
    pushed, identity, slots = work.connection.execute(_BESIDE, {"id": job.id, "queue": job.queue}).one()
    return _Beside(bool(pushed), str(identity or ""), int(slots or 0))


def _blocked(jobs: Jobs, job: Job) -> Cause:
    if job.wait_reason == "remote":
        return Cause(reason=Reason.BLOCKED, text=f"service {job.queue.lstrip('@')} runs it, which tells how it ends")
    if job.wait_reason == "unique":
        with jobs.database.unit_of_work() as work:
            holder = holder_of(work, job.id)
        return Cause(reason=Reason.BLOCKED, text=f"it ends as job {holder} does, which its unique key means")
    if job.wait_reason != "sequence":
        return Cause(reason=Reason.BLOCKED, text="it waits for the jobs that it depends on")
    with jobs.database.unit_of_work() as work:
        ahead, first = lines.before(work, job.id)
    if not ahead:
        return Cause(
            reason=Reason.BLOCKED, text="it is the next of its sequence; a scheduler lets it go within seconds"
        )
    text = f"it waits for {ahead} jobs of its sequence that were there before it; the first of them is {first}"
    return Cause(reason=Reason.BLOCKED, text=text, ahead=ahead)


def _causes(job: Job, beside: _Beside, sight: Sight, *, is_open: bool) -> Iterator[Cause]:
    entry = sight.entry
    if sight.has_ended and entry is not None:
        yield Cause(reason=Reason.ENDING, text="it has ended, and its end is being recorded")
        return
    if entry is not None and entry.state == State.RUNNING:
        yield _running(entry, sight)
        return
    later = _later(job, entry, sight.now_ms)
    if later is not None:
        yield later
        return
    if not is_open:
        text = "claims are closed: this Redis is not reconciled with PostgreSQL yet; a scheduler does so within seconds"
        yield Cause(reason=Reason.INDEX_CLOSED, text=text)
    if entry is None:
        yield _absent(beside)
        return
    yield from _ready(entry, beside, sight, is_open=is_open)


def _running(entry: Entry, sight: Sight) -> Cause:
    if sight.lease_until_ms <= sight.now_ms:
        text = f"worker {entry.worker} lost its lease at {at(sight.lease_until_ms)}; the reaper puts it back"
        return Cause(reason=Reason.LEASE_EXPIRED, text=text)
    return Cause(reason=Reason.RUNNING, text=f"it runs in worker {entry.worker} since {at(entry.started)}")


def _later(job: Job, entry: Entry | None, now_ms: int) -> Cause | None:
    """It waits for a time."""
    if entry is None:
        if job.scheduled_for is None or job.scheduled_for <= clock.now() + PUSH_HORIZON:
            return None
        due_ms, wait_reason = clock.epoch_ms(job.scheduled_for), "delay"
        state = State.SCHEDULED
    else:
        due_ms, wait_reason, state = entry.due, entry.wait_reason, State(entry.state)
    if due_ms <= now_ms or state not in (State.SCHEDULED, State.RETRYING):
        return None
    if state is State.RETRYING and entry is not None:
        text = f"attempt {entry.attempts} of {entry.attempts_max} failed; the next one is at {at(due_ms)}"
        return Cause(reason=Reason.RETRYING, text=text, until=instant(due_ms))
    if wait_reason in ("", "delay"):
        return Cause(reason=Reason.SCHEDULED, text=f"it is scheduled for {at(due_ms)}", until=instant(due_ms))
    text = f"it was put off until {at(due_ms)}: {wait_reason}"
    return Cause(reason=Reason.POSTPONED, text=text, until=instant(due_ms))


def _absent(beside: _Beside) -> Cause:
    if not beside.is_pushed:
        text = "it is committed and not in its queue yet; a scheduler's relay puts it there within seconds"
        return Cause(reason=Reason.NOT_PUSHED, text=text)
    text = "its entry is missing in Redis; a scheduler's reconciler puts it back within 30 seconds"
    return Cause(reason=Reason.NOT_IN_INDEX, text=text)


def _ready(entry: Entry, beside: _Beside, sight: Sight, *, is_open: bool) -> Iterator[Cause]:
    found = [*of_queue(sight.queue), *of_job(sight)]
    if entry.parked and not any(True for _ in of_job(sight)):
        text = f"it stood at a gate ({entry.wait_reason}) that has room now; the next claim looks at it"
        found.append(Cause(reason=Reason.GATE_OPENED, text=text))
    slots = beside.slots * sight.queue.workers
    if 0 < slots <= sight.queue.running:
        text = f"all {slots} slots of the {sight.queue.workers} workers of queue {sight.queue.name} are taken"
        found.append(Cause(reason=Reason.SLOTS_TAKEN, text=text, running=sight.queue.running, limit=slots))
    if sight.rank:
        text = f"{sight.rank} jobs of the same or a higher priority are before it"
        found.append(Cause(reason=Reason.BEHIND_OTHERS, text=text, ahead=sight.rank))
    if not found and is_open:
        found.append(Cause(reason=Reason.NEXT, text="nothing keeps it: the next claim takes it"))
    yield from found


def _of_message(message: Message) -> Cause:
    error = message.error or {}
    last = f"; the last try: {error.get('type', '')}: {str(error.get('message', ''))[:300]}" if error else ""
    if message.state == "sent":
        text = f"{message.peer} has taken it: ask for job {message.peer_job_id}"
        return Cause(reason=Reason.MESSAGE_SENT, text=text)
    if message.state == "failed":
        return Cause(reason=Reason.MESSAGE_FAILED, text=f"it was not delivered to {message.peer} and is given up{last}")
    text = f"it is not delivered to {message.peer} yet, after {message.attempts} tries{last}"
    return Cause(reason=Reason.MESSAGE_WAITING, text=text, until=message.next_at)
