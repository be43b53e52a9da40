"""Owns one embedded PostgreSQL server on loopback TCP. It must never end a postmaster with SIGKILL."""

import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tools.stores import accounts, binaries, ports
from tools.stores.clusters import STOP_SECONDS, SUPERUSER, Cluster, plain_environment
from tools.stores.errors import PortTaken, StoreFailed
from tools.stores.spawning import Launch, spawn
from tools.stores.waiting import tail, wait_until_ready

START_SECONDS = 60.0
SETTINGS = (
    *("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "shared_buffers=64MB"),
    *("password_encryption=scram-sha-256", "timezone=UTC", "log_timezone=UTC"),
)
FOR_TESTS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
PIDFILE_STATUS_LINE = 7


class PostgresServer:
    """A data folder and the server on it.

    `durable=False` is for tests: faster, and broken by a power cut. `password_is_new` says that an existing cluster has
    another password, which was lost.
    """

    name = "PostgreSQL"

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int,
        password: str,
        durable: bool = True,
        password_is_new: bool = False,
        log_file: Path | None = None,
    ) -> None:
        self.port = port
        self.log_file = log_file or data_dir.with_name(data_dir.name + ".log")
        self._password = password
        self._durable = durable
        self._password_is_new = password_is_new
        account = accounts.unprivileged()
        programs = binaries.postgres_programs(account)
        self.cluster = Cluster(accounts.data_folder(data_dir, account), programs, account)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def version(self) -> str:
        return self.cluster.programs.version

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, seconds: float = START_SECONDS) -> None:
        """Make the cluster if there is none, start the server and wait until it answers."""
        self.prepare()
        deadline = time.monotonic() + seconds
        while True:
            self.launch()
            try:
                wait_until_ready(self, max(1.0, deadline - time.monotonic()))
            except StoreFailed:
                # After a kill -9 the dead server's children hold the shared memory for some moments.
                if "still in use" in tail(self.log_file, 4) and time.monotonic() < deadline:
                    continue
                self.stop()
                raise
            return

    def prepare(self) -> bool:
        """Stop what an earlier run left, and make the cluster if there is none; True when it was made now."""
        self.stop_leftover()
        made = self.cluster.ensure(self._password, durable=self._durable)
        if not made and self._password_is_new:
            self.cluster.set_password(self._password)
            self._password_is_new = False
        return made

    def stop_leftover(self) -> None:
        self.cluster.stop_leftover()

    def launch(self) -> None:
        """Start without waiting; ask `is_ready` and `exit_code` from then on."""
        if self._process is not None:
            self._process.poll()  # Until it is reaped a dead child of ours still looks alive to its successor.
        if not ports.is_free(self.port):
            raise PortTaken(f"port {self.port} for PostgreSQL is taken by another program")
        settings = (*SETTINGS, f"port={self.port}", *(() if self._durable else FOR_TESTS))
        options = [part for setting in settings for part in ("-c", setting)]
        self._process = spawn(
            Launch(
                command=[self.cluster.programs.program("postgres"), "-D", str(self.cluster.folder), *options],
                cwd=self.cluster.folder,
                log=self.log_file,
                environment=plain_environment(),
                when_orphaned=signal.SIGINT,
                account=self.cluster.account,
            )
        )

    def is_ready(self) -> bool:
        """By the postmaster's own word in its pid file, which is what pg_ctl goes by."""
        try:
            lines = (self.cluster.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        ours = self._process is not None and lines[:1] == [str(self._process.pid)]
        return ours and [line.strip() for line in lines[PIDFILE_STATUS_LINE:]] == ["ready"]

    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Fast shutdown: sessions are ended, everything committed is on disk."""
        if self._process is None:
            return
        for ask in (self.ask_to_stop, self.force_stop):
            ask()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
        raise StoreFailed(f"PostgreSQL, process {self._process.pid}, does not stop")

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGINT)

    def force_stop(self) -> None:
        """At once; the next start recovers, as after a power cut. Not SIGKILL: that orphans its children."""
        self._signal(signal.SIGQUIT)

    def _signal(self, signal_number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal_number)

    def url(self, database: str = "postgres", *, user: str = SUPERUSER, password: str | None = None) -> str:
        secret = quote(self._password if password is None else password, safe="")
        return f"postgresql://{quote(user, safe='')}:{secret}@{ports.HOST}:{self.port}/{quote(database, safe='')}"

    def run_sql(self, statement: str, *, database: str = "postgres") -> str:
        """One statement as the superuser; its rows as text."""
        address = {"PGHOST": ports.HOST, "PGPORT": str(self.port), "PGDATABASE": database}
        secrets = {"PGUSER": SUPERUSER, "PGPASSWORD": self._password}
        done = subprocess.run(
            [self.cluster.programs.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement],
            capture_output=True,
            text=True,
            cwd="/",
            env=plain_environment() | address | secrets,
            timeout=START_SECONDS,
        )
        if done.returncode != 0:
            raise StoreFailed(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    def ensure_database(self, name: str) -> None:
        if name not in self.run_sql("SELECT datname FROM pg_database").splitlines():
            self.run_sql('CREATE DATABASE "{}"'.format(name.replace('"', '""')))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
