"""Owns the verdict of a run: what each promise says of the evidence. Pure: it must never look at a store or a clock."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tools.faults import graph_checker, graph_jobs, key_checker, keyed_jobs, time_checker, timed_jobs
from tools.faults.evidence import Evidence, Row
from tools.faults.jobs import DOOMED, WRITERS
from tools.faults.kinds import REVIVED
from tools.faults.kinds import WRITERS as MORE_WRITERS
from tools.faults.oracle import END, START
from tools.faults.violations import Violation
from tools.faults.wish_checker import calls, cancels, changes, is_cancel_asked, messages, requeues, steps

CHILDREN = 2
ALL_WRITERS = WRITERS | MORE_WRITERS | keyed_jobs.WRITERS | graph_jobs.WRITERS | timed_jobs.WRITERS
#: Jobs whose ends have rules of their own.
JUDGED_APART = graph_jobs.GRAPHED | timed_jobs.TIMED


def check(evidence: Evidence) -> list[Violation]:
    """Every violation of what concerns rows, bodies, effects, schedules, processes and the index."""
    return [violation for part in _PARTS for violation in part(evidence)]


def lost(evidence: Evidence) -> Iterator[Violation]:
    """Acknowledged and not there, or there and not at its end after the drain."""
    rows = {row.id: row for row in evidence.rows}
    for number, job_id in evidence.promises.acked.items():
        row = rows.get(job_id)
        if row is None:
            yield Violation("lost", job_id, f"submission {number} was acknowledged and has no row")
    numbers = {row.n for row in evidence.rows}
    for number in sorted(evidence.intents - numbers - evidence.unsent):
        yield Violation("lost", "", f"the transaction of submission {number} is there and its job is not")
    for row in evidence.rows:
        if not row.is_final and not row.is_far:
            yield Violation("stuck", row.id, f"{row.name} is still {row.state} after the drain")


def unexpected(evidence: Evidence) -> Iterator[Violation]:
    """Jobs that nobody asked for, that were rolled back, or that one submission made twice."""
    promises = evidence.promises
    by_number: dict[int, list[str]] = defaultdict(list)
    for row in evidence.rows:
        if row.n < 0:
            continue
        by_number[row.n].append(row.id)
        if row.n not in promises.tried:
            yield Violation("unexpected", row.id, f"no producer made submission {row.n}")
        if row.n in promises.void:
            yield Violation("unexpected", row.id, f"submission {row.n} was rolled back")
    for number, ids in by_number.items():
        if len(ids) > 1:
            yield Violation("unexpected", ids[1], f"submission {number} made {len(ids)} jobs: {', '.join(ids)}")
        elif promises.acked.get(number, ids[0]) != ids[0]:
            yield Violation("lost", promises.acked[number], f"submission {number} became {ids[0]} instead")
    known = {row.id for row in evidence.rows}
    for job_id in {line.job_id for line in evidence.lines} - known:
        yield Violation("unexpected", job_id, "a body ran for a job without a row")


def twice(evidence: Evidence) -> Iterator[Violation]:
    """An outcome or an effect that a generation has more than once."""
    for (job_id, generation), count in Counter((o.job_id, o.generation) for o in evidence.outcomes).items():
        if count > 1:
            seen = [f"{o.before}->{o.after}" for o in evidence.outcomes if o.job_id == job_id]
            yield Violation("double outcome", job_id, f"generation {generation}: {', '.join(seen)}")
    for (job_id, generation), count in Counter(evidence.effects).items():
        if count > 1:
            yield Violation("double effect", job_id, f"generation {generation} has {count} effects")


def effects(evidence: Evidence) -> Iterator[Violation]:
    """Effect and completion are one commit: neither without the other."""
    written = set(evidence.effects)
    completed = {(each.job_id, each.generation) for each in evidence.outcomes if each.after == "completed"}
    for row in evidence.rows:
        if row.name not in ALL_WRITERS:
            continue
        is_done, has_effect = row.state == "completed", (row.id, row.generation) in written
        for number in range(1, row.generation):
            if (row.id, number) in written and (row.id, number) not in completed:
                yield Violation("effect without outcome", row.id, f"{row.name} wrote in generation {number}")
        if is_done and not has_effect:
            yield Violation("outcome without effect", row.id, f"{row.name} is completed and wrote nothing")
        if has_effect and not is_done:
            yield Violation("effect without outcome", row.id, f"{row.name} wrote and is {row.state}")


def unfair(evidence: Evidence) -> Iterator[Violation]:
    """Ends that no job asked for. A job whose process died again and again may be dead for that reason."""
    for row in evidence.rows:
        if not row.is_final or row.name in JUDGED_APART:
            continue
        dies = row.name in DOOMED or (row.name in REVIVED and row.generation == 1)
        is_expected = row.state == ("dead" if dies else "completed")
        is_expected |= row.state == "cancelled" and (is_cancel_asked(evidence, row) or row.name == "beat")
        if not is_expected and not (row.state == "dead" and row.reason == "crashed"):
            yield Violation("wrong end", row.id, f"{row.name} is {row.state} ({row.reason or 'no reason'})")


def bodies(evidence: Evidence) -> Iterator[Violation]:
    """A completed job has run, by the word of its own body."""
    ends = {line.job_id for line in evidence.lines if line.kind == END}
    starts = {line.job_id for line in evidence.lines if line.kind == START}
    for row in evidence.rows:
        if row.state == "completed" and row.id not in ends:
            what = "never ended" if row.id in starts else "never started"
            yield Violation("never ran", row.id, f"{row.name} is completed and its body {what}")


def families(evidence: Evidence) -> Iterator[Violation]:
    """Children are there if and only if their parent's final transaction is."""
    children = Counter(row.parent_id for row in evidence.rows if row.parent_id)
    rows = {row.id: row for row in evidence.rows}
    for row in evidence.rows:
        expected = CHILDREN if row.name == "parent" and row.state == "completed" else 0
        if children[row.id] != expected:
            yield Violation("family", row.id, f"{row.name} {row.state} has {children[row.id]} children, not {expected}")
    for orphan in set(children) - set(rows):
        yield Violation("family", str(orphan), "has children and no row")


