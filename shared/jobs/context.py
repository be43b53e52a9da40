"""Owns what a job function sees of the platform. It must never outlive its attempt."""

import asyncio
import functools
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import structlog

from shared import clock
from shared.db import UnitOfWork
from shared.errors import InvalidArgument, LeaseLost, StoreUnavailable
from shared.jobs import effects, result_cache, steps
from shared.jobs.admission import Request
from shared.jobs.coroutines import Coroutines
from shared.jobs.crash_points import crash_point
from shared.jobs.cursors import Cursor
from shared.jobs.definitions import Arguments, JobDefinition
from shared.jobs.dependencies import Dependency
from shared.jobs.exchange.outbox import MessageId, submit_to
from shared.jobs.flows.begun import BeginsFlows
from shared.jobs.held_locks import HoldsLocks
from shared.jobs.ledger.records import JobId
from shared.jobs.messages import Envelope
from shared.jobs.progress import INTERVAL_SECONDS, Report, Stages
from shared.jobs.scripts import Claimed
from shared.jobs.submission import Jobs, submit
from shared.jobs.times import Times
from shared.jobs.uniqueness import Unique

if TYPE_CHECKING:
    from shared.jobs.running import Running

T = TypeVar("T")
P = ParamSpec("P")
#: Namespace of the ids that children derive from (parent, generation, key): a repeated attempt submits them once.
_CHILDREN = uuid.UUID("6f2c6a2e-6d1c-5d5b-9e0a-2c8a7c1e4b10")


