"""Owns reading a queue's per-minute statistics, as the scripts keep them.

It must never compute a rate from kept jobs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from shared.clock import from_epoch_ms
from shared.errors import InvalidArgument
from shared.jobs.connection import store_errors
from shared.jobs.submission import Jobs

MINUTE_MS = 60_000
#: Two weeks, as lua/tally.lua keeps them; a read covers at most as much.
MINUTES_KEPT = 20_160
_BUCKETS_A_DOUBLING = 4
_unpack = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True, slots=True)
class Histogram:
    """Durations by bucket; bucket b holds those from 2^(b/4)-1 up to 2^((b+1)/4)-1 milliseconds."""

    buckets: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many durations there are."""
        return sum(self.buckets.values())

    def percentile_ms(self, fraction: float) -> float | None:
        """The upper edge of the bucket that holds this share (0 < fraction ≤ 1); None without any duration."""
        if not 0 < fraction <= 1:
            raise InvalidArgument(f"fraction must be above 0 and at most 1, got {fraction}", field="fraction")
        wanted, seen = fraction * self.count, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return float(2 ** ((bucket + 1) / _BUCKETS_A_DOUBLING) - 1)
        return None


@dataclass(frozen=True, slots=True)
class Minute:
    """What happened in a queue in the minute from `at`. `failed` counts attempts, be they `retried` or `dead`."""

    at: datetime
    enqueued: int = 0
    started: int = 0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    dead: int = 0
    waits: Histogram = field(default_factory=Histogram)
    runs: Histogram = field(default_factory=Histogram)


def read_minutes(jobs: Jobs, queue: str, *, minutes: int) -> list[Minute]:
    """The last `minutes` (1 to 20,160) of a queue, oldest first, the current one included.

    Its cost depends on the minutes asked for, never on how many jobs there are.
    """
    if queue not in jobs.catalogue.queues:
        allowed = sorted(jobs.catalogue.queues)
        raise InvalidArgument(f"no queue {queue[:60]!r}; allowed: {', '.join(allowed)}", field="queue", allowed=allowed)
    if not 1 <= minutes <= MINUTES_KEPT:
        raise InvalidArgument(f"minutes must be from 1 to {MINUTES_KEPT:,}, got {minutes}", field="minutes")
    last = jobs.scripts.time_ms() // MINUTE_MS
    wanted = list(range(last - minutes + 1, last + 1))
    with store_errors():
        packed = jobs.scripts.client.hmget(jobs.scripts.keys.of_queue(queue, "stats"), wanted)
    return [_minute(number, raw) for number, raw in zip(wanted, packed, strict=True)]


def sum_of(minutes: Sequence[Minute]) -> Minute:
    """Several minutes as one, from the first's start."""
    if not minutes:
        raise InvalidArgument("at least one minute is needed", field="minutes")
    waits: dict[int, int] = {}
    runs: dict[int, int] = {}
    for minute in minutes:
        for total, part in ((waits, minute.waits), (runs, minute.runs)):
            for bucket, count in part.buckets.items():
                total[bucket] = total.get(bucket, 0) + count
    return Minute(
        minutes[0].at,
        enqueued=sum(minute.enqueued for minute in minutes),
        started=sum(minute.started for minute in minutes),
        completed=sum(minute.completed for minute in minutes),
        failed=sum(minute.failed for minute in minutes),
        retried=sum(minute.retried for minute in minutes),
        dead=sum(minute.dead for minute in minutes),
        waits=Histogram(waits),
        runs=Histogram(runs),
    )


def _minute(number: int, packed: bytes | None) -> Minute:
    at = from_epoch_ms(number * MINUTE_MS)
    if packed is None:
        return Minute(at)
    enqueued, started, completed, failed, retried, dead, waits, runs = _unpack(packed)
    return Minute(at, enqueued, started, completed, failed, retried, dead, _histogram(waits), _histogram(runs))


def _histogram(raw: Any) -> Histogram:
    # An empty Lua table travels as an empty array.
    return Histogram({int(bucket): count for bucket, count in dict(raw or {}).items()})
