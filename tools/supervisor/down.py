"""Owns the verb down: whatever this clone started is stopped, and stays so. It must never touch another clone's."""

import argparse
import os
import signal
import time
from collections.abc import Sequence

from tools.stores.errors import StoreFailed
from tools.supervisor import leftovers, run_record
from tools.supervisor.locking import try_lock
from tools.supervisor.run_record import RunRecord
from tools.supervisor.state import StateFolder

STOP_SECONDS = 45.0
POLL_SECONDS = 0.05


def main(arguments: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="tools/down", description="Stop everything; data stays.").parse_args(arguments)
    state = StateFolder()
    print("Millrace is stopped; data stays." if stop(state) else "Nothing was running.")
    return 0


def stop(state: StateFolder) -> bool:
    """True when something ran. Raises StoreFailed when it cannot be stopped."""
    if not state.folder.exists():
        return False
    record = run_record.load(state.run)
    ran = record.supervisor_runs()
    if ran and record.supervisor is not None:
        record.supervisor.identity.send(signal.SIGTERM)
        if not record.supervisor.identity.wait_gone(STOP_SECONDS):
            record.supervisor.identity.send(signal.SIGKILL)
    lock = _lock(state)
    try:
        left = leftovers.stop_leftovers(run_record.load(state.run))
        RunRecord(topology=record.topology, ports=record.ports, embedded=record.embedded).save(state.run)
    finally:
        os.close(lock)
    return ran or bool(left)


def _lock(state: StateFolder) -> int:
    """Held while leftovers are stopped, so that no start comes between."""
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        lock = try_lock(state.lock)
        if lock is not None:
            return lock
        time.sleep(POLL_SECONDS)
    raise StoreFailed("another command of this clone holds .millrace/supervisor.lock and does not end")
