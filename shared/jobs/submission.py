"""Owns submit(): the one door for a job. Row first, commit, then push; it must never push what is not committed."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import structlog

from shared import clock
from shared.db import Database, UnitOfWork
from shared.errors import InvalidArgument, StoreUnavailable, UnknownJob, UnknownQueue
from shared.jobs import payloads
from shared.jobs.definitions import Arguments, Catalogue, JobDefinition, Priority
from shared.jobs.ledger import ledger, queries
from shared.jobs.ledger.records import Job, JobId, Submission
from shared.jobs.messages import push_of
from shared.jobs.scripts import PUSH_DEADLINE_MS, Scripts

log = structlog.get_logger(__name__)
T = TypeVar("T")
HORIZON = timedelta(days=366)
CLOCK_SAMPLE_SECONDS = 30.0
PUSH_BATCH = 500


class Jobs:
    """One service's jobs in one process: its catalogue, its ledger and its index."""

    def __init__(self, catalogue: Catalogue, database: Database, scripts: Scripts) -> None:
        self.service = catalogue.service
        self.catalogue = catalogue
        self.database = database
        self.scripts = scripts
        self._offset_ms: float | None = None
        self._sampled_at = 0.0

    def push_deadline(self) -> int | None:
        """Redis time until which a push without the row's lock is safe; None when Redis does not tell its time now."""
        at = clock.monotonic()
        if self._offset_ms is None or at - self._sampled_at > CLOCK_SAMPLE_SECONDS:
            try:
                self._offset_ms = self.scripts.time_ms() - clock.monotonic() * 1000
                self._sampled_at = at
            except StoreUnavailable:
                self._offset_ms = None
                return None
        return int(at * 1000 + self._offset_ms) + PUSH_DEADLINE_MS

    def from_now(self, delay: timedelta) -> datetime:
        """The instant `delay` from now."""
        return clock.now() + delay

    def push(self, jobs: Sequence[Job], *, deadline_ms: int | None) -> None:
        """Push committed rows; whatever cannot be pushed now is left to the relay, which is woken."""
        near = [job for job in jobs if _is_near(job)]
        pushes = [push_of(job) for job in near]
        try:
            if deadline_ms is None:
                raise StoreUnavailable("Redis does not tell its time")
            left = 0
            for batch in batches(pushes, PUSH_BATCH):
                left += sum(1 for status in self.scripts.enqueue(batch, deadline_ms=deadline_ms) if status < 0)
        except StoreUnavailable as error:
            left = len(pushes)
            log.warning("push left to the relay", jobs=len(pushes), error=str(error))
        if left:
            self._wake_relay()

    def _wake_relay(self) -> None:
        try:
            self.database.notify("millrace_relay")
        except StoreUnavailable:
            log.warning("relay not woken; it looks by itself")


def submit(
    jobs: Jobs,
    definition: JobDefinition[Any, Any] | str,
    args: Arguments | dict[str, Any],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    idempotency_key: str | None = None,
    within: UnitOfWork | None = None,
    request: "Request | None" = None,
) -> Job:
    """Accept one job durably and return it as committed (or as joined to `within`, whose commit then decides).

    Raises:
        UnknownJob, UnknownQueue, InvalidArgument, PayloadTooLarge: nothing was written.
        AlreadyExists: the idempotency key was used with other arguments.
        StoreUnavailable: PostgreSQL did not answer; repeat with the same idempotency key.
    """
    submission = prepare(
        jobs, definition, args, queue=queue, priority=priority, scheduled_for=scheduled_for,
        idempotency_key=idempotency_key, request=request,
    )  # fmt: skip
    deadline_ms = jobs.push_deadline()
    if within is not None:
        return _open(jobs, within, submission, deadline_ms)
    with jobs.database.unit_of_work() as work:
        return _open(jobs, work, submission, deadline_ms)


def submit_many(
    jobs: Jobs,
    definition: JobDefinition[Any, Any] | str,
    many: Sequence[Arguments | dict[str, Any]],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    within: UnitOfWork | None = None,
) -> list[Job]:
    """Accept jobs of one name, all or none, in order; at most 10,000 a call. Raises as submit does."""
    if len(many) > 10_000:
        raise InvalidArgument(f"at most 10,000 jobs a call, got {len(many):,}", field="many")
    submissions = [
        prepare(jobs, definition, args, queue=queue, priority=priority, scheduled_for=scheduled_for) for args in many
    ]
    deadline_ms = jobs.push_deadline()

    def write(work: UnitOfWork) -> list[Job]:
        opened = [job for chunk in batches(submissions, 1000) for job in ledger.open_jobs(work, chunk)]
        work.after_commit(lambda: jobs.push(opened, deadline_ms=deadline_ms))
        return opened

    if within is not None:
        return write(within)
    with jobs.database.unit_of_work() as work:
        return write(work)


