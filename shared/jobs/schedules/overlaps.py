"""Owns what a tick means while jobs of its schedule are live, and when their failures stop it.

Pure: it must never read a clock or a store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.jobs.schedules.declaration import Overlap
from shared.jobs.schedules.rows import ScheduleRow
from shared.jobs.states import FINAL, State

BUFFER_MAX = 1_000
OPEN_MAX = 100
_FAILED = frozenset({State.DEAD, State.EXPIRED})


class Outcome(StrEnum):
    """What became of a tick."""

    FIRED = "fired"
    #: A job of the schedule was live.
    SKIPPED = "skipped"
    #: Waits for that job's end.
    BUFFERED = "buffered"
    #: Nobody fired it in time.
    MISSED = "missed"
    #: What it would have submitted is not acceptable.
    REFUSED = "refused"
    #: The unique key of its job meant another job, which is noted in its place and is not the schedule's.
    COALESCED = "coalesced"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the jobs of a schedule stand."""

    live: tuple[str, ...]
    failures: int

    def is_failing(self, pause_after: int | None) -> bool:
        """True when the schedule stops itself."""
        return pause_after is not None and self.failures >= pause_after


def standing(row: ScheduleRow, states: Mapping[str, State]) -> Standing:
    """Look at its open jobs, oldest first. A job without a row has been swept or removed, so it has not failed."""
    live, failures = [], row.failures
    for job_id in row.open_jobs:
        state = states.get(job_id, State.COMPLETED)
        if state not in FINAL:
            live.append(job_id)
        elif state in _FAILED:
            failures += 1
        elif state is State.COMPLETED:
            failures = 0
    return Standing(tuple(live), failures)


def decide(policy: Overlap, ticks: Sequence[datetime], *, live: int, buffered: int) -> list[Outcome]:
    """What becomes of each tick, in order."""
    outcomes: list[Outcome] = []
    most = 1 if policy is Overlap.BUFFER_ONE else BUFFER_MAX
    for place in range(len(ticks)):
        if policy is Overlap.ALLOW:
            outcome = Outcome.FIRED
        elif policy is Overlap.CANCEL_OTHER:
            outcome = Outcome.FIRED if place == len(ticks) - 1 else Outcome.SKIPPED
        elif not live and not buffered:
            outcome, live = Outcome.FIRED, 1
        elif policy is Overlap.SKIP or buffered >= most:
            outcome = Outcome.SKIPPED
        else:
            outcome, buffered = Outcome.BUFFERED, buffered + 1
        outcomes.append(outcome)
    return outcomes


def is_tracked(row: ScheduleRow) -> bool:
    """True when something depends on how its jobs stand."""
    return row.schedule.overlap is not Overlap.ALLOW or row.schedule.pause_after is not None or row.buffered > 0
