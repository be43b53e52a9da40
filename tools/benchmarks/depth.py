"""Owns the measurement of one million waiting jobs. It must never drain them: what matters is that they stand by."""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median

from shared.bootstrap import ServiceRuntime
from shared.db import UnitOfWork
from shared.jobs import submit_many
from shared.jobs.ledger import queries
from shared.jobs.ledger.queries import Filter
from shared.jobs.queue_counts import read_counts
from shared.jobs.recognition import known_identity
from tools.benchmarks import marks, orders, usage
from tools.benchmarks.arena import Arena, Ground, MeasurementFailed
from tools.benchmarks.engines import DURABLE, Engine
from tools.benchmarks.figures import Figures, percentile
from tools.benchmarks.orders import BULK
from tools.benchmarks.service import QUEUE, assemble, name_of

PROBES = 10_000
PAIRS = 5
COMPARED = ("enqueue_us", "run_us")
#: Claims compared, and the jobs of each.
CLAIMS, CLAIMED = 100, 100
READS = 200
PAGE = 50


def deep_queue(ground: Ground, engine: Engine, count: int) -> Figures:
    """Bytes a waiting job for every engine; for Millrace also what depth does to enqueue, claim, reads, worker."""
    with ground.arena(engine) as deep:
        if engine.name == DURABLE:
            deep.wait_until_quiet()
        before = deep.redis_bytes()
        answer = deep.produce(count, first=PROBES, in_bulk=True, seconds=3_600)
        figures = {"bytes_a_job": (deep.redis_bytes() - before) / count, "fill_jobs_s": count / answer.seconds}
        if engine.name != DURABLE:
            return figures
        with ground.arena(engine) as empty:
            compared = _compared(empty, deep)
        return {**figures, **compared, **_reads(deep)}


def _compared(empty: Arena, deep: Arena) -> dict[str, float]:
    """In turns, since a shared machine is faster in one minute than in the next; medians."""
    pairs: list[tuple[dict[str, float], dict[str, float]]] = []
    for _ in range(PAIRS):
        both = []
        for arena in (empty, deep):
            arena.wait_until_quiet()
            both.append(_probe(arena))
        pairs.append((both[0], both[1]))
    return {
        **{f"{name}_ratio": median(below[name] / above[name] for above, below in pairs) for name in COMPARED},
        "claim_us_ratio": _claims_compared(empty, deep),
        "rss_growth_mb": median(below["rss_mb"] - above["rss_mb"] for above, below in pairs),
    }


def _claims_compared(empty: Arena, deep: Arena) -> float:
    """What a claim takes of the oldest that waits beside a million, and of the only ones there are; a few ms apart.

    Whole drains (run_us) have a settler, a worker that has just started and the minute's weather in them.
    """
    runtimes = {arena: assemble(arena.order, process="probe") for arena in (empty, deep)}
    try:
        _enqueue(empty, runtimes[empty], CLAIMS * CLAIMED)
        identities = {arena: known_identity(runtime.jobs) for arena, runtime in runtimes.items()}
        ratios = []
        for turn in range(CLAIMS):
            arenas = (empty, deep) if turn % 2 else (deep, empty)
            took = {arena: _timed(partial(_claim, runtimes[arena], identities[arena])) for arena in arenas}
            ratios.append(took[deep] / took[empty])
        return median(ratios)
    finally:
        for runtime in runtimes.values():
            _close(runtime)


def _claim(runtime: ServiceRuntime, identity: str) -> None:
    claim = runtime.jobs.scripts.claim(
        {QUEUE: CLAIMED}, identity=identity, request=secrets.token_hex(16), worker="probe"
    )
    if len(claim.jobs) != CLAIMED:
        raise MeasurementFailed(f"a claim of {CLAIMED} waiting jobs brought {len(claim.jobs)}")


def _enqueue(arena: Arena, runtime: ServiceRuntime, count: int) -> None:
    for chunk in orders.chunks(range(count), BULK):
        submit_many(runtime.jobs, name_of(is_durable=True), [arena.order.arguments(number) for number in chunk])
    runtime.jobs.settle()


def _probe(arena: Arena) -> dict[str, float]:
    """What a job costs to enqueue, behind all that waits, and to claim and run: the oldest that waits."""
    runtime = assemble(arena.order, process="probe")
    seen = marks.count(arena.marks)
    try:
        began = time.monotonic()
        _enqueue(arena, runtime, PROBES)
        enqueued = time.monotonic() - began
    finally:
        _close(runtime)
    worker = arena.work()
    arena.wait_for_marks(seen + PROBES)
    memory = usage.resident_mb(worker.pid)
    worker.stop()
    started = [mark.at_ns for mark in marks.read(arena.marks)][seen : seen + PROBES]
    span = (started[-1] - started[0]) / 1e9
    return {"enqueue_us": enqueued / PROBES * 1e6, "run_us": span / PROBES * 1e6, "rss_mb": memory}


def _reads(arena: Arena) -> dict[str, float]:
    runtime = assemble(replace(arena.order, count=0), process="probe")
    try:
        with runtime.database.unit_of_work() as work:
            pages = [lambda: _page(work, None), lambda: _page(work, PAGE)]
            page_ms = [_timed(pages[number % 2]) for number in range(READS)]
        counts_ms = [_timed(lambda: read_counts(runtime.jobs)) for _ in range(READS)]
    finally:
        _close(runtime)
    return {"counts_p95_ms": percentile(counts_ms, 0.95), "page_p95_ms": percentile(page_ms, 0.95)}


def _page(work: UnitOfWork, before_seq: int | None) -> None:
    queries.page(work, Filter(queue=QUEUE), limit=PAGE, before_seq=before_seq and before_seq * BULK)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _close(runtime: ServiceRuntime) -> None:
    runtime.database.close()
    runtime.jobs.scripts.client.close()
