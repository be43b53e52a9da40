"""Owns what a flow should come to, told by its nodes' states alone. It must never know of counts or rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

LIVE = ("blocked", "queued")


@dataclass(frozen=True, slots=True)
class Plan:
    """A node to be: how it ends if it runs, what it waits for and by which policy, the share it needs."""

    outcome: str
    parents: Mapping[int, str]
    ratio: Fraction | None = None


@dataclass
class Oracle:
    """The states of a flow's nodes, moved by the ends of jobs."""

    plans: list[Plan]
    states: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.states = ["blocked" if plan.parents else "queued" for plan in self.plans]

    def end(self, ended: Iterable[int]) -> None:
        """These have run, and all is told at once; then what has ended by that is told, and so on."""
        news = set(ended)
        for at in news:
            self.states[at] = self.plans[at].outcome
        self.spread(news)

    def cancel(self, at: int) -> None:
        """A person has cancelled one."""
        self.states[at] = "cancelled"
        self.spread({at})

    def spread(self, news: set[int]) -> None:
        """Tell those that wait, generation by generation."""
        while news:
            told = [
                at for at, plan in enumerate(self.plans) if self.states[at] == "blocked" and news & set(plan.parents)
            ]
            fates = {at: self.fate(at) for at in told}
            self.states = [fates.get(at, state) for at, state in enumerate(self.states)]
            news = {at for at, state in fates.items() if state not in LIVE}

    def fate(self, at: int) -> str:
        """What a waiting node is to be, by its parents as they are now."""
        plan = self.plans[at]
        failed = {
            parent: policy for parent, policy in plan.parents.items() if self.states[parent] not in (*LIVE, "completed")
        }
        fatal = [self.states[parent] for parent, policy in failed.items() if policy == "fail_parent"]
        if fatal:
            return "dead" if "dead" in fatal else "cancelled"
        if "continue" in failed.values():
            return "queued"
        live = [parent for parent in plan.parents if self.states[parent] in LIVE]
        if plan.ratio is not None:
            counted = [parent for parent in plan.parents if failed.get(parent) != "remove"]
            hopeful = [parent for parent in counted if parent not in failed]
            if len(hopeful) < plan.ratio * len(counted):
                return "dead"
        return "blocked" if live else "queued"

    @property
    def state(self) -> str:
        """What the flow as a whole came to."""
        awaited = {parent for plan in self.plans for parent in plan.parents}
        sinks = {state for at, state in enumerate(self.states) if at not in awaited}
        if any(state in LIVE for state in self.states):
            return "running"
        return "dead" if "dead" in sinks else "cancelled" if "cancelled" in sinks else "completed"
