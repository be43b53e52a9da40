"""Owns how many slots a queue should have by what its jobs meet: additive increase, multiplicative decrease. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidArgument

#: A decrease leaves this share: half of the load is taken off at once, as congestion control does.
#: Source: D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989.
DECREASE = 0.5


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Bounds and goals of a queue whose slots follow what its jobs meet.

    One slot more while jobs wait, runs stay below `latency` and processes below `cpu` (a share of one core); half of
    them when runs take longer, a provider limits, or a process is busier; after each change nothing for `cooldown`.
    """

    min_slots: int
    max_slots: int
    latency: timedelta
    cpu: float = 0.9
    cooldown: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if not 1 <= self.min_slots <= self.max_slots <= 1000:
            raise InvalidArgument("1 ≤ min_slots ≤ max_slots ≤ 1,000 must hold", field="min_slots")
        if not timedelta(milliseconds=1) <= self.latency <= timedelta(hours=24):
            raise InvalidArgument("latency must be from 1 ms to 24 hours", field="latency")
        if not 0 < self.cpu <= 1:
            raise InvalidArgument("cpu must be above 0 and at most 1", field="cpu")
        if not timedelta(seconds=1) <= self.cooldown <= timedelta(hours=1):
            raise InvalidArgument("cooldown must be from 1 second to 1 hour", field="cooldown")


@dataclass(frozen=True, slots=True)
class Measures:
    """What the workers of one queue met lately. `cpu` is the busiest process's share of one core."""

    runs: int
    mean_seconds: float
    limited: int
    cpu: float
    queued: int


@dataclass(frozen=True, slots=True)
class Decision:
    """How many slots a queue should have, and why."""

    slots: int
    reason: str


def decide(rule: Adaptive, slots: int, met: Measures) -> Decision | None:
    """What to do now; None = leave it. Slots outside the bounds, which a person may have set, come back into them."""
    if not rule.min_slots <= slots <= rule.max_slots:
        return Decision(min(max(slots, rule.min_slots), rule.max_slots), "back into its bounds")
    if met.runs == 0 and met.limited == 0:
        return None
    trouble = _trouble(rule, met)
    if trouble:
        fewer = max(rule.min_slots, int(slots * DECREASE))
        return Decision(fewer, trouble) if fewer < slots else None
    if met.queued > 0 and slots < rule.max_slots:
        return Decision(slots + 1, f"{met.queued:,} jobs wait and runs take {met.mean_seconds:.3g} s")
    return None


def _trouble(rule: Adaptive, met: Measures) -> str:
    if met.limited:
        return f"a provider limited {met.limited:,} runs"
    if met.mean_seconds > rule.latency.total_seconds():
        return f"runs take {met.mean_seconds:.3g} s, above {rule.latency.total_seconds():g} s"
    return f"a process takes {met.cpu:.0%} of a core, above {rule.cpu:.0%}" if met.cpu > rule.cpu else ""
