"""Owns the measurements of throughput: drains and enqueueing. It must never compare engines."""

import time

from tools.benchmarks import marks, usage
from tools.benchmarks.arena import Arena, Child, Ground
from tools.benchmarks.engines import Engine
from tools.benchmarks.figures import Figures
from tools.benchmarks.marks import Mark

#: CPU is read this long after the last start, so that finishing the jobs counts.
AFTER_SECONDS = 0.5
MICRO = 1_000_000


def drain(ground: Ground, engine: Engine, count: int, *, processes: int = 1, limit: int = 0) -> Figures:
    """Jobs that wait already are run by fresh workers. Rate = jobs / (last start - first start)."""
    with ground.arena(engine, limit=limit) as arena:
        arena.produce(count, in_bulk=True)
        figures, _ = run_out(arena, [arena.work() for _ in range(processes)], count)
        return figures


def run_out(arena: Arena, workers: list[Child], count: int) -> tuple[dict[str, float], list[Mark]]:
    """Watch workers run `count` waiting jobs; CPU is counted from the first start seen."""
    arena.wait_for_marks(1)
    begun, cpu, store = marks.count(arena.marks), _cpu(workers), arena.store_cpu()
    arena.wait_for_marks(count)
    time.sleep(AFTER_SECONDS)
    jobs = max(1, count - begun)
    figures = {
        "worker_us": (_cpu(workers) - cpu) / jobs * MICRO,
        "store_us": (arena.store_cpu() - store) / jobs * MICRO,
        "rss_mb": sum(usage.resident_mb(worker.pid) for worker in workers),
    }
    found = marks.read(arena.marks)
    marks.check_once(found, range(count))
    return {"jobs_s": count / marks.span_seconds(found), **figures}, found


def _cpu(workers: list[Child]) -> float:
    return sum(usage.cpu_seconds(worker.pid) for worker in workers)


def enqueue(ground: Ground, engine: Engine, count: int, *, in_bulk: bool) -> Figures:
    """One producer hands over jobs; afterwards a worker proves that each was there once."""
    with ground.arena(engine) as arena:
        before, database_before = arena.store_cpu(), arena.postgres_cpu()
        answer = arena.produce(count, in_bulk=in_bulk)
        figures = {
            "jobs_s": count / answer.seconds,
            "producer_us": answer.cpu_seconds / count * MICRO,
            "store_us": (arena.store_cpu() - before) / count * MICRO,
        }
        if engine.is_durable:
            figures["postgres_us"] = (arena.postgres_cpu() - database_before) / count * MICRO
        arena.work()
        arena.wait_for_marks(count)
        time.sleep(AFTER_SECONDS)
        marks.check_once(marks.read(arena.marks), range(count))
        return figures


def sleeping_jobs(ground: Ground, engine: Engine, count: int, *, pause_ms: int) -> Figures:
    """Jobs that sleep; efficiency = the time that `slots` perfect threads would need / the time it took."""
    with ground.arena(engine) as arena:
        arena.produce(count, in_bulk=True, pause_ms=pause_ms)
        figures, found = run_out(arena, [arena.work()], count)
        took = marks.span_seconds(found) + pause_ms / 1000
        ideal = count / arena.slots * pause_ms / 1000
        return {"efficiency": ideal / took, "worker_us": figures["worker_us"]}
