"""Owns running what waits, in the caller's thread, through the real scripts and steps.

It must never go around a gate: paused queues, limits and rates hold as in production.
"""

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from shared.errors import NotReady, PlatformError, UnknownQueue
from shared.jobs import queue_settings
from shared.jobs.attempts import Attempt, run_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import store_errors
from shared.jobs.ledger.records import JobId
from shared.jobs.maintenance.ledger_writer import GROUP, LedgerWriter
from shared.jobs.maintenance.sequences import advance
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.outcomes import Again, Buried, Cancelled, Done, Expired, Failure, Lost, Obsolete, Outcome, Released
from shared.jobs.running import Running
from shared.jobs.scripts import Claimed
from shared.jobs.submission import Jobs
from shared.jobs.testing.due import bring_forward as bring_forward

WORKER = "drain"
_NEVER_EXPIRES = 2**40


class Runtime(Protocol):
    """What draining needs of a ServiceRuntime."""

    @property
    def jobs(self) -> Jobs: ...
    @property
    def broker(self) -> MillraceBroker: ...
    @property
    def resources(self) -> dict[type, object]: ...


class JobFailed(PlatformError):
    """An attempt failed while a test had asked to be told; the message holds the job's own traceback."""

    def __init__(self, ran: "Ran", failure: Failure) -> None:
        super().__init__(f"{ran.name} ({ran.id}): {failure.type}: {failure.message}\n{failure.traceback}")
        self.ran = ran
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Ran:
    """One attempt: whose, which (from 1), and how it ended."""

    id: JobId
    name: str
    attempt: int
    outcome: Outcome

    @property
    def word(self) -> str:
        """The outcome in the vocabulary of states; released, dropped and lost for attempts that changed nothing."""
        match self.outcome:
            case Done():
                return "completed"
            case Again():
                return "retrying" if self.outcome.counts else "scheduled"
            case Buried():
                return "dead"
            case Cancelled():
                return "cancelled"
            case Expired():
                return "expired"
            case Released():
                return "released"
            case Obsolete():
                return "dropped"
            case Lost():
                return "lost"


@dataclass(frozen=True, slots=True)
class Drained:
    """Every attempt of a drain, in the order they ran."""

    ran: tuple[Ran, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many attempts ended in each way, for example {"completed": 2, "retrying": 1}."""
        return dict(Counter(each.word for each in self.ran))

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcomes alone."""
        return [each.outcome for each in self.ran]


def drain(
    runtime: Runtime,
    queue: str | None = None,
    *,
    limit: int = 1000,
    with_scheduled: bool | datetime = False,
    raise_errors: bool = False,
) -> Drained:
    """Claim and run all that may start, of one queue or all, until nothing may or `limit` attempts have run.

    What jobs submit is run as well. `with_scheduled` also runs what is due later, retries included: True all of it,
    an instant what is due until then. Afterwards every row says how its job stands. Time limits are not enforced.

    Raises:
        JobFailed: an attempt failed and `raise_errors` is set; the attempt's outcome is written first.
        NotReady: claims are closed; reconcile_once opens them.
    """
    queues = _chosen(runtime.jobs, queue)
    ran: list[Ran] = []
    try:
        while len(ran) < limit:
            before, identity = len(ran), _identity(runtime.jobs)
            for name in queues:
                for claimed in _claim(runtime.jobs, name, identity) if len(ran) < limit else ():
                    ran.append(_attempt(runtime, claimed))
                    _raise_failure(ran[-1], is_wanted=raise_errors)
            is_idle = len(ran) == before
            if is_idle and (_settle(runtime.jobs) or _lines_move(runtime)):
                continue  # what waited for other jobs may start by now
            if is_idle and not (with_scheduled and bring_forward(runtime.jobs, queues, until=_until(with_scheduled))):
                break
    finally:
        record(runtime)
    return Drained(tuple(ran))


def _lines_move(runtime: Runtime) -> bool:
    """True when jobs that had waited for others of their sequence may start now."""
    record(runtime)
    return advance(runtime.jobs) > 0


def record(runtime: Runtime) -> None:
    """Bring PostgreSQL up to date with the index, as the scheduler role does: outcomes, attempts, live states."""
    jobs = runtime.jobs
    _settle(jobs)
    writer = LedgerWriter(jobs, WORKER)
    stream = jobs.scripts.keys.of("events")
    while not _is_history_read(jobs, stream):
        writer.run_once()


def _settle(jobs: Jobs) -> bool:
    """Commit every outcome record; False when there was none."""
    is_any = False
    with store_errors():
        while jobs.scripts.client.zcard(jobs.scripts.keys.of("unsettled")):
            is_any = True
            settle_once(jobs)
    return is_any


def lift_limits(runtime: Runtime) -> None:
    """Let this index's queues start any number of jobs at once and per minute; pauses stay."""
    with runtime.jobs.database.unit_of_work() as work:
        paused = {setting.queue: setting.is_paused for setting in queue_settings.read(work)}
    for queue in runtime.jobs.catalogue.queues:
        runtime.jobs.scripts.configure(
            queue, version=_NEVER_EXPIRES, is_paused=paused.get(queue, False), max_running=0, rate=0, window_ms=0
        )


def _chosen(jobs: Jobs, queue: str | None) -> list[str]:
    known = sorted(jobs.catalogue.queues)
    if queue is not None and queue not in known:
        raise UnknownQueue(
            f"{jobs.service} has no queue {queue[:60]!r}; allowed: {', '.join(known)}", field="queue", allowed=known
        )
    return known if queue is None else [queue]


def _identity(jobs: Jobs) -> str:
    with jobs.database.unit_of_work() as work:
        return str(work.connection.execute(sa.text("SELECT identity FROM redis_identity")).scalar() or "")


def _claim(jobs: Jobs, queue: str, identity: str) -> tuple[Claimed, ...]:
    """One job at a time, so that each next one is the best of what waits then."""
    jobs.settle()
    claim = jobs.scripts.claim({queue: 1}, identity=identity, request=secrets.token_hex(16), worker=WORKER)
    if claim.is_closed:
        raise NotReady(f"claims of {jobs.service} are closed: this Redis is not reconciled; call reconcile_once")
    return claim.jobs


def _attempt(runtime: Runtime, claimed: Claimed) -> Ran:
    running = Running(claimed.held)
    attempt = Attempt(runtime.jobs, runtime.broker, runtime.resources, WORKER, claimed, running)
    outcome = run_attempt(attempt)
    return Ran(JobId(claimed.held.id), running.job, claimed.attempt, outcome)


def _raise_failure(ran: Ran, *, is_wanted: bool) -> None:
    if not is_wanted:
        return
    match ran.outcome:
        case Again(failure=Failure() as failure) | Buried(failure=failure):
            raise JobFailed(ran, failure)
        case Lost():
            raise JobFailed(ran, Failure("LeaseLost", ran.outcome.reason, ""))


def _until(with_scheduled: bool | datetime) -> datetime | None:
    return with_scheduled if isinstance(with_scheduled, datetime) else None


def _is_history_read(jobs: Jobs, stream: str) -> bool:
    with store_errors():
        newest = jobs.scripts.client.xrevrange(stream, count=1)
        groups = jobs.scripts.client.xinfo_groups(stream) if newest else []
    if not newest:
        return True
    return any(group["name"] == GROUP.encode() and group["last-delivered-id"] == newest[0][0] for group in groups)
