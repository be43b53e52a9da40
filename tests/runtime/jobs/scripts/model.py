"""Owns what the index should do, in plain Python without Redis: the yardstick of test_model.

It must never be made to agree with the scripts; where they differ, ARCHITECTURE §4 decides.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.jobs.scripts import CRASHES_MAX, Held

FINAL = ("completed", "dead", "cancelled")
#: Job name and group of every id.
KINDS = {"a": ("mill", ""), "b": ("mill", "rye"), "c": ("mill", "oat"), "d": ("bake", "rye"), "e": ("bake", "rye")}
GATES = ("j:mill", "j:bake", "g:rye", "g:oat")


def gates_of(job_id: str) -> list[str]:
    """The gates that a job passes when it starts."""
    name, group = KINDS[job_id]
    return [f"j:{name}", f"g:{group}"] if group else [f"j:{name}"]


@dataclass(slots=True)
class Entry:
    """One job as the index should hold it."""

    generation: int
    state: str
    place: tuple[int, int]
    is_durable: bool = True
    attempts: int = 0
    crashes: int = 0
    token: str = ""
    is_doomed: bool = False
    is_due: bool = False


@dataclass(slots=True)
class Model:
    """All jobs of one queue, by id."""

    entries: dict[str, Entry] = field(default_factory=dict)
    is_paused: bool = False
    max_running: int = 0
    pushed: int = 0
    #: Limits by gate, gates that are paused, and the limit of groups that have none of their own.
    limits: dict[str, int] = field(default_factory=dict)
    shut: set[str] = field(default_factory=set)
    group_max: int = 0
    #: Starts of the queue until now; whether all that waits counts as aged.
    started: int = 0
    is_ageing: bool = False

    def of(self, *states: str) -> list[str]:
        """Ids in these states, in the order in which they would start."""
        found = [job_id for job_id, entry in self.entries.items() if entry.state in states]
        return sorted(found, key=lambda job_id: self.entries[job_id].place)

    def enqueue(self, job_id: str, generation: int, priority: int, state: str, *, is_durable: bool) -> int:
        present = self.entries.get(job_id)
        if present and present.generation >= generation:
            return 0
        if present and present.state == "running":
            return -2
        self.pushed += 1
        self.entries[job_id] = Entry(generation, state, (priority, self.pushed), is_durable)
        return 1

    def startable(self, want: int, since: Callable[[str], float]) -> list[str]:
        """Who starts now, after what is due has become ready; `since` tells how long one waits."""
        for job_id in self.of("scheduled", "retrying"):
            if self.entries[job_id].is_due:
                self.entries[job_id].state, self.entries[job_id].is_due = "queued", False
        if self.is_paused:
            return []
        if self.max_running:
            want = max(0, min(want, self.max_running - len(self.of("running"))))
        chosen: list[str] = []
        while len(chosen) < want:
            waiting = [job_id for job_id in self.of("queued") if job_id not in chosen and self.may_pass(job_id, chosen)]
            if not waiting:
                break
            chosen.append(self._next(waiting, since, number=self.started + len(chosen) + 1))
        return chosen

    def may_pass(self, job_id: str, chosen: list[str]) -> bool:
        """No gate of this job is paused or full, with those counted that start before it."""
        running = Counter(gate for other in [*self.of("running"), *chosen] for gate in gates_of(other))
        usual = {gate: self.group_max for gate in GATES if gate.startswith("g:")}
        limits = usual | {gate: limit for gate, limit in self.limits.items() if limit}
        return not any(gate in self.shut or 0 < limits.get(gate, 0) <= running[gate] for gate in gates_of(job_id))

    def _next(self, waiting: list[str], since: Callable[[str], float], *, number: int) -> str:
        """The best; or at every tenth start, of the first in each lower priority, who has waited longest."""
        best = self.entries[waiting[0]].place[0]
        heads = {self.entries[job_id].place[0]: job_id for job_id in reversed(waiting)}
        lower = [heads[priority] for priority in sorted(heads) if priority > best and since(heads[priority]) < math.inf]
        if number % 10 or not lower or not self.is_ageing:
            return waiting[0]
        return min(lower, key=since)

    def start(self, job_id: str, token: str) -> None:
        entry = self.entries[job_id]
        entry.state, entry.token, entry.attempts = "running", token, entry.attempts + 1
        self.started += 1

    def holds(self, held: Held) -> bool:
        entry = self.entries.get(held.id)
        return bool(
            entry and entry.state == "running" and (entry.generation, entry.token) == (held.generation, held.token)
        )

    def end(self, job_id: str, state: str, *, is_settled: bool = False) -> None:
        entry = self.entries[job_id]
        entry.state, entry.token = state, ""
        if state == "completed" and not entry.is_durable:
            del self.entries[job_id]
        elif is_settled:
            entry.state = "tomb"

    def leave(self, job_id: str, state: str, *, counts: bool) -> None:
        """A running job goes back to waiting; one that nobody wants any more goes for good."""
        entry = self.entries[job_id]
        entry.token = ""
        entry.attempts -= not counts
        entry.state = "tomb" if entry.is_doomed else state

    def crash(self, job_id: str) -> None:
        entry = self.entries[job_id]
        entry.crashes += 1
        self.leave(job_id, "dead" if entry.crashes >= CRASHES_MAX else "queued", counts=False)

    def drop(self, job_id: str, generation: int, token: str) -> int:
        entry = self.entries.get(job_id)
        if entry is None or entry.state == "tomb" or entry.generation != generation:
            return 0
        if entry.state == "running" and entry.token != token:
            entry.is_doomed = True
            return 2
        entry.state, entry.token = "tomb", ""
        return 1

    def cancel(self, job_id: str, generation: int) -> int:
        entry = self.entries.get(job_id)
        if entry is None or (entry.state == "tomb" and entry.generation < generation):
            self.entries[job_id] = Entry(generation, "tomb", (0, 0))
            return 0
        if entry.generation != generation or entry.state in (*FINAL, "tomb"):
            return 0
        return self.drop(job_id, generation, "")

    def change(self, job_id: str, generation: int, *, priority: int, due: str) -> int:
        """`due` is keep, now or later."""
        entry = self.entries.get(job_id)
        if entry is None or entry.generation < generation:
            return 0
        if entry.generation > generation or entry.state not in ("queued", "scheduled", "retrying"):
            return -1
        entry.place = (priority or entry.place[0], entry.place[1])
        if due == "now":
            entry.state, entry.is_due = "queued", False
        elif due == "later":
            entry.state, entry.is_due = ("scheduled" if entry.state == "queued" else entry.state), False
        return 1

    def drain(self, *states: str) -> int:
        """Only what has no row goes."""
        gone = [job_id for job_id in self.of(*states) if not self.entries[job_id].is_durable]
        for job_id in gone:
            del self.entries[job_id]
        return len(gone)

    def settle(self, job_id: str, generation: int, state: str) -> int:
        entry = self.entries.get(job_id)
        if entry is None or (entry.generation, entry.state) != (generation, state) or state not in FINAL:
            return 0
        entry.state = "tomb"
        return 1
