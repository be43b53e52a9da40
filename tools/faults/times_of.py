"""Owns putting a run's moments on one clock, the machine's own. Pure: it must never look at a store or a clock."""

import functools
import statistics
from collections.abc import Iterable

from tools.faults.evidence import Evidence
from tools.faults.oracle import START, Line

#: What two clocks of one machine may differ by, and what lies between a commit and the moment noted for it.
SLACK_MS = 20.0


class Times:
    """Moments of an Evidence in milliseconds since 1970, whichever clock a process believes in."""

    def __init__(self, evidence: Evidence) -> None:
        # One process in six believes in another hour, so the middle one is right.
        gaps = [line.realtime_ns - line.monotonic_ns for line in evidence.lines]
        self._offset_ns = statistics.median_low(gaps) if gaps else 0
        self.ends = {(each.job_id, each.generation): each.at_ms for each in evidence.outcomes}
        self._lines = evidence.lines
        self.claims = _claims(evidence)
        self.losses = sorted(loss.at_ms for loss in evidence.losses)

    def of(self, line: Line) -> float:
        """When a line was written."""
        return self.at(line.monotonic_ns)

    def at(self, monotonic_ns: int) -> float:
        """The moment of a monotonic time."""
        return (monotonic_ns + self._offset_ns) / 1e6

    @functools.cached_property
    def begins(self) -> dict[str, float]:
        """Job -> when its body first began."""
        found: dict[str, float] = {}
        for line in self._lines:
            if line.kind == START:
                found[line.job_id] = min(self.of(line), found.get(line.job_id, float("inf")))
        return found

    def last_claim(self, job_id: str, at_ms: float) -> float | None:
        """When the claim was made that a moment of a job's body belongs to; None when no event tells."""
        return max((claim for claim in self.claims.get(job_id, ()) if claim <= at_ms), default=None)

    def is_unbroken(self, from_ms: float, until_ms: float) -> bool:
        """True when the index lost nothing meanwhile."""
        return not any(from_ms - SLACK_MS <= loss <= until_ms + SLACK_MS for loss in self.losses)


def _claims(evidence: Evidence) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for each in evidence.seen:
        if each.kind == "started":
            found.setdefault(each.job_id, []).append(each.at_ms)
    return found


def of_kind(lines: Iterable[Line], kind: str) -> list[Line]:
    """The lines of one kind, in the order of time."""
    return sorted((line for line in lines if line.kind == kind), key=lambda line: line.monotonic_ns)
