"""Owns the verdict on dispatch: leases, limits, rates and order, replayed from the index's events. Pure.

It must never judge across a loss what a loss may change.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tools.faults.valkey_faults import Loss
from tools.faults.violations import Violation
from tools.faults.watch import Seen

ENDS = frozenset(
    {"completed", "retrying", "snoozed", "released", "reclaimed", "dead", "cancelled", "dropped", "expired"}
)
WAITING_AGAIN = frozenset({"released", "reclaimed"})
#: Kinds that give a job the time it waits for, and the states in which it does.
TIMED = frozenset({"enqueued", "changed", "retrying", "snoozed"})
WAITS_FOR_TIME = frozenset({"scheduled", "retrying"})
#: A server that is killed may forget what it has answered for so long: while its disk is busy ("everysec"), it puts off
#: writing its log. What stands in events of it is then not in the data it comes back with.
PUT_OFF_MS = 2_000
#: Between a kill as we note it and the end of the process.
KILL_MS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the queues promise. Rates are (starts, window in ms)."""

    max_running: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    ordered: frozenset[str] = frozenset()
    priorities: Mapping[str, int] = field(default_factory=dict)
    #: When the server was killed with its log left as it was.
    kills: Sequence[int] = ()

    def may_forget(self, at_ms: int, before_ms: int) -> bool:
        """True when a kill before `before_ms` may have taken what happened at `at_ms`."""
        return any(kill - PUT_OFF_MS <= at_ms <= kill + KILL_MS and kill <= before_ms for kill in self.kills)


def replay(seen: Sequence[Seen], losses: Iterable[Loss], rules: Rules) -> list[Violation]:
    """Every violation that the events show."""
    known = sorted(losses, key=lambda loss: loss.at_ms)
    bounds = [loss.at_ms for loss in known]
    violations: list[Violation] = []
    for epoch in _epochs(seen, bounds):
        violations.extend(_leases(epoch, rules))
        violations.extend(_early(epoch))
        for queue in rules.ordered:
            violations.extend(_order([each for each in epoch if each.queue == queue], rules))
    for queue, (starts, window_ms) in rules.rates.items():
        times = sorted(each.at_ms for each in seen if each.queue == queue and each.kind == "started")
        violations.extend(_rates(queue, times, (starts, window_ms), known))
    return violations


def _epochs(seen: Sequence[Seen], bounds: Sequence[int]) -> Iterator[list[Seen]]:
    """The events between losses; in each, the index is one continuous history."""
    epoch: list[Seen] = []
    left = list(bounds)
    for each in seen:
        while left and each.at_ms > left[0]:
            yield epoch
            epoch, left = [], left[1:]
        epoch.append(each)
    yield epoch


def _leases(epoch: Iterable[Seen], rules: Rules) -> Iterator[Violation]:
    holders: dict[str, dict[str, Seen]] = defaultdict(dict)
    for each in epoch:
        held = holders[each.queue]
        if each.kind == "started":
            first = held.get(each.job_id)
            if first is not None and not rules.may_forget(first.at_ms, each.at_ms):
                yield Violation("double lease", each.job_id, f"{first.token} still had it for {each.token}")
            held[each.job_id] = each
            limit = rules.max_running.get(each.queue)
            if limit is not None and len(held) > limit:
                yield Violation(
                    "limit", each.job_id, f"{len(held)} leases in {each.queue} at {each.at_ms}, not {limit}"
                )
        elif each.kind in ENDS:
            held.pop(each.job_id, None)


def _early(epoch: Iterable[Seen]) -> Iterator[Violation]:
    """No job starts before the time it was last given."""
    due: dict[str, int] = {}
    for each in epoch:
        if each.kind in TIMED and each.state in WAITS_FOR_TIME:
            due[each.job_id] = each.due_ms
        elif each.kind == "started" and each.at_ms < due.pop(each.job_id, 0):
            yield Violation("early", each.job_id, f"started at {each.at_ms} before its time")
        elif each.kind in TIMED or each.kind in ENDS:
            due.pop(each.job_id, None)


def _order(events: Iterable[Seen], rules: Rules) -> Iterator[Violation]:
    """A job starts only when no job before it waits: lower priority number first, then first come."""
    places: dict[str, tuple[int, int]] = {}
    waiting: set[str] = set()
    for number, each in enumerate(events):
        if each.kind == "enqueued" and each.state == "queued":
            places[each.job_id] = (rules.priorities.get(each.job_id, 0), number)
            waiting.add(each.job_id)
        elif each.kind == "started":
            place = places.get(each.job_id)
            earlier = [job_id for job_id in waiting if place is not None and places[job_id] < place]
            if earlier:
                yield Violation("order", each.job_id, f"started at {each.at_ms} before {', '.join(earlier[:5])}")
            waiting.discard(each.job_id)
        elif each.kind in WAITING_AGAIN and each.job_id in places:
            waiting.add(each.job_id)
        elif each.kind in ENDS:
            waiting.discard(each.job_id)
            places.pop(each.job_id, None)


def _rates(queue: str, times: Sequence[int], rate: tuple[int, int], losses: Sequence[Loss]) -> Iterator[Violation]:
    """No window (t, t + window] holds more starts than the rate: rates hold across losses too (rule 14)."""
    starts, window_ms = rate
    for first, last in zip(times, times[starts:], strict=False):
        if last - first < window_ms:
            inside = [f"{loss.kind} at {loss.at_ms}" for loss in losses if first <= loss.at_ms <= last]
            where = f", with a loss inside: {', '.join(inside)}" if inside else ""
            yield Violation("rate", "", f"{queue}: {starts + 1} starts from {first} to {last}{where}")
