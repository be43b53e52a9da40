"""Owns everything a run starts: stores, the proxies before them, the processes. It must never leave one behind."""

import secrets
import signal
from dataclasses import dataclass
from pathlib import Path

import psycopg

from shared.db.engine import psycopg_url
from tools.faults import assembly, clocks
from tools.faults.assembly import GATEWAY, NAME, SHORT
from tools.faults.children import Child
from tools.faults.environments import Environments
from tools.faults.proxy import Proxy
from tools.faults.valkey_faults import FaultyValkey
from tools.stores import PostgresServer, free_port
from tools.stores.errors import PortTaken
from tools.stores.process_identity import ProcessIdentity


@dataclass(frozen=True, slots=True)
class Size:
    """How many processes of the roles that a run has several of, how long they finish, how soon they notice a loss."""

    workers: int = 6
    schedulers: int = 2
    grace_seconds: int = 3
    timings: str = SHORT
    pace: int = 1


class World:
    """The stores and processes of one run; of the main thread, since a child dies with the thread that made it."""

    def __init__(self, folder: Path, *, seed: int, size: Size) -> None:
        self.folder = folder
        self.oracle_file = folder / "oracle.log"
        self.promises_file = folder / "promises.log"
        self.wishes_file = folder / "wishes.log"
        self.records_file = folder / "records.jsonl"
        password = secrets.token_hex(16)
        self.postgres = PostgresServer(folder / "postgres", port=free_port(), password=secrets.token_hex(16))
        self.valkey = FaultyValkey(folder / "valkey", port=free_port(), password=password)
        self.to_postgres = Proxy(self.postgres.port, seed=seed)
        self.to_valkey = Proxy(self.valkey.server.port, seed=seed + 1)
        self.children: list[Child] = []
        #: Submits; it is no target of faults, since its notebook is what the rest is judged by.
        self.producer: Child | None = None
        self._environments = Environments(
            folder=folder,
            seed=seed,
            valkey_password=password,
            clock_library=clocks.build(folder),
            grace_seconds=size.grace_seconds,
            timings=size.timings,
            pace=size.pace,
        )
        self._size = size
        self._postgres_is_down = False

    def start(self) -> None:
        """Stores, schemas, proxies, processes; returns before the processes are ready."""
        self.valkey.server.start()
        self.postgres.start()
        assembly.make_schema(self.postgres.url(), self.direct_database_url())
        assembly.make_gateway_schema(self.postgres.url(), self._environments.database_url(GATEWAY, self.postgres.port))
        self.to_postgres.start()
        self.to_valkey.start()
        names = [f"{GATEWAY}-0", "api-0"]
        names += [f"scheduler-{number}" for number in range(self._size.schedulers)]
        names += [f"worker-{number}" for number in range(self._size.workers)]
        self.children = [self._child(name, "tools.faults.child") for name in names]
        for child in self.children:
            child.start()

    def start_producing(self) -> None:
        """Producers begin."""
        self.producer = self._child("producer", "tools.faults.production")
        self.producer.start()

    def stop_producing(self) -> None:
        """Producers finish what they do."""
        if self.producer is not None:
            self.producer.stop()

    def stop(self) -> None:
        """End everything, processes first."""
        self.stop_producing()
        for child in self.children:
            child.send(signal.SIGCONT)
            child.send(signal.SIGTERM)
        for child in self.children:
            child.stop()
        for proxy in (self.to_postgres, self.to_valkey):
            if proxy.port:
                proxy.stop()
        self.postgres.stop()
        self.valkey.server.stop()

    def tend(self) -> None:
        """Bring back what has ended; call it often."""
        self.valkey.tend()
        if self._postgres_is_down and not self._leftovers():
            try:
                self.postgres.launch()
            except PortTaken:
                return
            self._postgres_is_down = False
        elif self.postgres.exit_code() is not None:
            self._postgres_is_down = True
        for child in self.children:
            child.tend()

    def _leftovers(self) -> bool:
        """True while processes of a dead postmaster hold its shared memory."""
        return bool(_processes_in(self.postgres.cluster.folder))

    def heal(self) -> None:
        """End every fault that lasts."""
        self.to_postgres.clear()
        self.to_valkey.clear()
        self.valkey.heal()
        for child in self.children:
            child.send(signal.SIGCONT)

    def is_up(self) -> bool:
        """Both stores answer; a PostgreSQL that recovers calls itself ready and yet refuses."""
        if self._postgres_is_down or not self.valkey.is_ready():
            return False
        try:
            psycopg.connect(psycopg_url(self.direct_database_url()), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    @property
    def everyone(self) -> list[Child]:
        """All processes, the one that submits as well."""
        return self.children if self.producer is None else [*self.children, self.producer]

    def of_role(self, role: str) -> list[Child]:
        """The processes of a role."""
        return [child for child in self.children if child.role == role]

    def direct_database_url(self) -> str:
        """The service's role, past the proxy."""
        return self._environments.database_url(NAME, self.postgres.port)

    def _child(self, name: str, module: str) -> Child:
        environment = self._environments.of(name, to_postgres=self.to_postgres.port, to_valkey=self.to_valkey.port)
        role = name.partition("-")[0]
        command = ["-m", "shared.bootstrap", GATEWAY, GATEWAY] if role == GATEWAY else ["-m", module, role]
        return Child(name, command, environment, self.folder / "logs" / f"{name}.log")


def _processes_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder.resolve() and ProcessIdentity.of(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found
