"""Owns the file to which every job of every engine appends who started when. It must never be written but by appending.

Standard library only: the peers' programs import it.
"""

import os
import struct
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_MARK = struct.Struct("<qq")
SIZE = _MARK.size


class NotOnce(Exception):
    """Some job ran never or twice, or one that nobody ordered ran."""


class Pen:
    """Writes marks; one append of 16 bytes a job, which the kernel keeps whole among processes."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, number: int, pause_ms: int = 0) -> None:
        """The work of every job: leave a mark, then sleep if so ordered."""
        os.write(self._file, _MARK.pack(time.monotonic_ns(), number))
        if pause_ms:
            time.sleep(pause_ms / 1000)

    def mark(self, number: int) -> None:
        """Leave a mark only; an engine that waits without blocking waits by itself."""
        os.write(self._file, _MARK.pack(time.monotonic_ns(), number))


@dataclass(frozen=True, slots=True)
class Mark:
    """One start of one job, monotonic nanoseconds."""

    at_ns: int
    number: int


def count(path: Path) -> int:
    """How many starts there are; cheap enough to poll."""
    return path.stat().st_size // SIZE


def read(path: Path) -> list[Mark]:
    """Every start, in the order of time."""
    raw = path.read_bytes()
    return sorted(
        (Mark(*pair) for pair in _MARK.iter_unpack(raw[: len(raw) // SIZE * SIZE])), key=lambda one: one.at_ns
    )


def check_once(found: list[Mark], ordered: range) -> None:
    """Raise NotOnce unless exactly the ordered jobs have started, each once."""
    starts = Counter(mark.number for mark in found)
    lost = sum(1 for number in ordered if number not in starts)
    twice = sum(1 for times in starts.values() if times > 1)
    strange = sum(1 for number in starts if number not in ordered)
    if lost or twice or strange:
        raise NotOnce(f"{lost:,} of {len(ordered):,} jobs never ran, {twice:,} ran twice, {strange:,} were not ordered")


def span_seconds(found: list[Mark]) -> float:
    """From the first start to the last; start-up of the worker is left out."""
    return (found[-1].at_ns - found[0].at_ns) / 1e9
