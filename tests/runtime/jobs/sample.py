"""Owns a small service declared in code, and a bench to try it on. It must never be found by a product's discovery."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from dramatiq import Middleware

from shared import clock
from shared.bootstrap import Service, ServiceRuntime
from shared.bootstrap.scheduler import declare
from shared.db import Database
from shared.jobs import (
    Arguments,
    Catalogue,
    Job,
    JobContext,
    JobDefinition,
    JobId,
    Jobs,
    Queue,
    fixed,
    job,
    seconds,
    submit,
)
from shared.jobs.attempts import Attempt, run_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import connect
from shared.jobs.entries import Entry
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.index_reads import entries_of
from shared.jobs.ledger import queries
from shared.jobs.ledger.records import events_from_stream
from shared.jobs.maintenance.ledger_writer import LedgerWriter
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.outcomes import Outcome
from shared.jobs.running import Running
from shared.jobs.scripts import Claimed, Scripts
from shared.jobs.worker import ServiceWorker
from shared.settings import ServiceSettings

#: The schema of a real service lends its ledger; nothing else of that service is here.
NAME = "market_data"
WORK = Queue("work", slots=4)
SIDE = Queue("side", slots=1)
SERVICE = Service(name=NAME, settings=ServiceSettings, queues=(WORK, SIDE))
#: Rows that something else is at work on are left out: this one knows nothing of the order in which others lock.
AGE_JOBS = """UPDATE job SET created_at = created_at - make_interval(secs => :seconds)
              WHERE id IN (SELECT id FROM job FOR UPDATE SKIP LOCKED)"""


class Play(Arguments, frozen=True):
    """What the sample jobs take."""

    number: int = 0
    note: str = ""


Act = Callable[[JobContext, Play], Any]


@dataclass
class Stage:
    """What the sample jobs do; a test sets it and reads who ran."""

    act: Act = lambda ctx, args: {"number": args.number}
    runs: list[tuple[JobId, int, int]] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """The jobs' numbers in the order they started."""
        return [number for _, _, number in self.runs]

    def perform(self, ctx: JobContext, args: Play) -> Any:
        self.runs.append((ctx.id, ctx.attempt, args.number))
        return self.act(ctx, args)


@job(queue=WORK, name="play", timeout=seconds(30), attempts=3, backoff=fixed(60))
def play(ctx: JobContext, args: Play) -> Any:
    """Does what the test says."""
    return ctx.resource(Stage).perform(ctx, args)


@job(queue=SIDE, name="play-aside", timeout=seconds(30), attempts=3, backoff=fixed(60))
def play_aside(ctx: JobContext, args: Play) -> Any:
    """Does what the test says, on a queue of one slot."""
    return ctx.resource(Stage).perform(ctx, args)


@job(queue=WORK, name="play-once", timeout=seconds(0.3), attempts=1)
def play_once(ctx: JobContext, args: Play) -> Any:
    """Has one attempt of 300 ms."""
    return ctx.resource(Stage).perform(ctx, args)


DEFINITIONS = (play, play_aside, play_once)


def catalogue_of(
    queues: Sequence[Queue] = SERVICE.queues, *, more: Sequence[JobDefinition[Any, Any]] = ()
) -> Catalogue:
    """The sample's jobs, and more, on these queues."""
    return Catalogue(SERVICE.display, (*DEFINITIONS, *more), tuple(queues), attempts=3, backoff=fixed(60))


def jobs_of(
    database: Database,
    redis_url: str,
    *,
    queues: Sequence[Queue] = SERVICE.queues,
    more: Sequence[JobDefinition[Any, Any]] = (),
) -> Jobs:
    """The sample's jobs, and more, on these stores; nothing is touched yet."""
    return Jobs(catalogue_of(queues, more=more), database, Scripts(connect(redis_url, name="test"), SERVICE.display))


def open_bench(jobs: Jobs, *, middleware: Sequence[Middleware] = ()) -> "Bench":
    """A bench on stores that are declared and reconciled, so that claims are open."""
    stage = Stage()
    broker = MillraceBroker(jobs.catalogue, middleware=middleware)
    bench = Bench(ServiceRuntime(SERVICE, None, jobs.database, jobs, broker, {Stage: stage}), stage)
    declare(bench.runtime)
    reconcile_once(jobs)
    bench.sql("CREATE TABLE IF NOT EXISTS effect (number integer NOT NULL)")
    return bench


