"""Owns a product for the demonstration: the one that runs here, or one in a folder of its own that goes too.

It must never stop what it did not start, nor use the stores that the caller's environment names.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.stores.errors import StoreFailed
from tools.stores.spawning import Launch, spawn
from tools.stores.temporary import temporary_folder
from tools.supervisor import down, run_record, up
from tools.supervisor.child_environment import DROPPED, user_environment
from tools.supervisor.run_record import RunRecord
from tools.supervisor.state import StateFolder
from tools.supervisor.topology import COMPACT

START_SECONDS = 60.0
POLL_SECONDS = 0.05
TAIL = 2_000


@dataclass(frozen=True, slots=True)
class StateElsewhere(StateFolder):
    """The state of a product of this clone, in another folder than its own."""

    place: Path = field(kw_only=True)

    @property
    def folder(self) -> Path:
        """Where everything is."""
        return self.place


@contextmanager
def product(say: Callable[[str], None]) -> Iterator[RunRecord]:
    """A product that is ready. Raises StoreFailed when none comes up."""
    running = run_record.load(StateFolder().run)
    if running.supervisor_runs() and running.state == run_record.READY:
        say("uses the product that runs here, and leaves it running")
        yield running
        return
    say("starts a product of its own on free ports, in a temporary folder")
    with temporary_folder("millrace-demo-") as folder:
        state = StateElsewhere(place=folder / "state")
        state.make()
        try:
            yield _started(state)
        finally:
            down.stop(state)
            left = [name for name, each in run_record.load(state.run).processes.items() if each.identity.is_running()]
            say(f"left running: {', '.join(left)}" if left else "the product is stopped again, its data is gone")


def _started(state: StateElsewhere) -> RunRecord:
    """A supervisor that ends with this process, whatever ends that."""
    environment = {name: value for name, value in user_environment().items() if name not in DROPPED}
    command = [sys.executable, "-m", "tools.demos.product", str(state.folder)]
    launch = Launch(command=command, cwd=state.clone, log=state.log("supervisor"), environment=environment)
    child = spawn(launch)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and child.poll() is None:
        record = run_record.load(state.run)
        if record.state == run_record.READY:
            return record
        time.sleep(POLL_SECONDS)
    said = state.log("supervisor").read_text(errors="replace")[-TAIL:]
    raise StoreFailed(f"the product did not become ready within {START_SECONDS:.0f} s:\n{said}")


if __name__ == "__main__":
    sys.exit(up.run(StateElsewhere(place=Path(sys.argv[1])), COMPACT))
