"""Owns submit(): the one door for a job. Row first, commit, then push; it must never push what is not committed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from shared import clock
from shared.db import Database, UnitOfWork, run_hook
from shared.errors import AlreadyExists, InvalidArgument
from shared.jobs import keyed_nodes
from shared.jobs.admission import Request, prepare, prepare_many, prepare_wait
from shared.jobs.crash_points import crash_point
from shared.jobs.definitions import Arguments, Catalogue, JobDefinition
from shared.jobs.dependencies import Dependency
from shared.jobs.ended_outside import tell_ended
from shared.jobs.key_requests import keys_of
from shared.jobs.keyed_submission import submit_keyed
from shared.jobs.ledger import edges, idempotency, opening, queries
from shared.jobs.ledger.edges import Ends, Wait
from shared.jobs.ledger.records import Job, JobId, Submission
from shared.jobs.ledger.time_rows import keep
from shared.jobs.lock_renewal import Renewals
from shared.jobs.messages import push_of, pushes_of
from shared.jobs.pushing import PUSH_BATCH, Pushing, batches
from shared.jobs.scripts import Push, Scripts
from shared.jobs.states import FINAL
from shared.jobs.times import Times
from shared.jobs.uniqueness import Unique
from shared.jobs.unwritten import unwritten


class Jobs:
    """One service's jobs in one process: its catalogue, its ledger and its index."""

    def __init__(
        self, catalogue: Catalogue, database: Database, scripts: Scripts, *, peers: Collection[str] = ()
    ) -> None:
        self.service = catalogue.service
        self.catalogue = catalogue
        self.database = database
        self.scripts = scripts
        scripts.fair = frozenset(queue.name for queue in catalogue.queues.values() if queue.fair)
        self.renewals = Renewals(scripts)
        #: The services that jobs of this one may be submitted to.
        self.peers = tuple(sorted(peers))
        #: How committed rows come into the index.
        self.pushing = Pushing(database, scripts)

    def push_deadline(self) -> int | None:
        """Redis time until which a push without the row's lock is safe; None when Redis does not tell its time now."""
        return self.pushing.deadline()

    def from_now(self, delay: timedelta) -> datetime:
        """The instant `delay` from now."""
        return clock.now() + delay

    def push(self, jobs: Sequence[Job], *, deadline_ms: int | None, must_check: bool = False) -> None:
        """Push committed rows; whatever cannot be pushed now is left to the relay, which is woken."""
        self.send(pushes_of(jobs, must_check=must_check), deadline_ms=deadline_ms)

    def send(self, pushes: Sequence[Push], *, deadline_ms: int | None) -> None:
        """Push what was made of committed rows, as `push` does."""
        self.pushing.send(pushes, deadline_ms=deadline_ms)

    def settle(self) -> None:
        """Wait until what this process pushed last is in the index; a push is sent without waiting for its answer."""
        self.pushing.settle()

    def ended(self, work: UnitOfWork, ends: Ends) -> None:
        """The one door behind every end: call it where a row goes from live to final, in the same transaction, for

        rows with `is_awaited`. What waits for them is settled, or pushed after the commit; their flows count them.
        """
        self._follow(work, ends, were_live=True)

    def already_ended(self, work: UnitOfWork, ends: Ends) -> None:
        """As `ended`, for jobs that have ended before: a new edge to one, or what `ended` did not reach."""
        self._follow(work, ends, were_live=False)

    def _follow(self, work: UnitOfWork, ends: Ends, *, were_live: bool) -> None:
        if not ends:
            return
        deadline_ms = self.push_deadline()
        started, gone = edges.follow(work, ends, were_live=were_live)
        crash_point("edges.followed")
        if gone:
            work.after_commit(lambda: tell_ended(self.scripts, gone))
        if started:
            keyed_nodes.start(self, work, started, deadline_ms)


def submit(
    jobs: Jobs,
    definition: JobDefinition[Any, Any] | str,
    args: Arguments | dict[str, Any],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    idempotency_key: str | None = None,
    group: str | None = None,
    depends_on: Sequence[Dependency | str] = (),
    min_success_ratio: float | Decimal | None = None,
    unique_key: str | None = None,
    unique: Unique | None = None,
    sequence: str | None = None,
    timeout: timedelta | None = None,
    times: Times | None = None,
    within: UnitOfWork | None = None,
    request: Request | None = None,
) -> Job:
    """Accept one job durably and return it as committed (or as joined to `within`, whose commit then decides).

    With `depends_on` it is blocked until those jobs of this service have ended, each by its policy. With a
    `min_success_ratio` it may start when at least that share of them has ended well.
    A job that is unique, by its declaration or by `unique` and `unique_key`, may be there already: then that one is
    returned, with `already_existed`. Jobs of one `sequence` run one after the other, in the order of their commits.
    `timeout` (of one attempt) and `times` go before what the job declares; what they leave out is as declared.

    Raises:
        UnknownJob, UnknownQueue, InvalidArgument, PayloadTooLarge: nothing was written.
        AlreadyExists: the idempotency key was used with other arguments.
        StoreUnavailable: PostgreSQL did not answer; repeat with the same idempotency key.
    """
    submission = prepare(
        jobs.catalogue, definition, args, queue=queue, priority=priority, scheduled_for=scheduled_for,
        idempotency_key=idempotency_key, group=group, request=request, keys=keys_of(unique, unique_key, sequence),
        timeout=timeout, times=times,
    )  # fmt: skip
    wait = prepare_wait(submission, depends_on, min_success_ratio)
    crash_point("submit.checked")
    if not submission.is_durable:
        return _push_only(jobs, [submission], within)[0]
    deadline_ms = jobs.push_deadline()
    if within is not None:
        return _open(jobs, within, submission, deadline_ms, wait)
    is_plain = submission.idempotency_key is None and not submission.keeps_times and wait is None
    if is_plain and not submission.is_keyed:
        return _open_alone(jobs, submission, deadline_ms)
    with jobs.database.unit_of_work() as work:
        return _open(jobs, work, submission, deadline_ms, wait)


