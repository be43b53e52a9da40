"""Owns one run of the whole product in this process: claim, start, announce, watch, stop. Never twice in a clone."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tools.stores.errors import StoreFailed
from tools.stores.postgres import PostgresServer
from tools.stores.process_identity import ProcessIdentity
from tools.stores.valkey import ValkeyServer
from tools.supervisor import credentials, demo_coins, demonstrations, leftovers, probes, run_record, topology, wiring
from tools.supervisor.announcement import Announcement
from tools.supervisor.child_environment import ChildEnvironments
from tools.supervisor.children import Child
from tools.supervisor.log_files import LogKeeper
from tools.supervisor.run_record import ProcessRecord, RunRecord
from tools.supervisor.state import StateFolder
from tools.supervisor.supervision import StartFailed, Supervision
from tools.supervisor.wakeups import Wakeups


@dataclass(slots=True, kw_only=True)
class Product:
    """Everything one `tools/up` holds. `user` is the environment of whoever called it."""

    state: StateFolder
    chosen: str
    user: dict[str, str]
    say: Callable[[str], None]
    ports: wiring.Ports = field(default_factory=wiring.Ports)
    record: RunRecord = field(default_factory=RunRecord)

    def run(self, wakeups: Wakeups) -> None:
        """Until a stop is asked for. Raises StartFailed or StoreFailed after everything has been stopped again."""
        began = time.monotonic()
        earlier = run_record.load(self.state.run)
        # From the first moment on tools/down can find this process, and the processes of the run before.
        self.record = replace(earlier, state=run_record.STARTING, supervisor=own_record(), topology=self.chosen)
        self.record.save(self.state.run)
        for name in leftovers.stop_leftovers(earlier):
            self.say(f"{name}, left by an earlier run, stopped")
        services = wiring.find_services(self.state.clone)
        if not services:
            raise StartFailed("services/ holds no service with an app.py")
        self._claim(services, earlier)
        postgres, valkey = self._stores(services, earlier)
        environments = self._environments(services, postgres, valkey)
        stages = [
            [topology.sandbox_child(self.state, environments), *topology.store_children(postgres, valkey)],
            [topology.migrate_child(self.state, environments)],
            topology.role_children(self.chosen, self.state, environments),
        ]
        closing = topology.close_child(self.state, environments) if valkey else None
        supervision = self._supervision(stages, wakeups, closing)
        try:
            supervision.start_stage(stages[0])
            if postgres is not None:
                postgres.ensure_database(wiring.DATABASE)
            for stage in stages[1:]:
                supervision.start_stage(stage)
            self._announce(environments, postgres, valkey, seconds=time.monotonic() - began)
            self._save(supervision)
            supervision.watch(LogKeeper(self.state.logs).trim)
        finally:
            self._end(supervision)

    def _end(self, supervision: Supervision) -> None:
        self.say("stopping")
        supervision.stop()
        self.record = RunRecord(topology=self.chosen, ports=self.ports.numbers(), embedded=self.record.embedded)
        self.record.save(self.state.run)
        self.ports.release()
        self.say("stopped")

    def _supervision(self, stages: list[list[Child]], wakeups: Wakeups, closing: Child | None) -> Supervision:
        made = Supervision(
            stages, wakeups=wakeups, on_change=lambda: self._save(made), say=self.say, closing=closing
        )  # fmt: skip
        return made

    def _claim(self, services: list[str], earlier: RunRecord) -> None:
        processes = [role.process for role in topology.roles(self.chosen, services)]
        preferred = wiring.preferred_ports(services, processes)
        self.ports.claim(preferred, wiring.demanded_ports(services, self.user), earlier.ports)

    def _stores(self, services: list[str], earlier: RunRecord) -> tuple[PostgresServer | None, ValkeyServer | None]:
        """Embedded servers, where the user has not named his own."""
        secrets = credentials.load_or_make(self.state.secrets, [*services, wiring.GATEWAY])
        postgres = valkey = None
        if not self._own("DATABASE_URL", earlier):
            postgres = PostgresServer(
                self.state.postgres,
                port=self.ports["postgres"],
                password=secrets.postgres_password,
                password_is_new=secrets.fresh,
                log_file=self.state.log("postgres"),
            )
        if not self._own("REDIS_URL", earlier):
            valkey = ValkeyServer(
                self.state.valkey,
                port=self.ports["valkey"],
                password=secrets.redis_password,
                log_file=self.state.log("valkey"),
            )
        return postgres, valkey

    def _own(self, name: str, earlier: RunRecord) -> str:
        """The user's own server; not the one we printed ourselves, should `tools/status --env` have set it."""
        value = wiring.redis_url_of_user(self.user) if name == "REDIS_URL" else self.user.get(name, "").strip()
        return "" if value == earlier.embedded.get(name) else value

    def _environments(
        self, services: list[str], postgres: PostgresServer | None, valkey: ValkeyServer | None
    ) -> ChildEnvironments:
        admin_url = postgres.url(wiring.DATABASE) if postgres else self.user["DATABASE_URL"].strip()
        redis_url = valkey.url() if valkey else wiring.redis_url_of_user(self.user)
        if postgres is not None:
            self.record.embedded["DATABASE_URL"] = admin_url
        if valkey is not None:
            self.record.embedded["REDIS_URL"] = redis_url
        return ChildEnvironments(
            user=self.user,
            credentials=credentials.load_or_make(self.state.secrets, [*services, wiring.GATEWAY]),
            ports=self.ports,
            services=services,
            admin_url=admin_url,
            redis_url=redis_url,
            demonstrations=demonstrations.load(self.state, services),
        )

    def _announce(
        self,
        environments: ChildEnvironments,
        postgres: PostgresServer | None,
        valkey: ValkeyServer | None,
        *,
        seconds: float,
    ) -> None:
        connections = environments.connections()
        gateway, key, sandbox = (
            connections[name] for name in ("MILLRACE_URL", "MILLRACE_API_KEY", "MILLRACE_SANDBOX_URL")
        )
        announcement = Announcement(
            state=self.state,
            topology=self.chosen,
            seconds=seconds,
            connections=connections,
            grpc={wiring.display(service): self.ports.address(f"grpc:{service}") for service in environments.services},
            stores={
                "postgres": f"embedded PostgreSQL {postgres.version}" if postgres else "from DATABASE_URL",
                "valkey": f"embedded {valkey.program.name} {valkey.version}" if valkey else "from REDIS_URL",
            },
            paces=environments.paces(),
            dashboard=probes.answers(gateway + "/"),
        )
        seeded = demo_coins.seed(gateway, key, sandbox)
        if seeded:
            self.say(seeded)
        self.record.state = run_record.READY
        self.record.connections = connections
        self.record.announcement = announcement.text()
        print(self.record.announcement, flush=True)

    def _save(self, supervision: Supervision) -> None:
        self.record.ports = self.ports.numbers()
        records = {child.name: child.record() for child in supervision.children}
        self.record.processes = {name: process for name, process in records.items() if process is not None}
        self.record.save(self.state.run)


def own_record() -> ProcessRecord:
    identity = ProcessIdentity.of(os.getpid())
    if identity is None:
        raise StoreFailed("this process cannot see itself in the process table")
    return ProcessRecord(pid=identity.pid, started=identity.started, since=time.time(), restarts=0, health="")
