"""Owns the question "is this still the process I started?". It must never signal one whose start time differs."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types, and this module alone imports it

PAUSE_SECONDS = 0.02
ON_LINUX: bool = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A pid and when it began; `started` is opaque text, only equality means anything."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        started = start_time(pid)
        return None if started is None else cls(pid, started)

    def is_running(self) -> bool:
        return start_time(self.pid) == self.started

    def send(self, signal_number: signal.Signals) -> bool:
        """False when it is gone already."""
        if not self.is_running():
            return False
        try:
            os.kill(self.pid, signal_number)
        except ProcessLookupError:
            return False
        return True

    def wait_gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_SECONDS)
        return True


def start_time(pid: int) -> str | None:
    """None for a process that is gone or a zombie."""
    if ON_LINUX:
        # Ticks since boot never change; seconds since 1970, as psutil gives them, move when the clock is set.
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        # A zombie whose threads are still ending holds its sockets and locks until the last of them is gone.
        is_gone = fields[0] in "ZX" and int(fields[17]) <= 1
        return None if is_gone else f"{_boot_id()}:{fields[19]}"
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


def runs_in(pid: int, name: str, folder: Path) -> bool:
    """Whether the process has this name and this working folder; where we may not look, we believe it has."""
    try:
        process = psutil.Process(pid)
        return str(process.name()).startswith(name) and Path(process.cwd()) == folder.resolve()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