def submit_many(
    jobs: Jobs,
    definition: JobDefinition[Any, Any] | str,
    many: Sequence[Arguments | dict[str, Any]],
    *,
    queue: str | None = None,
    priority: int | None = None,
    scheduled_for: datetime | None = None,
    group: str | None = None,
    unique: Unique | None = None,
    sequence: str | None = None,
    timeout: timedelta | None = None,
    times: Times | None = None,
    within: UnitOfWork | None = None,
) -> list[Job]:
    """Accept jobs of one name, all or none, in order; at most 10,000 a call. Raises as submit does.

    The jobs of unique submissions are the ones that submit would have returned, one after the other.
    """
    if len(many) > 10_000:
        raise InvalidArgument(f"at most 10,000 jobs a call, got {len(many):,}", field="many")
    submissions = prepare_many(
        jobs.catalogue, definition, many, queue=queue, priority=priority, scheduled_for=scheduled_for, group=group,
        keys=keys_of(unique, None, sequence), timeout=timeout, times=times,
    )  # fmt: skip
    if submissions and not submissions[0].is_durable:
        return _push_only(jobs, submissions, within)
    deadline_ms = jobs.push_deadline()

    def write(work: UnitOfWork) -> list[Job]:
        if submissions and submissions[0].is_keyed:
            return submit_keyed(jobs, work, submissions, deadline_ms)
        pushes: list[Push] = []
        opened = opening.open_many(work, submissions, meanwhile=lambda made: pushes.extend(pushes_of(made)))
        if submissions and submissions[0].keeps_times:
            keep(work, submissions)
        crash_point("submit_many.opened")
        work.after_commit(lambda: jobs.send(pushes, deadline_ms=deadline_ms))
        return opened

    if within is not None:
        return write(within)
    with jobs.database.unit_of_work() as work:
        return write(work)


def _open(
    jobs: Jobs, work: UnitOfWork, submission: Submission, deadline_ms: int | None, wait: Wait | None = None
) -> Job:
    # First, so that an unknown parent leaves nothing in the caller's transaction.
    parents = edges.lock_parents(work, [parent.job_id for parent in wait.parents]) if wait is not None else {}
    if submission.idempotency_key is not None:
        holder = idempotency.take_key(work, submission)
        crash_point("submit.key_taken")
        known = queries.get(work, holder) if holder is not None else None
        if known is not None:
            return known
        if holder is not None:  # its job has been swept: the key is free again
            idempotency.pass_key(work, submission, holder)
    if submission.is_keyed:
        return submit_keyed(jobs, work, [submission], deadline_ms)[0]
    opened = opening.open_one(work, submission)
    if opened is None:  # the id is derived (a child of a repeated attempt, a tick): its first row stands
        return _existing(work, submission.id)
    if submission.keeps_times:
        keep(work, [submission])
    crash_point("submit.opened")
    if wait is not None:
        edges.block(work, [wait])
        jobs.already_ended(work, [(job_id, state) for job_id, state in parents.items() if state in FINAL])
        return _existing(work, submission.id)
    work.after_commit(lambda: jobs.push([opened], deadline_ms=deadline_ms))
    return opened


def _open_alone(jobs: Jobs, submission: Submission, deadline_ms: int | None) -> Job:
    """Without a key and a caller's transaction the row is one statement, and one round trip."""
    opened = opening.open_alone(jobs.database, submission)
    if opened is None:
        with jobs.database.unit_of_work() as work:
            return _existing(work, submission.id)
    run_hook(lambda: jobs.push([opened], deadline_ms=deadline_ms))
    return opened


def _push_only(jobs: Jobs, submissions: Sequence[Submission], within: UnitOfWork | None) -> list[Job]:
    """durable=False: no row, only the index. Raises StoreUnavailable when Redis does not take them."""
    made = [unwritten(submission) for submission in submissions]
    pushes = [push_of(job, is_durable=False) for job in made]

    def push() -> None:
        for batch in batches(pushes, PUSH_BATCH):
            jobs.scripts.enqueue(batch, deadline_ms=0)

    if within is not None:
        within.after_commit(push)
    else:
        push()
    return made


def _existing(work: UnitOfWork, job_id: JobId) -> Job:
    job = queries.get(work, job_id)
    if job is None:
        raise AlreadyExists(f"job {job_id} existed and has been deleted")
    return job
