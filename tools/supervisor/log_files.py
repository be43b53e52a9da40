"""Owns the size of the log folder: no file outgrows its limit. It must never lose a running process's last lines."""

import shutil
import time
from pathlib import Path

LIMIT_BYTES = 32 * 1024 * 1024
EVERY_SECONDS = 10.0


class LogKeeper:
    """Cuts what has grown too large; one older part of each file is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next = 0.0

    def trim(self) -> None:
        """Cheap enough for every turn of a loop: it looks once in ten seconds."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        for log in self._folder.glob("*.log"):
            cut_when_large(log)


def cut_when_large(log: Path, limit: int = LIMIT_BYTES) -> None:
    # The writer has the file open in append mode, so it goes on at the start; renaming would take its file away.
    if log.stat().st_size > limit:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        log.with_suffix(".log.1").chmod(0o600)
        with log.open("r+b") as stream:
            stream.truncate(0)
