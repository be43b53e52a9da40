"""Owns the measurements of time to start: an idle worker's latency, and lateness of jobs due at once."""

import time

from tools.benchmarks import marks
from tools.benchmarks.arena import Arena, Ground, MeasurementFailed
from tools.benchmarks.engines import Engine
from tools.benchmarks.figures import Figures, percentile

WARM_UP = 20
WARM_UP_SPACING_MS = 10
#: The worker is left alone this long before it is measured.
IDLE_SECONDS = 1.0
#: Time to hand over jobs before they are due, for an engine that takes this many a second.
SLOWEST_ENQUEUE = 2_500


def idle_latency(ground: Ground, engine: Engine, count: int, *, spacing_ms: float) -> Figures:
    """From handing over (a durable job: from the end of its commit) to the first line of the job, worker idle."""
    with ground.arena(engine) as arena:
        _warm_up(arena)
        answer = arena.produce(count, first=WARM_UP, spacing_ms=spacing_ms)
        found = _started(arena, count)
        late_ms = [(found[WARM_UP + i] - stamp) / 1e6 for i, stamp in enumerate(answer.stamps)]
        return {"p50_ms": percentile(late_ms, 0.5), "p99_ms": percentile(late_ms, 0.99), "max_ms": max(late_ms)}


def due_at_once(ground: Ground, engine: Engine, count: int) -> Figures:
    """All jobs due at one instant, handed over before it, worker running: how late each starts."""
    with ground.arena(engine) as arena:
        _warm_up(arena)
        due_ns = time.monotonic_ns() + int((3 + count / SLOWEST_ENQUEUE) * 1e9)
        arena.produce(count, first=WARM_UP, in_bulk=True, due_ns=due_ns)
        if time.monotonic_ns() > due_ns:
            raise MeasurementFailed("the jobs were not all handed over before they were due")
        found = _started(arena, count)
        late_ms = [(found[number] - due_ns) / 1e6 for number in range(WARM_UP, WARM_UP + count)]
        early = sum(1 for late in late_ms if late < -1)
        return {"p50_ms": percentile(late_ms, 0.5), "p99_ms": percentile(late_ms, 0.99), "early": early}


def _warm_up(arena: Arena) -> None:
    arena.work()
    arena.produce(WARM_UP, spacing_ms=WARM_UP_SPACING_MS)
    arena.wait_for_marks(WARM_UP)
    time.sleep(IDLE_SECONDS)


def _started(arena: Arena, count: int) -> dict[int, int]:
    arena.wait_for_marks(WARM_UP + count)
    found = marks.read(arena.marks)
    marks.check_once(found, range(WARM_UP + count))
    return {mark.number: mark.at_ns for mark in found}
