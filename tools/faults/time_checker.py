"""Owns the verdict on what clocks and providers decide: beats, circuits, points, walks, expiries, told ends. Pure."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator

from tools.faults.evidence import Evidence
from tools.faults.oracle import AT, DIALLED, DIALS, SPENDS, SPENT, START, Line
from tools.faults.records import TOLD
from tools.faults.timed_jobs import BEATS, FILLED, FILLED_MAX, FLAKY, METER, PARTS
from tools.faults.times_of import SLACK_MS, Times, of_kind
from tools.faults.violations import Violation

MS = 1000.0
#: Job -> how it may end beside being completed.
GIVEN_UP = {
    "hasty": {("expired", "queue_ttl"), ("dead", "crashed")},
    "hurried": {("expired", "deadline"), ("dead", "deadline"), ("dead", "crashed")},
}
FINAL = ("completed", "dead", "cancelled", "expired")


def beats(evidence: Evidence) -> Iterator[Violation]:
    """No two jobs of a schedule beside each other where it says so; each missed tick made up for where it says so."""
    times, rows = Times(evidence), {row.id: row for row in evidence.rows}
    ticks = defaultdict[str, list[tuple[int, str]]](list)
    for tick in evidence.ticks:
        if tick.job_id is not None:
            ticks[tick.schedule].append((tick.at_ms, tick.job_id))
    for schedule in BEATS:
        for (_, first), (_, second) in itertools.pairwise(sorted(ticks[schedule])):
            began, ended = times.begins.get(second), times.ends.get((first, 1), float("inf"))
            if began is not None and began < ended - SLACK_MS:
                yield Violation("overlap", second, f"{schedule}: it began before {first} had ended")
        for _, job_id in ticks[schedule]:
            row = rows.get(job_id)
            if row is not None and row.state == "cancelled" and schedule != "beat-cancel":
                yield Violation("overlap", job_id, f"{schedule} cancels nobody, and it is cancelled")
    filled = sorted(at_ms for at_ms, _ in ticks[FILLED])
    for one, next_one in itertools.pairwise(filled):
        if MS < next_one - one <= FILLED_MAX * MS:
            yield Violation("misfire", "", f"{FILLED} has no job between {one} and {next_one}")


def circuits(evidence: Evidence) -> Iterator[Violation]:
    """While a circuit is open nobody calls; then no more at once than its probes."""
    times = Times(evidence)
    spells = list(evidence.remains.turns)
    for at, spell in enumerate(spells):
        if spell.state != "open":
            continue
        following = spells[at + 1] if at + 1 < len(spells) else None
        # What PostgreSQL was not told of leaves a gap, or none when its number was given again after a loss.
        until = spell.opens_ms
        if following is not None and following.turn == spell.turn + 1:
            is_known = times.is_unbroken(spell.since_ms, following.since_ms)
            until = following.since_ms if is_known else until
        probes: list[tuple[float, float, str]] = []
        for line in of_kind(evidence.lines, DIALS):
            claimed, dialled = times.last_claim(line.job_id, times.of(line)), times.of(line)
            if claimed is None or line.job_id in evidence.unasked or not claimed > spell.since_ms:
                continue
            if dialled < min(spell.opens_ms, until) and times.is_unbroken(spell.since_ms, dialled):
                yield Violation("circuit", line.job_id, f"called at {dialled:.0f}, open until {spell.opens_ms}")
            elif spell.opens_ms <= claimed and dialled < until:
                probes.append((dialled, _answered(evidence, line, times), line.job_id))
        for first, second in itertools.pairwise(probes):
            is_fresh = second[0] - first[0] < FLAKY.probe_time.total_seconds() * MS / 2
            if is_fresh and second[0] < first[1] < until and times.is_unbroken(spell.since_ms, second[0]):
                yield Violation("circuit", second[2], f"called while the probe of {first[2]} was under way")


def _answered(evidence: Evidence, dials: Line, times: Times) -> float:
    """When this call was answered; at once for one that never was: its process is dead."""
    for line in evidence.lines:
        is_same = (line.job_id, line.pid, line.attempt) == (dials.job_id, dials.pid, dials.attempt)
        if line.kind == DIALLED and is_same and line.monotonic_ns >= dials.monotonic_ns:
            return times.of(line)
    return times.of(dials)


def budgets(evidence: Evidence) -> Iterator[Violation]:
    """In no window more points than the provider sells; counted where no doubt is in which window they fell."""
    times, window_ms = Times(evidence), METER.per.total_seconds() * MS
    asked: dict[tuple[str, int, int], float] = {}
    spent: Counter[int] = Counter()
    for line in sorted(evidence.lines, key=lambda line: line.monotonic_ns):
        who = (line.job_id, line.pid, line.attempt)
        if line.kind == SPENDS:
            asked[who] = times.of(line)
        elif line.kind == SPENT and who in asked and line.job_id not in evidence.unasked:
            window = int(asked.pop(who) // window_ms)
            if int(times.of(line) // window_ms) == window:
                spent[window] += int(line.detail)
    for window, points in spent.items():
        if points > METER.points:
            yield Violation("budget", "", f"{points} points from {window * window_ms:.0f}, not {METER.points}")


def walks(evidence: Evidence) -> Iterator[Violation]:
    """Each part once a generation, all of them when it is done; nobody goes on behind where another went on."""
    counts = Counter(evidence.remains.parts)
    for (job_id, generation, part), count in counts.items():
        if count > 1:
            yield Violation("double step", job_id, f"generation {generation} did part {part} {count} times")
    for row in evidence.rows:
        done = sum((row.id, row.generation, part) in counts for part in range(PARTS))
        if row.name == "walk" and row.state == "completed" and done != PARTS:
            yield Violation("step", row.id, f"completed with {done} of {PARTS} parts")
    starts = {(line.job_id, line.pid, line.attempt): line.monotonic_ns for line in of_kind(evidence.lines, START)}
    furthest: dict[str, Line] = {}
    for line in of_kind(evidence.lines, AT):
        before = furthest.get(line.job_id)
        began = starts.get((line.job_id, line.pid, line.attempt), 0)
        if before is not None and began > before.monotonic_ns and int(line.detail) < int(before.detail):
            yield Violation("cursor", line.job_id, f"went on at {line.detail}, after {before.detail}")
        if before is None or int(line.detail) >= int(before.detail):
            furthest[line.job_id] = line
        missing = [part for part in range(int(line.detail)) if (line.job_id, line.generation, part) not in counts]
        if missing:
            yield Violation("cursor", line.job_id, f"went on at {line.detail} without the parts {missing}")


def expiries(evidence: Evidence) -> Iterator[Violation]:
    """Who did not begin in time does not begin; who is given up was out of time."""
    times, rows, limits = Times(evidence), {row.id: row for row in evidence.rows}, evidence.remains.limits
    for row in evidence.rows:
        if row.name not in GIVEN_UP or not row.is_final:
            continue
        if row.state != "completed" and (row.state, row.reason) not in GIVEN_UP[row.name]:
            yield Violation("wrong end", row.id, f"{row.name} is {row.state} ({row.reason or 'no reason'})")
        early_ms = limits.get(row.id, float("inf")) - times.ends.get((row.id, row.generation), 0.0)
        if row.state != "completed" and row.reason != "crashed" and early_ms > SLACK_MS:
            yield Violation("expiry", row.id, f"{row.name} was given up {early_ms:.0f} ms before its time")
    for line in of_kind(evidence.lines, START):
        found, claimed = rows.get(line.job_id), times.last_claim(line.job_id, times.of(line))
        if found is None or found.name not in GIVEN_UP or line.attempt > 1 or claimed is None:
            continue
        late_ms = claimed - limits.get(found.id, float("inf"))
        # A job that has been put off meanwhile was due anew; it has been claimed before.
        if late_ms > SLACK_MS and min(times.claims[found.id]) == claimed:
            yield Violation("expiry", found.id, f"{found.name} began {late_ms:.0f} ms too late")


def told(evidence: Evidence) -> Iterator[Violation]:
    """The end that somebody waited for is the end."""
    rows = {row.id: row for row in evidence.rows}
    for record in evidence.noted:
        row = rows.get(record["id"]) if record.what == TOLD else None
        if row is not None and record["state"] in FINAL and record["state"] != row.state:
            yield Violation("told", row.id, f"it was told to be {record['state']} and is {row.state}")
