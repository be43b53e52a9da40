"""Owns waiting for a server to answer. It must never outlast its deadline or hide why a server ended."""

import time
from pathlib import Path
from typing import Protocol

from tools.stores.errors import StoreFailed

PAUSE_SECONDS = 0.02
TAIL_BYTES = 16_384


class Startable(Protocol):
    """What can be waited for."""

    name: str
    log_file: Path

    def is_ready(self) -> bool: ...
    def exit_code(self) -> int | None: ...


def wait_until_ready(server: Startable, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not server.is_ready():
        code = server.exit_code()
        if code is not None:
            raise StoreFailed(f"{server.name} ended with exit code {code}:\n{tail(server.log_file)}")
        if time.monotonic() > deadline:
            raise StoreFailed(f"{server.name} did not answer within {seconds:.0f} s:\n{tail(server.log_file)}")
        time.sleep(PAUSE_SECONDS)


def tail(log_file: Path, lines: int = 12) -> str:
    """The last lines of a log, indented; empty when there is none."""
    try:
        with log_file.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - TAIL_BYTES))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