@dataclass(frozen=True, slots=True)
class Request:
    """Where a submission comes from: a schedule's tick, a parent job, a request of a user. `id` makes it repeatable."""

    id: JobId | None = None
    tick: datetime | None = None
    parent_id: str | None = None
    request_id: str | None = None


def prepare(
    jobs: Jobs,
    definition: JobDefinition[Any, Any] | str,
    args: Arguments | dict[str, Any],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    idempotency_key: str | None = None,
    request: Request | None = None,
) -> Submission:
    """Check everything that can be wrong with a submission, before any store is touched."""
    known = _known(jobs.catalogue, definition)
    name = _checked_queue(jobs.catalogue, queue or known.queue.name)
    level = _checked_priority(int(known.priority if priority is None else priority))
    if isinstance(args, dict):
        payloads.check(args)
        args = payloads.typed(known.arguments, args)
    source = request or Request()
    return Submission(
        id=source.id or JobId(str(uuid.uuid4())),
        name=known.name,
        queue=name,
        priority=level,
        args_json=payloads.encode(args),
        attempts_max=jobs.catalogue.attempts_of(known),
        timeout_ms=known.timeout // timedelta(milliseconds=1),
        scheduled_for=_checked_time(scheduled_for),
        tick=source.tick,
        parent_id=source.parent_id,
        request_id=source.request_id,
        idempotency_key=_checked_key(idempotency_key),
    )


def _known(catalogue: Catalogue, definition: JobDefinition[Any, Any] | str) -> JobDefinition[Any, Any]:
    name = definition if isinstance(definition, str) else definition.name
    known = catalogue.jobs.get(name)
    if known is None:
        allowed = sorted(catalogue.jobs)
        raise UnknownJob(
            f"{catalogue.service} has no job {name[:60]!r}; allowed: {', '.join(allowed)}",
            field="name",
            allowed=allowed,
        )
    return known


def _checked_queue(catalogue: Catalogue, name: str) -> str:
    if name not in catalogue.queues:
        allowed = sorted(catalogue.queues)
        raise UnknownQueue(
            f"{catalogue.service} has no queue {name[:60]!r}; allowed: {', '.join(allowed)}",
            field="queue",
            allowed=allowed,
        )
    return name


def _checked_priority(level: int) -> int:
    if level not in set(Priority):
        allowed = [str(int(value)) for value in Priority]
        raise InvalidArgument(
            f"priority must be from 1 (critical) to 5 (batch), got {level}", field="priority", allowed=allowed
        )
    return level


def _checked_time(scheduled_for: datetime | None) -> datetime | None:
    if scheduled_for is None:
        return None
    if scheduled_for.tzinfo is None:
        raise InvalidArgument("scheduled_for must carry a time zone", field="scheduled_for")
    if scheduled_for > clock.now() + HORIZON:
        raise InvalidArgument("scheduled_for may be at most 366 days ahead", field="scheduled_for")
    return scheduled_for


def _checked_key(key: str | None) -> str | None:
    if key is None or key == "":
        return None
    if len(key) > 200 or not key.isprintable():
        raise InvalidArgument("idempotency_key must be at most 200 printable characters", field="idempotency_key")
    return key


def _open(jobs: Jobs, work: UnitOfWork, submission: Submission, deadline_ms: int | None) -> Job:
    if submission.idempotency_key is not None:
        holder = ledger.take_key(work, submission)
        if holder is not None:
            return _existing(work, holder)
    opened = ledger.open_jobs(work, [submission])
    if not opened:  # the id is derived (a child of a repeated attempt, a tick): its first row stands
        return _existing(work, submission.id)
    work.after_commit(lambda: jobs.push(opened, deadline_ms=deadline_ms))
    return opened[0]


def _existing(work: UnitOfWork, job_id: JobId) -> Job:
    job = queries.get(work, job_id)
    if job is None:
        raise InvalidArgument(f"job {job_id} of this idempotency key has been deleted", field="idempotency_key")
    return job


def _is_near(job: Job) -> bool:
    """Far-future jobs stay in PostgreSQL until the relay's horizon reaches them (rule 9)."""
    return job.scheduled_for is None or job.scheduled_for < clock.now() + timedelta(hours=1)


def batches(values: Sequence[T], size: int) -> Iterator[list[T]]:
    """Slices of at most `size`, in order."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
