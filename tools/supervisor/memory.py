"""Owns how much memory a process and its children take. Shared pages must never count twice where Linux tells."""

from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

KIB_PER_MB = 1024


def megabytes(pid: int) -> float:
    """Proportional set size of the process and everything below it; resident size where that is not to be had."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(_kibibytes(process) for process in family) / KIB_PER_MB


def own_megabytes(pid: int) -> float:
    """Of the process alone."""
    try:
        return _kibibytes(psutil.Process(pid)) / KIB_PER_MB
    except psutil.NoSuchProcess:
        return 0.0


def _kibibytes(process: psutil.Process) -> float:
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("Pss:")))
    except (OSError, StopIteration):
        pass
    try:
        return float(process.memory_info().rss) / 1024
    except psutil.Error:
        return 0.0
