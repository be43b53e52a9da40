"""Owns one supervised child: start, readiness, restart with a growing pause. It must never decide about others."""

import enum
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.stores.errors import StoreFailed
from tools.stores.process_identity import ProcessIdentity
from tools.stores.spawning import Launch, spawn
from tools.supervisor import probes
from tools.supervisor.run_record import ProcessRecord

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
READINESS_SECONDS = 2.0


class Runnable(Protocol):
    """What a child is: an embedded store or a process of the product."""

    log_file: Path

    @property
    def pid(self) -> int | None: ...
    def prepare(self) -> object: ...
    def launch(self) -> None: ...
    def is_ready(self) -> bool: ...
    def exit_code(self) -> int | None: ...
    def ask_to_stop(self) -> None: ...
    def force_stop(self) -> None: ...


@dataclass(slots=True)
class ProductProcess:
    """A process of ours. Without a `health` address it is a command that is ready when it has ended well."""

    command: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path
    log_file: Path
    health: str = ""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def prepare(self) -> None:
        """Nothing is needed before a start."""

    def launch(self) -> None:
        launch = Launch(command=self.command, cwd=self.cwd, log=self.log_file, environment=self.environment)
        self._process = spawn(launch)

    def is_ready(self) -> bool:
        if not self.health:
            return self.exit_code() == 0
        return self.exit_code() is None and probes.answers(self.health, READINESS_SECONDS)

    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGTERM)

    def force_stop(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, signal_number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal_number)


class Phase(enum.Enum):
    IDLE = "idle"
    STARTING = "starting"
    READY = "ready"
    PAUSING = "pausing"


class Child:
    """A runnable with its place in the order: `stop_rank` 0 is stopped first."""

    def __init__(self, name: str, runnable: Runnable, *, health: str, stop_rank: int, store: bool = False) -> None:
        self.name = name
        self.runnable = runnable
        self.health = health
        self.stop_rank = stop_rank
        self.store = store
        self.phase = Phase.IDLE
        self.restarts = 0
        self.exits_while_starting = 0
        self.last_exit: int | None = None
        self.reason = ""
        self._launched_at = 0.0
        self._launched_wall = 0.0
        self._resume_at = 0.0
        self._quick_exits = 0

    @property
    def once(self) -> bool:
        return not self.health

    def launch(self) -> None:
        self._launched_at, self._launched_wall = time.monotonic(), time.time()
        self.reason = ""
        try:
            self.runnable.prepare()
            self.runnable.launch()
        except (StoreFailed, OSError) as error:
            self.reason = str(error)
            self._pause(None)
            return
        self.phase = Phase.STARTING

    def step(self) -> bool:
        """Look once and act; True when something changed."""
        now = time.monotonic()
        if self.phase is Phase.PAUSING and now >= self._resume_at:
            self.restarts += 1
            self.launch()
            return True
        if self.phase not in (Phase.STARTING, Phase.READY):
            return False
        if self.phase is Phase.STARTING and self.runnable.is_ready():
            self.phase = Phase.READY
            return True
        code = self.runnable.exit_code()
        if code is None or (self.once and code == 0):
            return False
        self._pause(code)
        return True

    def is_running(self) -> bool:
        return self.runnable.pid is not None and self.runnable.exit_code() is None

    def seconds_since_launch(self) -> float:
        return time.monotonic() - self._launched_at

    def pause_left(self) -> float:
        return max(0.0, self._resume_at - time.monotonic()) if self.phase is Phase.PAUSING else 0.0

    def record(self) -> ProcessRecord | None:
        pid = self.runnable.pid
        identity = ProcessIdentity.of(pid) if pid is not None and self.is_running() else None
        if identity is None:
            return None
        return ProcessRecord(
            pid=identity.pid,
            started=identity.started,
            since=self._launched_wall,
            restarts=self.restarts,
            health=self.health,
            store=self.store,
        )

    def _pause(self, code: int | None) -> None:
        if self.phase is Phase.STARTING or code is None:
            self.exits_while_starting += 1
        steady = self.phase is Phase.READY and self.seconds_since_launch() >= STEADY_SECONDS
        self._quick_exits = 0 if steady else self._quick_exits + 1
        self.last_exit = code
        pause = FIRST_PAUSE_SECONDS * 2 ** max(0, self._quick_exits - 1)
        self._resume_at = time.monotonic() + min(LONGEST_PAUSE_SECONDS, pause)
        self.phase = Phase.PAUSING
