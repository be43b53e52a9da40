"""Owns how much CPU and memory a process and its children use, by /proc. It must never signal anything."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
#: utime, stime, cutime, cstime: the last two are of children that ended and were waited for.
_TIMES = slice(11, 15)


def tree(pid: int) -> list[int]:
    """The process and everything below it that is alive."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            for thread in Path(f"/proc/{one}/task").iterdir():
                waiting.extend(int(child) for child in (thread / "children").read_text().split())
        except OSError:
            continue  # It ended while we looked.
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the tree since its start, processes that have ended meanwhile included."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[_TIMES]))
    return total / _TICKS


def resident_mb(pid: int) -> float:
    """Resident memory of one process in MiB; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGESIZE") / 2**20
