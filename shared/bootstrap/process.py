"""Owns the life of a process around its role: logs, health, signals, exit codes.

It must never know what the role does.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from shared import logs
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
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _on_signal(process))
    health = HealthServer(process.settings.health_host, process.settings.health_port, process.health)
    health.start()
    stop = start()
    log.info("ready", role=process.role, services=list(services), pid=os.getpid())
    while not process.stopping.wait(3600):
        pass
    log.info("stopping", role=process.role)
    stop()
    health.stop()
    log.info("stopped", role=process.role)
    return 0


def _on_signal(process: Process) -> None:
    if process.stopping.is_set():
        timer = threading.Timer(FORCED_EXIT_SECONDS, lambda: os._exit(1))
        timer.daemon = True
        timer.start()
    process.stopping.set()


def explain(error: ConfigurationInvalid) -> str:
    """What a person at the terminal needs to mend the settings."""
    return f"millrace: {error}\n"
