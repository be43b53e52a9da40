"""Owns one measurement's surroundings: fresh stores, the programs on them, their marks.

It must never outlive its block.
"""

import itertools
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from redis import Redis

from shared.db import migrations
from tools.benchmarks import marks, orders, usage
from tools.benchmarks.engines import Engine
from tools.benchmarks.orders import Answer, Order
from tools.benchmarks.service import SCHEMA
from tools.environment import ROOT
from tools.stores import PostgresServer, ValkeyServer
from tools.stores.clusters import plain_environment
from tools.stores.spawning import Launch, spawn
from tools.stores.temporary import start_on_any_port, temporary_folder
from tools.stores.waiting import tail

SLOTS = 10
POLL_SECONDS = 0.005
STOP_SECONDS = 10.0
#: A measurement in which nothing happens for this long has failed.
SILENCE_SECONDS = 60.0
#: Quiet = less than this share of one core over this long.
QUIET_SHARE = 0.1
QUIET_SECONDS = 2.0
QUIET_WITHIN_SECONDS = 600.0
MEMORY = Path("/dev/shm")  # noqa: S108  # marks go where no disk decides how fast an engine is
PASSWORD = "bench"  # noqa: S105  # of throw-away servers on loopback
ROLE = f"millrace_{SCHEMA}"


class MeasurementFailed(Exception):
    """A program under test ended, hung or refused; the message holds the end of its log."""


