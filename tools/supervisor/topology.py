"""Owns which processes there are: the stages of a start, compact or split. It must never start one itself."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tools.stores.ports import HOST
from tools.stores.postgres import PostgresServer
from tools.stores.valkey import ValkeyServer
from tools.supervisor.child_environment import ChildEnvironments
from tools.supervisor.children import Child, ProductProcess
from tools.supervisor.state import StateFolder
from tools.supervisor.wiring import GATEWAY, display

COMPACT, SPLIT = "compact", "split"
ROLES = ("api", "worker", "scheduler")
STOP_RANKS = {
    "gateway": 0,
    "worker": 1,
    "scheduler": 1,
    "migrate": 2,
    "close": 2,
    "api": 2,
    "sandbox": 3,
    "valkey": 4,
    "postgres": 5,
}


@dataclass(frozen=True, slots=True)
class Role:
    """One process of the product: its name, what it does, for which services."""

    process: str
    kind: str
    services: tuple[str, ...]


def roles(topology: str, services: Sequence[str]) -> list[Role]:
    gateway = Role(GATEWAY, GATEWAY, (GATEWAY,))
    if topology == COMPACT:
        return [*(Role(kind, kind, tuple(services)) for kind in ROLES), gateway]
    split = [Role(f"{display(service)}-{kind}", kind, (service,)) for service in services for kind in ROLES]
    return [*split, gateway]


def store_children(postgres: PostgresServer | None, valkey: ValkeyServer | None) -> list[Child]:
    """Valkey first: it boots while a new PostgreSQL cluster is made. None is a store of the user's own."""
    children = []
    if valkey is not None:
        health = f"tcp://{HOST}:{valkey.port}"
        children.append(Child("valkey", valkey, health=health, stop_rank=STOP_RANKS["valkey"], store=True))
    if postgres is not None:
        health = f"tcp://{HOST}:{postgres.port}"
        children.append(Child("postgres", postgres, health=health, stop_rank=STOP_RANKS["postgres"], store=True))
    return children


def sandbox_child(state: StateFolder, environments: ChildEnvironments) -> Child:
    command = [sys.executable, "-m", "tools.sandbox", "--port", str(environments.ports["sandbox"])]
    health = environments.ports.http("sandbox", "/_sandbox/health")
    process = ProductProcess(command, environments.for_sandbox(), state.clone, state.log("sandbox"), health)
    return Child("sandbox", process, health=health, stop_rank=STOP_RANKS["sandbox"])


def migrate_child(state: StateFolder, environments: ChildEnvironments) -> Child:
    command = [sys.executable, "-m", "shared.bootstrap", "migrate", *environments.everybody()]
    process = ProductProcess(command, environments.for_migration(), state.clone, state.log("migrate"))
    return Child("migrate", process, health="", stop_rank=STOP_RANKS["migrate"])


def close_child(state: StateFolder, environments: ChildEnvironments) -> Child:
    """What a clean stop does while the stores are the last to run: a Redis that starts again has forgotten no start."""
    command = [sys.executable, "-m", "shared.bootstrap", "close", *environments.services]
    process = ProductProcess(command, environments.for_closing(), state.clone, state.log("close"))
    return Child("close", process, health="", stop_rank=STOP_RANKS["close"])


def role_children(topology: str, state: StateFolder, environments: ChildEnvironments) -> list[Child]:
    children = []
    for role in roles(topology, environments.services):
        command = [sys.executable, "-m", "shared.bootstrap", role.kind, *role.services]
        use = GATEWAY if role.kind == GATEWAY else f"health:{role.process}"
        health = environments.ports.http(use, "/readyz")
        environment = environments.for_role(role.process, role.services)
        process = ProductProcess(command, environment, state.clone, state.log(role.process), health)
        children.append(Child(role.process, process, health=health, stop_rank=STOP_RANKS[role.kind]))
    return children