def ticks(evidence: Evidence) -> Iterator[Violation]:
    """Each tick of a schedule has exactly one job, and each such job its tick."""
    rows = {row.id: row for row in evidence.rows}
    jobs = Counter(tick.job_id for tick in evidence.ticks)
    for tick in evidence.ticks:
        name, row = f"{tick.schedule} at {tick.at_ms}", rows.get(tick.job_id or "")
        if row is None:
            yield Violation("tick", tick.job_id or "", f"{name} has no job")
        elif row.tick_ms != tick.at_ms:
            yield Violation("tick", row.id, f"{name} has a job that stands for {row.tick_ms}")
        elif jobs[tick.job_id] > 1:
            yield Violation("tick", row.id, f"{name} shares its job with another tick")
    for row in evidence.rows:
        if row.tick_ms is not None and row.id not in jobs:
            yield Violation("tick", row.id, f"a job for the tick {row.tick_ms} that no schedule has fired")
    fired = {(tick.schedule, tick.at_ms) for tick in evidence.ticks}
    for schedule, at_ms in evidence.last_runs.items():
        if (schedule, at_ms) not in fired:
            yield Violation("tick", "", f"{schedule} went past {at_ms} without a tick")


def index(evidence: Evidence) -> Iterator[Violation]:
    """At quiet every live row is exactly one entry in exactly one place, and there is nothing else."""
    live = {row.id: row for row in evidence.rows if not row.is_final}
    found = evidence.index
    for job_id, row in live.items():
        yield from _entry(evidence, row, job_id)
    for job_id, (generation, state) in found.entries.items():
        if job_id not in live:
            yield Violation("index", job_id, f"an entry (generation {generation}, {state}) without a live row")
    for kind in ("ready", "delayed", "running"):
        for queue, ids in getattr(found, kind).items():
            for job_id in ids - set(found.entries):
                yield Violation("index", job_id, f"{kind} of {queue} names a job that is no entry")
    for kind in ("unsettled", "outcomes"):
        for job_id in getattr(found, kind):
            yield Violation("index", job_id, f"{kind} still names it")
    for job_id in found.bodies - set(live):
        yield Violation("index", job_id, "a body without a live row")


def _entry(evidence: Evidence, row: Row, job_id: str) -> Iterator[Violation]:
    found = evidence.index
    entry = found.entries.get(job_id)
    if entry is None:
        yield Violation("index", job_id, f"live row ({row.state}) without an entry")
        return
    if entry[0] != row.generation:
        yield Violation("index", job_id, f"row has generation {row.generation}, entry {entry[0]}")
    if job_id not in found.bodies:
        yield Violation("index", job_id, "entry without a body")
    places = [
        f"{kind} of {queue}"
        for kind in ("ready", "delayed", "running")
        for queue, ids in getattr(found, kind).items()
        if job_id in ids
    ]
    kinds = {"queued": "ready", "scheduled": "delayed", "retrying": "delayed", "running": "running"}
    if places != [f"{kinds.get(entry[1], 'nowhere')} of {row.queue}"]:
        yield Violation("index", job_id, f"entry is {entry[1]} and stands in: {', '.join(places) or 'nothing'}")


def processes(evidence: Evidence) -> Iterator[Violation]:
    """Long after the last fault every process is ready; nothing of one has ended by itself."""
    for name, trouble in evidence.unwell.items():
        yield Violation("unwell", "", f"{name}: {trouble}")
    for name, ends in evidence.deaths.items():
        yield Violation("death", "", f"{name}: {', '.join(ends)}")


_PARTS = (
    *(lost, unexpected, twice, unfair, effects, bodies, families, ticks, index, processes),
    *(cancels, requeues, changes, steps, calls, messages),
    *(graph_checker.graphs, graph_checker.waiters),
    *(key_checker.uniques, key_checker.lines, key_checker.groups, key_checker.rooms),
    *(time_checker.beats, time_checker.circuits, time_checker.budgets),
    *(time_checker.walks, time_checker.expiries, time_checker.told),
)