class Child:
    """One program under test."""

    def __init__(self, role: str, process: subprocess.Popen[bytes], log: Path, order: Path) -> None:
        self.role = role
        self.process = process
        self.log = log
        self.order = order
        #: False once its end is part of the measurement.
        self.must_live = True

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def check(self) -> None:
        """Raise MeasurementFailed when it has ended but should not."""
        if self.must_live and self.process.poll() is not None:
            raise MeasurementFailed(f"{self.role} ended with exit code {self.process.returncode}:\n{tail(self.log)}")

    def finish(self, seconds: float) -> None:
        """Wait for its good end."""
        self.must_live = False
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise MeasurementFailed(f"{self.role} did not end within {seconds:.0f} s:\n{tail(self.log)}") from error
        if code != 0:
            raise MeasurementFailed(f"{self.role} ended with exit code {code}:\n{tail(self.log)}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.must_live = False
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it, gently first."""
        self.must_live = False
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            self.process.send_signal(signal_number)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue


class Arena:
    """Fresh stores for one engine. Use it as a context manager."""

    slots = SLOTS

    def __init__(self, engine: Engine, ground: "Ground", *, limit: int = 0) -> None:
        self.engine = engine
        self._ground = ground
        self._limit = limit
        self._folder = ground.folder / f"m{next(ground.numbers)}"
        self._children: list[Child] = []
        self.marks = ground.marks_folder / f"{ground.folder.name}-{self._folder.name}.marks"

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700)
        self.marks.touch(mode=0o600)
        data = self._folder / "valkey"
        self.valkey = start_on_any_port(lambda port: ValkeyServer(data, port=port, password=PASSWORD))
        try:
            self._redis = Redis.from_url(self.valkey.url())
            self.database_url = self._ground.fresh_database(self.engine)
            self.order = Order(
                redis_url=self.valkey.url(), database_url=self.database_url, marks=str(self.marks), slots=SLOTS,
                limit=self._limit, is_durable=self.engine.is_durable,
            )  # fmt: skip
            if self.engine.is_prepared:
                self._start("prepare", self.order).finish(SILENCE_SECONDS)
            for role in self.engine.companions:
                self._start(role, self.order)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        for child in reversed(self._children):
            child.stop()
        self.valkey.stop()
        self._ground.drop_database()
        self.marks.unlink(missing_ok=True)

    def _start(self, role: str, order: Order) -> Child:
        number = len(self._children)
        path = self._folder / f"{number}-{role}.order"
        orders.write(order, path)
        log = path.with_suffix(".log")
        process = spawn(
            Launch(
                command=[*self.engine.command, role, str(path)],
                cwd=ROOT,
                log=log,
                environment=plain_environment(),
            )
        )
        child = Child(f"{self.engine.name} {role}", process, log, path)
        self._children.append(child)
        return child

    def work(self) -> Child:
        """Start one worker process."""
        return self._start("work", self.order)

    def produce(
        self, count: int, *, first: int = 0, in_bulk: bool = False, spacing_ms: float = 0, due_ns: int = 0,
        pause_ms: int = 0, seconds: float = 600,
    ) -> Answer:  # fmt: skip
        """Run one producer to its end."""
        order = replace(
            self.order, count=count, first=first, in_bulk=in_bulk, spacing_ms=spacing_ms, due_ns=due_ns,
            pause_ms=pause_ms,
        )  # fmt: skip
        child = self._start("produce", order)
        child.finish(seconds)
        return orders.read_answer(child.order)

    def wait_for_marks(self, wanted: int) -> None:
        """Until that many jobs have started."""
        self.wait_until(lambda: marks.count(self.marks) >= wanted, progress=lambda: marks.count(self.marks))

    def wait_until(
        self, is_reached: Callable[[], bool], *, progress: Callable[[], object], poll_seconds: float = POLL_SECONDS
    ) -> None:
        """Poll; fails when a program has ended or `progress` has not changed for a minute."""
        last, changed_at = progress(), time.monotonic()
        while not is_reached():
            time.sleep(poll_seconds)
            now = progress()
            if now != last:
                last, changed_at = now, time.monotonic()
                continue
            for child in self._children:
                child.check()
            if time.monotonic() - changed_at > SILENCE_SECONDS:
                logs = "\n".join(tail(child.log, 4) for child in self._children)
                raise MeasurementFailed(f"nothing happened for {SILENCE_SECONDS:.0f} s (at {last}):\n{logs}")

    def wait_until_quiet(self) -> None:
        """Until stores and companions have worked off what a producer left them, or ten minutes have passed."""
        deadline = time.monotonic() + QUIET_WITHIN_SECONDS
        used = self._background_cpu()
        while time.monotonic() < deadline:
            time.sleep(QUIET_SECONDS)
            before, used = used, self._background_cpu()
            if used - before < QUIET_SHARE * QUIET_SECONDS:
                return

    def _background_cpu(self) -> float:
        return self.store_cpu() + self.postgres_cpu() + self.companions_cpu()

    def store_cpu(self) -> float:
        """CPU seconds of the store in which the engine's jobs wait."""
        if self.engine.is_on_postgres:
            return self.postgres_cpu()
        facts = self._redis.info("cpu")
        return float(facts["used_cpu_user"]) + float(facts["used_cpu_sys"])

    def postgres_cpu(self) -> float:
        """CPU seconds of every PostgreSQL process."""
        return usage.cpu_seconds(self._ground.postgres.pid or 0)

    def redis_bytes(self) -> int:
        """Memory that Valkey uses for its data."""
        return int(self._redis.info("memory")["used_memory"])

    def companions_cpu(self) -> float:
        """CPU seconds of the roles beside the workers."""
        kinds = tuple(f" {role}" for role in self.engine.companions)
        return sum(usage.cpu_seconds(child.pid) for child in self._children if kinds and child.role.endswith(kinds))


@dataclass(slots=True)
class Ground:
    """What all measurements share: one PostgreSQL with fsync, a migrated template, folders."""

    folder: Path
    marks_folder: Path
    postgres: PostgresServer
    numbers: Iterator[int]
    #: Of the arenas that are open, the innermost last.
    _databases: list[str] = field(default_factory=list)

    def arena(self, engine: Engine, *, limit: int = 0) -> Arena:
        """Surroundings for one measurement."""
        return Arena(engine, self, limit=limit)

    def fresh_database(self, engine: Engine) -> str:
        """An empty database for the engine, the newest."""
        name = f"bench_{next(self.numbers)}"
        is_own = not engine.is_on_postgres
        with self._admin() as admin:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            template = sql.Identifier("bench_template" if is_own else "template1")
            admin.execute(statement.format(sql.Identifier(name), template))
            admin.execute("CHECKPOINT")
        self._databases.append(name)
        return self.service_url(name) if is_own else self.postgres.url(database=name)

    def drop_database(self) -> None:
        """Remove the newest database."""
        if self._databases:
            with self._admin() as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self._databases.pop())))

    def service_url(self, database: str) -> str:
        """A database's URL for the service's own role."""
        return self.postgres.url(database=database, user=ROLE, password=PASSWORD)

    def _admin(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.postgres.url(), autocommit=True)


@contextmanager
def open_ground() -> Iterator[Ground]:
    """PostgreSQL with fsync on, and the ledger migrated once; everything is gone afterwards."""
    with temporary_folder("millrace-bench-") as folder:
        data = folder / "postgres"
        server = start_on_any_port(lambda port: PostgresServer(data, port=port, password=PASSWORD))
        marks_folder = MEMORY if MEMORY.is_dir() else folder
        ground = Ground(folder, marks_folder, server, itertools.count(1))
        try:
            server.ensure_database("bench_template")
            url = ground.service_url("bench_template")
            migrations.prepare(server.url(database="bench_template"), url, SCHEMA)
            migrations.upgrade(url, SCHEMA)
            yield ground
        finally:
            server.stop()
