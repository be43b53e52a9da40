"""Owns how a child starts: a session of its own, a signal when its parent dies. Never call it off the main thread."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stores.accounts import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One command with everything it needs. `when_orphaned` reaches it when the starting thread dies (Linux only)."""

    command: Sequence[str]
    cwd: Path
    log: Path
    environment: Mapping[str, str]
    when_orphaned: signal.Signals = signal.SIGTERM
    account: Account | None = None


def spawn(launch: Launch) -> subprocess.Popen[bytes]:
    launch.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # O_APPEND lets the log be cut short while the child goes on writing.
    descriptor = os.open(launch.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            launch.command,
            cwd=launch.cwd,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            preexec_fn=_follow_parent(launch.when_orphaned),
            user=launch.account.uid if launch.account else None,
            group=launch.account.gid if launch.account else None,
            extra_groups=[] if launch.account else None,
        )
    finally:
        os.close(descriptor)


def _follow_parent(when_orphaned: signal.Signals) -> Callable[[], None] | None:
    libc, parent = _libc, os.getpid()
    if libc is None:
        return None

    def follow() -> None:
        # Runs after the change of user, which would have cleared the setting.
        libc.prctl(PR_SET_PDEATHSIG, int(when_orphaned), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return follow
