"""Owns the verb reset: stop and forget all data, secrets and logs of this clone. It must never do so unasked."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence

from tools.stores import accounts
from tools.supervisor import down
from tools.supervisor.locking import try_lock
from tools.supervisor.state import StateFolder


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/reset", description="Stop everything and remove its data.")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    chosen = parser.parse_args(arguments)
    state = StateFolder()
    if not chosen.yes and not _agreed(state):
        print("Nothing was removed.", file=sys.stderr)
        return 1
    down.stop(state)
    lock = try_lock(state.lock) if state.folder.exists() else None
    remove(state)
    if lock is not None:
        os.close(lock)
    print("Millrace is stopped; its data, secrets and logs are removed.")
    return 0


def remove(state: StateFolder) -> None:
    accounts.remove_data(state.postgres)
    for folder in (state.postgres.with_name("postgres.new"), state.valkey, state.logs):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (state.secrets, state.run):
        file.unlink(missing_ok=True)


def _agreed(state: StateFolder) -> bool:
    if not sys.stdin.isatty():
        print("tools/reset removes all data of this clone; say --yes to mean it", file=sys.stderr)
        return False
    return input(f"Remove all jobs, prices, keys and logs in {state.folder}? [y/N] ").strip().lower() in ("y", "yes")