class JobContext(BeginsFlows, HoldsLocks):
    """One attempt of one job, as its function sees it."""

    def __init__(
        self, jobs: Jobs, claimed: Claimed, envelope: Envelope, running: "Running", resources: dict[type, object]
    ) -> None:
        self._jobs = jobs
        self._held = claimed.held
        self._claimed = claimed
        self._stages: Stages | None = None
        self._cursors: list[Cursor] = []
        self._kept_locks = []
        self._running = running
        self._resources = resources
        self._final: UnitOfWork | None = None
        self._progress_at = float("-inf")
        self.id = JobId(claimed.held.id)
        self.name = envelope.actor_name
        self.queue, self.attempt = envelope.queue_name, claimed.attempt
        self.attempts_max = envelope.options.attempts_max
        self._options = envelope.options

    @property
    def created_at(self) -> datetime:
        """When the job was accepted."""
        return clock.from_epoch_ms(self._options.created_ms)

    @property
    def tick(self) -> datetime:
        """The scheduled instant this job stands for; when it was accepted, for a job without a schedule."""
        return clock.from_epoch_ms(self._options.tick_ms or self._options.created_ms)

    @property
    def deadline(self) -> datetime:
        """When this attempt will be interrupted."""
        return clock.now() + timedelta(seconds=self._running.deadline - clock.monotonic())

    @property
    def log(self) -> Any:
        """A logger for events; the job's identity is bound to every line."""
        return structlog.get_logger(self.name)

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this generation; hand it to outside systems that deduplicate."""
        return f"{self.id}:{self._held.generation}"

    @property
    def is_cancelled(self) -> bool:
        """True once this attempt should end: cancelled, lease lost, or the worker is stopping for good."""
        return self._running.is_cancelled.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait, but wake at once when the attempt is cancelled. Raises LeaseLost then.

        Not for coroutines, where it would stop every other one: they await asyncio.sleep().
        """
        if asyncio._get_running_loop() is not None:  # the public spelling answers by raising
            raise RuntimeError("ctx.sleep() would block the event loop; use: await asyncio.sleep(seconds)")
        if self._running.is_cancelled.wait(seconds):
            raise LeaseLost("the attempt was cancelled while it waited")

    async def off_loop(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In an `async def` job: run what blocks in a thread and await it, interrupted when the job is.

        Every method here waits for a store, most for under a millisecond: progress() may be called as it is; give
        unit_of_work(), transaction(), step(), submit(), lock() and drivers of your own to this one:
        `await ctx.off_loop(save, ctx, prices)`.
        """
        return await Coroutines.of(self._resources).off_loop(self._running, function, *args, **kwargs)

    def resource(self, kind: type[T]) -> T:
        """What the service made at boot, by its type."""
        found = self._resources.get(kind)
        if not isinstance(found, kind):
            raise InvalidArgument(f"this service has no {kind.__name__}; see Service.resources", field="kind")
        return found

    def progress(self, done: float, total: float = 100, note: str = "", *, data: dict[str, Any] | None = None) -> None:
        """Report `done` of `total` units, and an object of up to 4 KiB; readers also see an estimated end.

        Sent at most five times a second; of what comes faster the newest is sent a moment later, the last one at once.
        """
        self._report(Report(done, total, note, data=data))

    def stages(self, *names: str) -> None:
        """Name the stages of this attempt, in their order; `stage` then reports within one of them."""
        self._stages = Stages(names)

    def stage(self, name: str, done: float = 0, total: float = 100, note: str = "") -> None:
        """Report `done` of `total` units of a stage; none begins again. Raises InvalidArgument for an earlier one."""
        if self._stages is None:
            raise InvalidArgument("name the stages first: ctx.stages(…)", field="stage")
        self._report(self._stages.report(name, done, total, note))

    def _report(self, report: Report) -> None:
        claimed, running = self._claimed, self._running
        running.hear()
        encoded = report.encoded(began_ms=claimed.started_ms, now_ms=claimed.now_ms())
        send = functools.partial(self._send, encoded, report.done)
        if report.done < report.total and clock.monotonic() - self._progress_at < INTERVAL_SECONDS:
            running.unsent = functools.partial(self._send_late, send)
            return
        if send() == 0:
            raise LeaseLost(f"job {self.id} is no longer this attempt's")

    def _send(self, encoded: str, done: float) -> int:
        self._running.unsent = None
        self._progress_at = clock.monotonic()
        try:
            return self._jobs.scripts.progress(self._held, encoded, done=done)
        except StoreUnavailable as error:  # progress informs; the work itself need not wait for Redis
            self.log.debug("progress not reported", error=str(error))
            return 1

    def _send_late(self, send: Callable[[], int]) -> None:
        """From the heartbeat, when no newer report came."""
        if clock.monotonic() - self._progress_at >= INTERVAL_SECONDS:
            send()

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        """A short transaction of its own, for reads and for writes that may be repeated."""
        return self._jobs.database.unit_of_work()

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """The attempt's one final transaction: it commits together with the outcome after the function has returned.

        No network call belongs inside. A second one raises RuntimeError; so does a return value that is no JSON.
        """
        if self._final is not None:
            raise RuntimeError("a job has one unit_of_work(); use step() or transaction() for what comes before")
        work = self._jobs.database.begin()
        self._final = work
        try:
            yield work
        except BaseException:
            work.rollback()
            raise

    def step(self, name: str, action: Callable[[UnitOfWork], T]) -> T:
        """Run `action` and commit its JSON value under `name`; a later attempt gets the value without running it."""
        self._running.hear()
        place = effects.Place(self.id, self._held.generation, name)
        with self.transaction() as work:
            known = steps.kept(work, place)
            if known is not None:
                stored: T = known.value
                return stored
            value = action(work)
            steps.keep(work, place, value)
            for cursor in self._cursors:
                cursor.save(work)
            crash_point("step.written")
        crash_point("step.committed")
        self._running.hear()
        return value

    def cursor(self, name: str) -> Cursor:
        """How far the job has come, over all its attempts: read `value`, then `move` it."""
        place = effects.Place(self.id, self._held.generation, name)
        cursor = Cursor(self._jobs.database, place, claimed_ms=self._claimed.started_ms, hear=self._running.hear)
        self._cursors.append(cursor)
        return cursor

    def cached(self, key: str, compute: Callable[[], T], *, ttl: timedelta) -> T:
        """The JSON value that a job of this service kept under `key`, or what `compute` returns, kept for `ttl`."""
        return result_cache.cached(self._jobs.database, key, compute, ttl=ttl)

    def effect(
        self,
        name: str,
        action: Callable[[str], T],
        *,
        find: Callable[[str], T | None] | None = None,
        is_repeatable: bool = True,
    ) -> T:
        """Do something outside (charge, send) and keep its JSON result; a later attempt gets it without doing it again.

        `action` gets an idempotency key: the same for every attempt, and after a requeue of a job that had not
        completed. A row is committed before the call. An attempt that finds one without a result asks `find(key)` if
        there is one (None = it did not happen), then calls `action` again under the same key; with is_repeatable=False
        and no `find` it raises EffectUnknown: the job is dead until somebody has looked. NothingHappened undoes it.
        """
        if self._final is not None:
            raise RuntimeError("effect() calls the outside world: it belongs before unit_of_work(), not inside")
        if not self._options.is_durable:
            raise InvalidArgument("a job with durable=False keeps no row, so it has no effect()", field="durable")
        place = effects.Place(self.id, self._held.generation, effects.checked_name(name))
        return effects.perform(self._jobs.database, place, action, find=find, is_repeatable=is_repeatable)

    def submit(
        self,
        definition: JobDefinition[Any, Any] | str,
        args: Arguments | dict[str, Any],
        *,
        key: str,
        queue: str | None = None,
        priority: int | None = None,
        scheduled_for: datetime | None = None,
        group: str | None = None,
        depends_on: Sequence[Dependency | str] = (),
        min_success_ratio: float | Decimal | None = None,
        unique_key: str | None = None,
        unique: Unique | None = None,
        sequence: str | None = None,
        timeout: timedelta | None = None,
        times: Times | None = None,
    ) -> JobId:
        """Submit a child. `key` names it within this job: a repeated attempt submits it once (rule 12).

        Inside unit_of_work() it commits with it; else at once. A unique child may be there already: its id is returned.
        """
        child = JobId(str(uuid.uuid5(_CHILDREN, f"{self.id}:{self._held.generation}:{key}")))
        return submit(
            self._jobs, definition, args, queue=queue, priority=priority, scheduled_for=scheduled_for,
            group=group, depends_on=depends_on, min_success_ratio=min_success_ratio, unique_key=unique_key,
            unique=unique, sequence=sequence, timeout=timeout, times=times, within=self._final,
            request=Request(id=child, parent_id=self.id),
        ).id  # fmt: skip

    def submit_to(
        self,
        peer: str,
        job: str,
        args: Arguments | dict[str, Any],
        *,
        key: str,
        queue: str | None = None,
        priority: int | None = None,
        scheduled_for: datetime | None = None,
    ) -> MessageId:
        """Have another service run a job of its own, through the outbox. `key` names it within this job, as in submit.

        Inside unit_of_work() it commits with it; else at once. See shared.jobs.submit_to for what is refused when.
        """
        return submit_to(
            self._jobs, peer, job, args, key=f"{self.id}:{self._held.generation}:{key}", queue=queue,
            priority=priority, scheduled_for=scheduled_for, within=self._final,
        )  # fmt: skip

    def take_final(self) -> UnitOfWork | None:
        """The open final transaction, for the runtime to end."""
        return self._final
