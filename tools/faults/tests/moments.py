"""Owns small pieces of evidence on one timeline of milliseconds. It must never hold a rule."""

from typing import Any

from tools.faults.evidence import Outcome
from tools.faults.oracle import START, Line
from tools.faults.records import Record
from tools.faults.watch import Seen


def said(kind: str, job_id: str, at_ms: float, detail: str = "", *, attempt: int = 1, pid: int = 1) -> Line:
    """A line of the oracle, by clocks that are right."""
    at_ns = int(at_ms * 1e6)
    return Line(kind, job_id, 1, attempt, pid, at_ns, at_ns, detail)


def began(job_id: str, at_ms: float, detail: str = "", **more: Any) -> Line:
    """A body began."""
    return said(START, job_id, at_ms, detail, **more)


def ended(job_id: str, at_ms: float, after: str = "completed") -> Outcome:
    """A row became final."""
    return Outcome(job_id, 1, "running", after, at_ms)


def noted(what: str, at_ms: float = 0, **said_: Any) -> Record:
    """A line of the labours' notebook."""
    return Record(what, int(at_ms * 1e6), said_)


def claimed(job_id: str, at_ms: int, queue: str = "q") -> Seen:
    """A claim, as the index told it."""
    return Seen(at_ms, job_id, queue, "running", "started", "t")
