"""Owns the verdict on what jobs share by a key: unique ones, lines, groups, rooms. Pure."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tools.faults.evidence import Evidence, Row
from tools.faults.keyed_jobs import FOR_SECONDS, GROUPS_MAX_RUNNING, UNIQUE
from tools.faults.oracle import ENTERED, INSIDE, LEFT, START, Line
from tools.faults.records import LINE, Record
from tools.faults.records import UNIQUE as ASKED
from tools.faults.replay import Rules, replay
from tools.faults.times_of import SLACK_MS, Times
from tools.faults.violations import Violation

START_MODES = frozenset({"until_start", "debounce", "keep_latest"})
LATEST_MODES = frozenset({"debounce", "keep_latest"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One submission for a key, between two moments; `id` is what was answered."""

    number: int
    id: str | None
    is_fresh: bool
    from_ms: float
    until_ms: float


def uniques(evidence: Evidence) -> Iterator[Violation]:
    """Never a second job of a key while the first one holds it; the newest arguments where they count."""
    times = Times(evidence)
    by_key = defaultdict[tuple[str, str], list[Asked]](list)
    for record in evidence.noted:
        if record.what == ASKED:
            by_key[record["job"], record["key"]].append(_asked(record, times))
    told = {line.job_id: line for line in reversed(evidence.lines) if line.kind == START}
    for (job, key), all_asked in by_key.items():
        mode = UNIQUE[job].mode
        fresh = sorted((each for each in all_asked if each.is_fresh), key=lambda each: each.from_ms)
        for first, second in itertools.pairwise(fresh):
            held_until = _held_until(mode, first, times)
            if second.from_ms > first.until_ms and second.until_ms < held_until - SLACK_MS:
                yield Violation("unique", str(second.id), f"{job} {key}: {first.id} still held the key ({mode})")
        if mode in LATEST_MODES:
            yield from _newest(job, key, all_asked, told)
        if mode == "keep_latest":
            yield from _in_turn([str(each.id) for each in fresh], times, f"{job} {key}")


def _asked(record: Record, times: Times) -> Asked:
    asked_ms, told_ms = times.at(record["asked_ns"]), times.at(record.at_ns)
    return Asked(record["number"], record["id"], record["is_fresh"], asked_ms, told_ms)


def _held_until(mode: str, first: Asked, times: Times) -> float:
    """Until when nobody else may have had the key; too early where the evidence is lost."""
    job_id = str(first.id)
    if mode == "for":
        return first.from_ms + FOR_SECONDS * 1000
    if mode not in START_MODES:
        return times.ends.get((job_id, 1), 0.0)
    claimed = min(times.claims.get(job_id, [0]))
    return claimed if times.is_unbroken(first.until_ms, claimed) else 0.0


def _newest(job: str, key: str, all_asked: list[Asked], told: dict[str, Line]) -> Iterator[Violation]:
    """What was acknowledged as this job's newest arguments is what it ran with, or something newer."""
    newest: dict[str, int] = {}
    for each in all_asked:
        if each.id is not None:
            newest[each.id] = max(each.number, newest.get(each.id, -1))
    for job_id, number in newest.items():
        line = told.get(job_id)
        if line is not None and int(line.detail) < number:
            yield Violation("newest", job_id, f"{job} {key} ran with {line.detail} and was promised {number}")


def lines(evidence: Evidence) -> Iterator[Violation]:
    """One after the other, in the order in which one thread asked for them."""
    times = Times(evidence)
    by_number = {row.n: row for row in evidence.rows if row.n >= 0}
    by_line = defaultdict[str, list[Row]](list)
    for record in evidence.noted:
        if record.what == LINE and (row := by_number.get(record["number"])) is not None:
            by_line[record["line"]].append(row)
    for line, rows in by_line.items():
        yield from _in_turn([row.id for row in sorted(rows, key=lambda row: row.n)], times, line)


def _in_turn(ids: list[str], times: Times, what: str) -> Iterator[Violation]:
    for first, second in itertools.pairwise(ids):
        began, ended = times.begins.get(second), times.ends.get((first, 1), float("inf"))
        if began is not None and began < ended - SLACK_MS:
            yield Violation("sequence", second, f"{what}: it began before {first} had ended")


def groups(evidence: Evidence) -> Iterator[Violation]:
    """Of a group never more leases than its limit."""
    group_of = {row.id: row.key for row in evidence.rows if row.name == "grouped"}
    seen = [replace(each, queue=group_of[each.job_id]) for each in evidence.seen if each.job_id in group_of]
    limits = dict.fromkeys(group_of.values(), GROUPS_MAX_RUNNING)
    for each in replay(seen, evidence.losses, Rules(max_running=limits)):
        if each.kind == "limit":
            yield replace(each, kind="group limit")


def rooms(evidence: Evidence) -> Iterator[Violation]:
    """Of two that were in a room at once, at most one left it in the belief that it had been alone."""
    times = Times(evidence)
    stays = defaultdict[str, list[tuple[float, float, str]]](list)
    open_stays: dict[tuple[str, int, int], tuple[Line, Line | None]] = {}
    for line in sorted(evidence.lines, key=lambda line: line.monotonic_ns):
        who = (line.job_id, line.pid, line.attempt)
        if line.kind == ENTERED:
            open_stays[who] = (line, None)
        elif line.kind == INSIDE and who in open_stays:
            open_stays[who] = (open_stays[who][0], line)
        elif line.kind == LEFT and who in open_stays:
            entered, inside = open_stays.pop(who)
            if inside is not None:
                stays[line.detail].append((times.of(entered), times.of(inside), line.job_id))
    for room, found in stays.items():
        for first, second in itertools.pairwise(sorted(found)):
            if second[0] < first[1] and times.is_unbroken(first[0], first[1]):
                yield Violation("lock", second[2], f"in room {room} with {first[2]}, and neither noticed")
