"""Owns the list of engines and how each is started. It must never know what is measured."""

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tools.benchmarks import environments
from tools.benchmarks.environments import OBAN_FLOOR, PeerMissing
from tools.benchmarks.figures import NotRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine as it is measured. `command` takes a role and the path of an order."""

    name: str
    version: str
    command: tuple[str, ...]
    #: Where its jobs wait, for the store's CPU.
    is_on_postgres: bool = False
    #: Whether it has a `prepare` role, to be run once on fresh stores.
    is_prepared: bool = False
    is_durable: bool = False
    #: Roles that run beside the workers.
    companions: tuple[str, ...] = ()
    #: A fraction of a row's jobs, for engines that would take minutes; rates are per job.
    share: float = 1.0


MILLRACE = "millrace"
DURABLE = "millrace durable"
#: One LPOP a job and nothing else: the ceiling of a machine.
BARE = "bare"


def find_engines(*, with_peers: bool) -> dict[str, Engine | NotRun]:
    """Every engine that can run here, by name, and for the others why not."""
    own = (sys.executable, "-m", "tools.benchmarks.millrace")
    version = importlib.metadata.version("dramatiq")
    found: dict[str, Engine | NotRun] = {
        MILLRACE: Engine(name=MILLRACE, version=f"on Dramatiq {version}", command=own, is_prepared=True),
        DURABLE: Engine(
            name=DURABLE,
            version=f"on Dramatiq {version}",
            command=own,
            is_prepared=True,
            is_durable=True,
            companions=("schedule",),
        ),
    }
    bare = (sys.executable, "-m", "tools.benchmarks.bare")
    found[BARE] = Engine(name=BARE, version=f"redis-py {importlib.metadata.version('redis')}", command=bare)
    for name, make in PEERS.items():
        try:
            found[name] = make() if with_peers else NotRun("left out by --no-peers")
        except PeerMissing as error:
            found[name] = NotRun(str(error))
    return found


def _python_peer(name: str, *, floor: tuple[int, int] = (3, 11), share: float = 1.0, stores: bool = False) -> Engine:
    python = environments.python_for(floor)
    return Engine(
        name=name,
        version=environments.installed_version(python, name),
        command=(str(python), "-m", f"tools.benchmarks.peers.{name}_peer"),
        is_on_postgres=stores,
        is_prepared=stores,
        share=share,
    )


def _bullmq() -> Engine:
    node, program = environments.node_program()
    versions = [f"{environments.node_version(package)}" for package in ("bullmq", "ioredis")]
    return Engine(name="bullmq", version=f"{versions[0]}, ioredis {versions[1]}", command=(node, str(program)))


PEERS: dict[str, Callable[[], Engine]] = {
    "bullmq": _bullmq,
    "dramatiq": lambda: _python_peer("dramatiq"),
    "celery": lambda: _python_peer("celery", share=0.25),
    "procrastinate": lambda: _python_peer("procrastinate", share=0.1, stores=True),
    "oban": lambda: _python_peer("oban", floor=OBAN_FLOOR, share=0.25, stores=True),
}
