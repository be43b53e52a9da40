"""Owns the life of a process around its role: logs, health, signals, exit codes.

It must never know what the role does.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

import structlog

from shared import logs
from shared.bootstrap import garbage
from shared.errors import ConfigurationInvalid
from shared.health import HealthRegistry, HealthServer
from shared.settings import ProcessSettings

log = structlog.get_logger(__name__)
FORCED_EXIT_SECONDS = 2.0


@dataclass(slots=True)
class Process:
    """What every role has: its settings, its health checks, and when to stop."""

    role: str
    settings: ProcessSettings
    health: HealthRegistry = field(default_factory=HealthRegistry)
    stopping: threading.Event = field(default_factory=threading.Event)
    #: The line to the parent of worker processes; None where there is none.
    parent: socket.socket | None = None

    @property
    def name(self) -> str:
        """host:pid, unique among the live processes of a deployment."""
        return f"{socket.gethostname()}:{os.getpid()}"


def run(process: Process, start: Callable[[], Callable[[], None]], services: Sequence[str]) -> int:
    """Start the role, serve health, wait for SIGTERM or SIGINT, stop. A second signal ends the process in 2 s."""
    logs.configure(process.settings.log_level, process.settings.log_format, process=process.role)
    _listen(process)
    health = HealthServer(process.settings.health_host, process.settings.health_port, process.health)
    health.start()
    stop = start()
    garbage.settle()
    log.info("ready", role=process.role, services=list(services), pid=os.getpid())
    while not process.stopping.wait(3600):
        pass
    log.info("stopping", role=process.role)
    stop()
    health.stop()
    log.info("stopped", role=process.role)
    return 0


def _listen(process: Process) -> None:
    """Stop at the first signal, end at the second."""
    # A handler runs in the main thread, between any two of its steps, so it must take no lock that the main thread may
    # hold: Event.set() inside Event.wait() never returns, nor may a thread be started. SimpleQueue.put() is reentrant.
    asked: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.put(number))
    threading.Thread(target=_obey, args=(process, asked), name="signals", daemon=True).start()


def _obey(process: Process, asked: "SimpleQueue[int]") -> None:
    asked.get()
    process.stopping.set()
    asked.get()
    threading.Event().wait(FORCED_EXIT_SECONDS)
    os._exit(1)


def explain(error: ConfigurationInvalid) -> str:
    """What a person at the terminal needs to mend the settings."""
    return f"millrace: {error}\n"
