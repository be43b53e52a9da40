"""Owns what is done about entities that are due: which first, which together, which not yet. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.jobs.freshness.settings import GoalRow
from shared.jobs.states import FINAL, State

MS = timedelta(milliseconds=1)
#: A job that brought nothing is repeated after this part of the age, twice as long each time, up to an ordinary period.
AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Due:
    """An entity that is due, or soon will be."""

    goal: GoalRow
    entity: str
    lane: str
    max_age: timedelta
    next_due: datetime
    #: When its job was submitted, while nothing new was told since.
    asked_at: datetime | None
    #: Of its last job; None when it had none, or that has been swept.
    state: State | None
    failures: int
    #: Its tier or age is not what its row says any more.
    is_stale: bool

    @property
    def is_live(self) -> bool:
        """Its last job may still bring something."""
        return self.state is not None and self.state not in FINAL

    def lateness(self, now: datetime) -> float:
        """How long it has been due, as a part of the age allowed: who has waited most of it comes first."""
        return (now - self.next_due) / self.max_age


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: look again then. Its job is awaited still, or one more brought nothing."""

    due: Due
    at: datetime
    is_awaited: bool
    failures: int


@dataclass(frozen=True, slots=True)
class Group:
    """Entities that one job is for; each with the failures before."""

    goal: GoalRow
    members: list[tuple[Due, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done."""

    groups: list[Group]
    later: list[Later]
    stale: list[Due]
    spent: int
    #: Something is due and there are no points for it.
    is_short: bool


def choose(found: Iterable[Due], *, now: datetime, points: float) -> Choice:
    """Spend points on what has waited longest, each measured by its own goal."""
    later: list[Later] = []
    stale: list[Due] = []
    ready: list[tuple[Due, int]] = []
    for due in found:
        if due.is_stale:
            stale.append(due)
        elif due.is_live:
            if due.next_due <= now:
                later.append(Later(due, look_again(due.max_age, now), due.asked_at is not None, due.failures))
        elif due.asked_at is None:
            ready.append((due, due.failures))
        elif due.next_due <= now:
            again = _again(due, due.asked_at)
            if again > now:
                later.append(Later(due, again, is_awaited=False, failures=due.failures + 1))
            else:
                ready.append((due, due.failures + 1))
    ready.sort(key=lambda one: (-one[0].lateness(now), one[0].goal.name, one[0].entity))
    groups, spent, is_short = _grouped(ready, now, points)
    return Choice(groups, later, stale, spent, is_short)


def _again(due: Due, asked_at: datetime) -> datetime:
    """When to repeat what brought nothing: the more often it did, the later, up to an ordinary period."""
    return asked_at + due.max_age * min(due.goal.lead, AGAIN * 2.0 ** min(due.failures, 10))


def look_again(max_age: timedelta, now: datetime) -> datetime:
    """When to look whether a job has ended without a word."""
    return now + max(timedelta(seconds=1), min(max_age * AGAIN, timedelta(minutes=5)))


def _grouped(ready: Sequence[tuple[Due, int]], now: datetime, points: float) -> tuple[list[Group], int, bool]:
    groups: list[Group] = []
    filling: dict[tuple[str, str], Group] = {}
    spent, is_short = 0, False
    for due, failures in ready:
        key = due.goal.name, due.lane
        group = filling.get(key)
        if group is None or len(group.members) >= due.goal.batch:
            if due.next_due > now:  # what is not due only fills up a job that is made anyway
                continue
            if is_short or spent + due.goal.cost > points:
                is_short = True  # nobody who waited less may overtake with a cheaper job
                continue
            spent += due.goal.cost
            group = filling[key] = Group(due.goal)
            groups.append(group)
        group.members.append((due, failures))
    return groups, spent, is_short
