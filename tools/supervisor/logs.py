"""Owns the verb logs: the last lines of all processes, of one, or of one service in whichever processes host it."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stores.errors import StoreFailed
from tools.supervisor.state import StateFolder
from tools.supervisor.wiring import display, find_services

POLL_SECONDS = 0.2
LAST_BYTES = 256 * 1024


@dataclass(slots=True)
class Source:
    """One log file and how far it has been shown."""

    name: str
    path: Path
    offset: int = 0
    rest: bytes = b""

    def last(self, count: int) -> list[str]:
        size = self.path.stat().st_size
        self.offset = max(0, size - LAST_BYTES)
        cut = self.offset > 0
        return self.fresh()[1 if cut else 0 :][-count:]

    def fresh(self) -> list[str]:
        """Whole lines written since the last look; a file that has been cut short is read from its start."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return []
        if size < self.offset:
            self.offset, self.rest = 0, b""
        with self.path.open("rb") as stream:
            stream.seek(self.offset)
            content = self.rest + stream.read(size - self.offset)
        self.offset = size
        *lines, self.rest = content.split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/logs", description="Show the logs.")
    parser.add_argument("name", nargs="?", help="a process or a service; all when left out")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("-n", "--lines", type=int, default=50, help="how many lines of each file (50)")
    chosen = parser.parse_args(arguments)
    if chosen.lines < 0:
        parser.error(f"--lines must be 0 or more, got {chosen.lines}")
    state = StateFolder()
    sources, service = choose(state, chosen.name)
    width = max(len(source.name) for source in sources)
    prefixed = len(sources) > 1
    for source in sources:
        lines = [
            line for line in source.last(chosen.lines if not service else sys.maxsize) if of_service(line, service)
        ]
        show(source.name, lines[-chosen.lines :] if chosen.lines else [], width=width if prefixed else 0)
    for source, lines in follow(sources) if chosen.follow else ():
        show(source.name, [line for line in lines if of_service(line, service)], width=width if prefixed else 0)
    return 0


def choose(state: StateFolder, name: str | None) -> tuple[list[Source], str]:
    """The files to read, and the service their lines must name (empty for all)."""
    files = {path.stem: path for path in sorted(state.logs.glob("*.log"))}
    if not files:
        raise StoreFailed(f"no logs in {state.logs} yet; start with tools/up")
    if name is None:
        return [Source(stem, path) for stem, path in files.items()], ""
    if name in files:
        return [Source(name, files[name])], ""
    services = [display(service) for service in find_services(state.clone)]
    if display(name) not in services:
        raise StoreFailed(f"no process or service is called {name!r}; there are: {', '.join([*files, *services])}")
    own = {stem: path for stem, path in files.items() if stem.startswith(f"{display(name)}-")}
    hosts = own or {stem: path for stem, path in files.items() if stem in ("api", "worker", "scheduler")}
    return [Source(stem, path) for stem, path in hosts.items()], "" if own else display(name)


def of_service(line: str, service: str) -> bool:
    if not service:
        return True
    try:
        fields = json.loads(line)
    except ValueError:
        return False
    return isinstance(fields, dict) and display(str(fields.get("service", ""))) == service


def follow(sources: Sequence[Source]) -> Iterator[tuple[Source, list[str]]]:
    while True:
        for source in sources:
            lines = source.fresh()
            if lines:
                yield source, lines
        time.sleep(POLL_SECONDS)


def show(name: str, lines: Sequence[str], *, width: int) -> None:
    prefix = f"{name:<{width}} | " if width else ""
    for line in lines:
        print(prefix + line)
    sys.stdout.flush()
