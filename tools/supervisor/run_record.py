"""Owns `run.json`: what runs, since when, on which ports. It must never be believed without comparing start times."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tools.stores.process_identity import ProcessIdentity
from tools.supervisor.state import write_private

STARTING, READY, STOPPED = "starting", "ready", "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """One process; `health` is an address to ask (http://… or tcp://…), `since` is seconds since 1970."""

    pid: int
    started: str
    since: float
    restarts: int
    health: str
    store: bool = False

    @property
    def identity(self) -> ProcessIdentity:
        return ProcessIdentity(self.pid, self.started)


@dataclass(slots=True, kw_only=True)
class RunRecord:
    """Everything other verbs need to know. `embedded` holds the URLs of servers that are ours, also after a stop."""

    state: str = STOPPED
    topology: str = "compact"
    supervisor: ProcessRecord | None = None
    processes: dict[str, ProcessRecord] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    connections: dict[str, str] = field(default_factory=dict)
    embedded: dict[str, str] = field(default_factory=dict)
    announcement: str = ""

    def supervisor_runs(self) -> bool:
        return self.supervisor is not None and self.supervisor.identity.is_running()

    def save(self, path: Path) -> None:
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")


def load(path: Path) -> RunRecord:
    """An unreadable record counts as none: it is only ever a hint."""
    try:
        fields = json.loads(path.read_text())
        supervisor, processes = fields.pop("supervisor"), fields.pop("processes")
        return RunRecord(
            supervisor=ProcessRecord(**supervisor) if supervisor else None,
            processes={name: ProcessRecord(**process) for name, process in processes.items()},
            **fields,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return RunRecord()
