"""Owns the verb up: in the foreground until stopped, or detached once everything answers. It must never start twice."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.stores.errors import StoreFailed
from tools.supervisor import run_record
from tools.supervisor.child_environment import user_environment
from tools.supervisor.locking import try_lock
from tools.supervisor.product import Product
from tools.supervisor.state import StateFolder
from tools.supervisor.supervision import START_SECONDS, StartFailed
from tools.supervisor.topology import COMPACT, SPLIT
from tools.supervisor.wakeups import Wakeups

POLL_SECONDS = 0.05
LONGEST_STOP_SECONDS = 40.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/up", description="Start the stores, the services and the sandbox.")
    parser.add_argument("--detach", action="store_true", help="return once everything answers")
    parser.add_argument("--topology", choices=(COMPACT, SPLIT), default=COMPACT, help="split: one process a role")
    chosen = parser.parse_args(arguments)
    state = StateFolder()
    state.make()
    return start_detached(state, chosen.topology) if chosen.detach else run(state, chosen.topology)


def run(state: StateFolder, chosen: str) -> int:
    lock = try_lock(state.lock)
    if lock is None:
        return join_running(state)
    product = Product(state=state, chosen=chosen, user=user_environment(), say=say)
    try:
        with Wakeups() as wakeups:
            product.run(wakeups)
    except StartFailed as failure:
        print(f"millrace: {failure}", file=sys.stderr, flush=True)
        return failure.exit_code
    except StoreFailed as failure:
        print(f"millrace: {failure}", file=sys.stderr, flush=True)
        return 1
    finally:
        os.close(lock)
    return 0


def join_running(state: StateFolder) -> int:
    """Another supervisor has this clone: wait until it is ready and show its block."""
    deadline = time.monotonic() + START_SECONDS + LONGEST_STOP_SECONDS
    while time.monotonic() < deadline:
        record = run_record.load(state.run)
        if record.state == run_record.READY and record.supervisor_runs():
            print(f"Millrace is already up.\n{record.announcement}", flush=True)
            return 0
        lock = try_lock(state.lock)
        if lock is not None:
            os.close(lock)
            print("millrace: the other start of this clone ended; see tools/logs supervisor", file=sys.stderr)
            return 1
        time.sleep(POLL_SECONDS)
    print("millrace: another start of this clone does not become ready; see tools/status", file=sys.stderr)
    return 1


def start_detached(state: StateFolder, chosen: str) -> int:
    log = state.log("supervisor")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    begin = os.fstat(descriptor).st_size
    child = subprocess.Popen(
        [sys.executable, "-m", "tools.supervisor", "up", f"--topology={chosen}"],
        cwd=state.clone,
        stdin=subprocess.DEVNULL,
        stdout=descriptor,
        stderr=descriptor,
        start_new_session=True,
    )
    os.close(descriptor)
    try:
        return wait_detached(state, child, log, begin)
    except KeyboardInterrupt:
        child.send_signal(signal.SIGTERM)
        child.wait()
        return 130


def wait_detached(state: StateFolder, child: subprocess.Popen[bytes], log: Path, begin: int) -> int:
    """Its own limits end a start that fails, so that this only watches."""
    while True:
        record = run_record.load(state.run)
        if record.state == run_record.READY and record.supervisor and record.supervisor.pid == child.pid:
            print(record.announcement, flush=True)
            return 0
        code = child.poll()
        if code is not None:
            with log.open(errors="replace") as stream:
                stream.seek(begin)
                print(stream.read(), end="", file=sys.stderr if code else sys.stdout, flush=True)
            return code
        time.sleep(POLL_SECONDS)


def say(text: str) -> None:
    print(f"millrace: {text}", flush=True)
