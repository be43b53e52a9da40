"""Owns a rolling restart under load: each worker and scheduler is told to stop, one after the other, several rounds.

It must never do harm: nothing here is a fault, so nothing may be lost, doubled, or cost an attempt.
"""

import random
import signal
import time
from collections.abc import Iterator

from tools.faults.assembly import ALL_JOBS
from tools.faults.children import Child
from tools.faults.evidence import Evidence
from tools.faults.nemesis import READY_SECONDS, Nemesis
from tools.faults.violations import Violation
from tools.stores.errors import StoreFailed

#: Who is replaced, in this order.
ROLES = ("worker", "scheduler")
#: The load goes on for about so long between two restarts.
PAUSE_SECONDS = 0.3
#: Jobs that fail as often as their arguments say.
BY_ARGUMENTS = frozenset({"stumble", "apart", "stage", "charge", "node", "in-line", "walk"})
#: Jobs that fail as their provider or their deadline says.
BY_OTHERS = frozenset({"guarded", "hurried", "revived"})
ONCE = frozenset(job.name for job in ALL_JOBS) - BY_ARGUMENTS - BY_OTHERS
DOOMED_ATTEMPTS = {"doomed": 2, "broken": 1}


class Rolling(Nemesis):
    """As the nemesis, with restarts in the place of faults; the plan's seconds say how long rounds begin."""

    def torment(self) -> None:
        """Round after round; a round that has begun is finished."""
        chance = random.Random(self._plan.seed)  # noqa: S311  # a seeded order, not a secret
        until = time.monotonic() + self._plan.seconds
        while time.monotonic() < until:
            for role in ROLES:
                children = self._world.of_role(role)
                for child in chance.sample(children, len(children)):
                    self._replace(child)
                    self.faults[f"restart-{role}"] += 1
            self.faults["rounds"] += 1

    def judge(self, evidence: Evidence) -> list[Violation]:
        """As after faults; and a restart leaves no trace in any job."""
        return [*super().judge(evidence), *untouched(evidence)]

    def _replace(self, child: Child) -> None:
        """Told to stop, gone, started again, ready; whoever takes longer than a minute is a violation in itself."""
        was = child.starts
        child.send(signal.SIGTERM)
        until = time.monotonic() + READY_SECONDS
        while child.starts == was or not child.is_running or child.trouble() is not None:
            if time.monotonic() > until:
                raise StoreFailed(f"{child.name} did not come back: {child.trouble()}")
            self._turn()
        pause_until = time.monotonic() + PAUSE_SECONDS
        while time.monotonic() < pause_until:
            self._turn()


def untouched(evidence: Evidence) -> Iterator[Violation]:
    """Nothing crashed, and who was given back at a stop has made no more attempts than his own failures explain."""
    for row in evidence.rows:
        if row.crashes:
            yield Violation("crash", row.id, f"{row.name} counts {row.crashes} crashes, and none was killed")
        expected = _attempts(row.name, row.reason or row.state, row.fails)
        if row.generation == 1 and expected is not None and row.attempts != expected:
            yield Violation("attempts", row.id, f"{row.name} has made {row.attempts} attempts, not {expected}")


def _attempts(name: str, end: str, fails: int) -> int | None:
    """How many a job of this name makes until this end; None where others decide."""
    if end == "completed":
        return 1 + fails if name in BY_ARGUMENTS else 1 if name in ONCE else None
    return DOOMED_ATTEMPTS.get(name) if end == "exhausted" else None
