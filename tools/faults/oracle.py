"""Owns the oracle: what job bodies did, one appended line each, apart from both stores. It must never be rewritten."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

START, END = "start", "end"
#: The outside world was called, by the generation in the key it was given; its answer is known for good.
CALL, PAID = "call", "paid"
#: In a locked room, last seen inside, and outside with the lock given back; the detail is the room.
ENTERED, INSIDE, LEFT = "entered", "inside", "left"
#: Before and after a call behind a circuit, and before and after points of a budget were spent; the detail is how many.
DIALS, DIALLED, SPENDS, SPENT = "dials", "dialled", "spends", "spent"
#: Where a walk goes on.
AT = "at"


@dataclass(frozen=True, slots=True)
class Line:
    """One moment of one attempt's body. Times are nanoseconds; `realtime_ns` is comparable between processes."""

    kind: str
    job_id: str
    generation: int
    attempt: int
    pid: int
    monotonic_ns: int
    realtime_ns: int
    #: One word more, of the labours that need it.
    detail: str = ""


class Oracle:
    """One process's way to the file. A line is one write() to a file opened for appending, so lines never mix."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, kind: str, job_id: str, generation: int, attempt: int, detail: str = "") -> None:
        """Say that something happened now in this process."""
        text = f"{kind} {job_id} {generation} {attempt} {os.getpid()} {time.monotonic_ns()} {time.time_ns()} {detail}\n"
        os.write(self._file, text.encode())


def read(path: Path) -> list[Line]:
    """Every complete line; a process killed in the middle of its write leaves none, since the kernel takes it whole."""
    lines = []
    for text in path.read_text().splitlines() if path.exists() else ():
        kind, job_id, *words = text.split()
        generation, attempt, pid, monotonic_ns, realtime_ns = map(int, words[:5])
        lines.append(Line(kind, job_id, generation, attempt, pid, monotonic_ns, realtime_ns, *words[5:]))
    return lines
