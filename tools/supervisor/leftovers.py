"""Owns what a dead supervisor left running. It must never signal a process whose start time is not the recorded one."""

import signal
import time
from collections.abc import Sequence

from tools.supervisor.run_record import ProcessRecord, RunRecord

GRACE_SECONDS = 8.0
STORE_SECONDS = 20.0


def stop_leftovers(record: RunRecord) -> list[str]:
    """Stop every recorded process that still runs, the product before its stores; their names."""
    running = {name: process for name, process in record.processes.items() if process.identity.is_running()}
    products = [process for process in running.values() if not process.store]
    _stop(products, signal.SIGTERM, GRACE_SECONDS)
    _stop(products, signal.SIGKILL, GRACE_SECONDS)
    for name, process in running.items():
        if process.store:
            # PostgreSQL takes SIGINT for "end the sessions", SIGTERM for "wait until they end", SIGQUIT for "at once".
            first, last = (signal.SIGINT, signal.SIGQUIT) if name == "postgres" else (signal.SIGTERM, signal.SIGKILL)
            _stop([process], first, STORE_SECONDS)
            _stop([process], last, STORE_SECONDS)
    return sorted(running)


def _stop(processes: Sequence[ProcessRecord], signal_number: signal.Signals, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for process in processes:
        process.identity.send(signal_number)
    for process in processes:
        process.identity.wait_gone(max(0.0, deadline - time.monotonic()))
