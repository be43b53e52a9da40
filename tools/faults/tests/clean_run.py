"""Owns a small run that kept every promise, for tests to break in one place. It must never hold a store."""

import time
from dataclasses import replace
from typing import Any

from tools.faults.acknowledgements import Promises
from tools.faults.evidence import Evidence, Index, Outcome, Row, Tick
from tools.faults.oracle import END, START, Line

NOTE, WRITE, PARENT, LEFT, RIGHT, TICK, DEAD, FAR = (f"job-{name}" for name in "nwplrtdf")


def row(job_id: str, name: str, n: int, **changes: Any) -> Row:
    """A completed row of the mixed queue."""
    made = Row(job_id, 1, name, "mixed", "completed", is_final=True, priority=3, n=n)
    return replace(made, **changes)


def lines(job_id: str) -> tuple[Line, ...]:
    """A body that ran once."""
    now = time.time_ns()
    return tuple(Line(kind, job_id, 1, 1, 1, now, now) for kind in (START, END))


ROWS = (
    row(NOTE, "note", 0),
    row(WRITE, "write", 1),
    row(PARENT, "parent", 2),
    row(LEFT, "child", -1, parent_id=PARENT),
    row(RIGHT, "child", -1, parent_id=PARENT),
    row(TICK, "tick", -1, tick_ms=1_000),
    row(DEAD, "doomed", 3, state="dead", reason="exhausted"),
    row(FAR, "note", 4, state="scheduled", is_final=False, is_far=True),
)


def evidence(**changes: Any) -> Evidence:
    """The clean run, with some of its evidence replaced."""
    clean = Evidence(
        promises=Promises(
            {0: NOTE, 1: WRITE, 2: PARENT, 3: DEAD, 4: FAR}, dict.fromkeys(range(6), "plain"), frozenset({5})
        ),
        rows=ROWS,
        effects=((WRITE, 1), (PARENT, 1), (TICK, 1)),
        outcomes=tuple(Outcome(each.id, 1, "running", each.state) for each in ROWS if each.is_final),
        ticks=(Tick("second-0", 1_000, TICK),),
        last_runs={"second-0": 1_000},
        intents=frozenset({1}),
        index=Index(entries={FAR: (1, "scheduled")}, delayed={"mixed": frozenset({FAR})}, bodies=frozenset({FAR})),
        lines=tuple(line for each in ROWS if each.is_final for line in lines(each.id)),
    )
    return replace(clean, **changes)
