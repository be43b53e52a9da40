"""Owns the verdict on what people asked for, and on steps and effects. Pure: it looks at no store and no clock."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator

from tools.faults.evidence import Evidence, Row
from tools.faults.kinds import CHARGED, STAGED
from tools.faults.oracle import CALL, PAID, START, Line
from tools.faults.violations import Violation
from tools.faults.wishes import REQUEUE


def cancels(evidence: Evidence) -> Iterator[Violation]:
    """An acknowledged cancel is the outcome of its generation, for good."""
    ends = {(each.job_id, each.generation): each.after for each in evidence.outcomes}
    rows = {row.id: row for row in evidence.rows}
    for job_id, generation in sorted(evidence.wished.cancelled):
        row, end = rows.get(job_id), ends.get((job_id, generation), "live")
        if end != "cancelled":
            yield Violation("cancel", job_id, f"generation {generation} was cancelled and is {end}")
        elif row is not None and row.generation == generation and row.state != "cancelled":
            yield Violation("cancel", job_id, f"generation {generation} was cancelled, its row says {row.state}")


def requeues(evidence: Evidence) -> Iterator[Violation]:
    """An acknowledged requeue is a generation; nobody else makes one."""
    for row in evidence.rows:
        promised = evidence.wished.requeued.get(row.id, 1)
        if row.generation < promised:
            yield Violation("requeue", row.id, f"generation {promised} was promised, the row has {row.generation}")
        most = 1 + evidence.wished.asked[REQUEUE, row.id]
        if row.generation > most:
            yield Violation("requeue", row.id, f"generation {row.generation}, and nobody asked for one above {most}")


def changes(evidence: Evidence) -> Iterator[Violation]:
    """An acknowledged change stands in the row."""
    for row in evidence.rows:
        priority = evidence.wished.priorities.get(row.id, row.priority)
        queue = evidence.wished.queues.get(row.id, row.queue)
        if (row.priority, row.queue) != (priority, queue):
            yield Violation(
                "change", row.id, f"{row.queue} at priority {row.priority}, changed to {queue} at {priority}"
            )


def steps(evidence: Evidence) -> Iterator[Violation]:
    """A step commits once a generation; a completed job has made its step."""
    counts = Counter(evidence.steps)
    for (job_id, generation), count in counts.items():
        if count > 1:
            yield Violation("double step", job_id, f"generation {generation} committed its step {count} times")
    for row in evidence.rows:
        if row.name in STAGED and row.state == "completed" and not counts[row.id, row.generation]:
            yield Violation("step", row.id, "completed without its step")


def calls(evidence: Evidence) -> Iterator[Violation]:
    """Calls of one job carry one key, are each counted beforehand, and end with the first that was answered."""
    made = defaultdict[str, list[Line]](list)
    for line in evidence.lines:
        if line.kind == CALL:
            made[line.job_id].append(line)
    for job_id, lines in made.items():
        keys = {line.generation for line in lines}
        if len(keys) > 1:
            yield Violation("key", job_id, f"called under the keys of generations {sorted(keys)}")
        counted = evidence.counted_calls.get(job_id, 0)
        if len(lines) > counted:
            yield Violation("call", job_id, f"called {len(lines)} times, {counted} of them announced")
    for row in evidence.rows:
        if row.name in CHARGED and row.state == "completed" and row.id not in made:
            yield Violation("call", row.id, "completed without its call")
    yield from _late_calls(evidence, list(itertools.chain.from_iterable(made.values())))


def _late_calls(evidence: Evidence, made: list[Line]) -> Iterator[Violation]:
    """By an attempt that began after the answer was stored; one before may have been overtaken in the middle."""
    began_at, paid_at = _first(evidence, START), dict[str, int]()
    for (job_id, *_), at in _first(evidence, PAID).items():
        paid_at[job_id] = min(at, paid_at.get(job_id, at))
    for line in made:
        began = began_at.get((line.job_id, line.pid, line.attempt), 0)
        if began > paid_at.get(line.job_id, began):
            yield Violation("call", line.job_id, f"attempt {line.attempt} called although the answer was stored")


def messages(evidence: Evidence) -> Iterator[Violation]:
    """What was written for a peer got there; until then it is on its way."""
    for number in sorted(evidence.unsent):
        yield Violation("stuck", "", f"the message of submission {number} still waits")
    for number in sorted(evidence.unsendable):
        yield Violation("lost", "", f"the message of submission {number} was given up")


def _first(evidence: Evidence, kind: str) -> dict[tuple[str, int, int], int]:
    """When an attempt in a process first said this."""
    found: dict[tuple[str, int, int], int] = {}
    for line in evidence.lines:
        if line.kind == kind:
            key = (line.job_id, line.pid, line.attempt)
            found[key] = min(line.monotonic_ns, found.get(key, line.monotonic_ns))
    return found


def is_cancel_asked(evidence: Evidence, row: Row) -> bool:
    """Whether somebody asked for this end, acknowledged or not."""
    return bool(evidence.wished.asked["cancel", row.id])