@dataclass(frozen=True, slots=True)
class Bench:
    """The sample on real stores, turned by hand."""

    runtime: ServiceRuntime
    stage: Stage

    @property
    def jobs(self) -> Jobs:
        return self.runtime.jobs

    @property
    def scripts(self) -> Scripts:
        """The index, with everything in it that has been submitted: pushes travel while submit returns."""
        self.jobs.settle()
        return self.jobs.scripts

    @property
    def redis(self) -> Any:
        """Redis, with everything in it that has been submitted."""
        return self.scripts.client

    def submit(self, number: int = 0, **options: Any) -> Job:
        """One `play`."""
        return submit(self.jobs, play, Play(number=number), **options)

    def claim(self, count: int = 100, *, queue: str = WORK.name) -> tuple[Claimed, ...]:
        """Lease what may start now."""
        identity = self.sql("SELECT identity FROM redis_identity")[0][0]
        claim = self.scripts.claim({queue: count}, identity=identity, request=secrets.token_hex(16), worker="by-hand")
        assert not claim.is_closed
        return claim.jobs

    def attempt(self, claimed: Claimed) -> Outcome:
        """Run one claimed job."""
        running = Running(claimed.held, deadline=clock.monotonic() + 60)
        return run_attempt(Attempt(self.jobs, self.runtime.broker, self.runtime.resources, "by-hand", claimed, running))

    def run(self, *, queue: str = WORK.name) -> list[Outcome]:
        """Claim what may start now and run it, one after the other."""
        return [self.attempt(claimed) for claimed in self.claim(queue=queue)]

    def make_due(self) -> None:
        """The time of every delayed job has come."""
        self._pass("delayed")

    def expire_leases(self) -> None:
        """Every lease ended long ago."""
        self._pass("running")

    def _pass(self, place: str) -> None:
        for queue in self.jobs.catalogue.queues:
            key = self.jobs.scripts.keys.of_queue(queue, place)
            for name in self.redis.zrange(key, 0, -1):
                self.redis.zadd(key, {name: 1})

    def settle(self) -> None:
        """Commit every outcome record."""
        while self.redis.zcard(self.jobs.scripts.keys.of("unsettled")):
            settle_once(self.jobs)

    def write_history(self, consumer: str = "by-hand") -> None:
        """Apply every event there is."""
        writer = LedgerWriter(self.jobs, consumer)
        newest = self.redis.xrevrange(self.jobs.scripts.keys.of("events"), count=1)[0][0]
        while True:
            writer.run_once()
            group = self.redis.xinfo_groups(self.jobs.scripts.keys.of("events"))[0]
            if group["last-delivered-id"] == newest and group["pending"] == 0:
                return

    def row(self, job_id: str) -> Job:
        """The ledger row alone."""
        with self.jobs.database.unit_of_work() as work:
            found = queries.get(work, job_id)
        assert found is not None
        return found

    def sql(self, text: str, **values: object) -> list[Any]:
        """One committed statement; its rows."""
        with self.jobs.database.unit_of_work() as work:
            result = work.connection.execute(sa.text(text), values)
            return list(result) if result.returns_rows else []

    def age(self, *, seconds: int = 60) -> None:
        """Every row was submitted that long ago, so that the relay may have it."""
        self.sql(AGE_JOBS, seconds=seconds)

    def cancel(self, job_id: str) -> None:
        """What a cancel commits to PostgreSQL; the index has not heard of it yet."""
        self.sql("UPDATE job SET state = 'cancelled', finished_at = clock_timestamp() WHERE id = :id", id=job_id)

    def entry(self, job_id: str) -> Entry | None:
        """The entry of a job; None when it has none or only a tombstone."""
        [entry] = entries_of(self.scripts, [job_id])
        return None if entry is None or entry.is_tomb else entry

    def state(self, job_id: str) -> str:
        """The state of a job's entry; empty without one."""
        entry = self.entry(job_id)
        return entry.state if entry else ""

    def kinds(self, job_id: str) -> list[str]:
        """The kinds of a job's events, oldest first."""
        entries = self.redis.xrange(self.jobs.scripts.keys.of("events"))
        events = [event for entry in entries for event in events_from_stream(*entry)]
        return [event.kind for event in events if event.job_id == job_id]

    def snapshot(self) -> dict[bytes, bytes]:
        """Everything the index holds."""
        return {key: self.redis.dump(key) for key in self.redis.scan_iter()}

    def cut_connections(self) -> None:
        """PostgreSQL ends every connection of this database but the one that asks."""
        self.jobs.database.listen().execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).connection.close()

    def effects(self) -> list[int]:
        """What jobs wrote into the service's own table."""
        return [row[0] for row in self.sql("SELECT number FROM effect ORDER BY number")]


def write_effect(work: Any, number: int) -> None:
    """A domain write in somebody's transaction."""
    work.connection.execute(sa.text("INSERT INTO effect VALUES (:number)"), {"number": number})


@contextmanager
def at_work(bench: Bench, *, name: str = "test-worker", slots: dict[str, int] | None = None) -> Iterator[ServiceWorker]:
    """A real worker with its heartbeat; drained at the end."""
    sizes = slots or {queue.name: queue.slots for queue in bench.jobs.catalogue.queues.values()}
    worker = ServiceWorker(bench.jobs, bench.runtime.broker, bench.runtime.resources, name=name, slots=sizes)
    heartbeat = Heartbeat([worker])
    heartbeat.start()
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(1)
        heartbeat.stop()


def hold_until(released: threading.Event) -> Act:
    """A job body that runs Python until released, so that it can be interrupted; then it returns."""

    def act(_ctx: JobContext, args: Play) -> Any:
        while not released.wait(0.005):
            pass
        return {"number": args.number}

    return act


def is_blocked(bench: Bench, command: str = "blpop") -> bool:
    """True while a connection of the bench waits in Redis for something to happen."""
    database = bench.redis.connection_pool.connection_kwargs.get("db", 0)
    clients = bench.redis.client_list()
    return any(one["cmd"] == command and "b" in one["flags"] and one["db"] == str(database) for one in clients)


def location(bench: Bench) -> str:
    """The URL of the bench's index."""
    where: dict[str, Any] = bench.redis.connection_pool.connection_kwargs
    return f"redis://:{where['password']}@{where['host']}:{where['port']}/{where['db']}"
