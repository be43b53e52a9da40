"""Owns the measurements of what Millrace keeps in PostgreSQL and recovers. It must never take a mark for a record."""

import time

import psycopg

from tools.benchmarks import marks
from tools.benchmarks.arena import Arena, Ground, MeasurementFailed
from tools.benchmarks.drains import MICRO, run_out
from tools.benchmarks.engines import Engine
from tools.benchmarks.figures import Figures, percentile
from tools.benchmarks.service import SCHEMA

#: The lease, the grace and the reaper's pace allow 45 s; a job not back by then is counted as stranded.
RECOVERY_SECONDS = 45.0
SLOW_JOB_MS = 3_000
#: Counting rows costs PostgreSQL, so it is asked rarely.
RECORDS_POLL_SECONDS = 0.1
CAUGHT_UP = f"SELECT count(*) FILTER (WHERE finished_at IS NULL), count(*) FROM {SCHEMA}.job"  # noqa: S608  # constant schema name
ATTEMPTS = f"SELECT count(*) FROM {SCHEMA}.attempt WHERE outcome = 'completed'"  # noqa: S608  # constant schema name


def recorded_drain(ground: Ground, engine: Engine, count: int) -> Figures:
    """A drain with the scheduler beside it; `behind_s` = from the last start until every row and attempt is final."""
    with ground.arena(engine) as arena:
        arena.produce(count, in_bulk=True)
        if not engine.is_durable:
            figures, _ = run_out(arena, [arena.work()], count)
            return figures
        begun, cpu = arena.postgres_cpu(), arena.companions_cpu()
        figures, found = run_out(arena, [arena.work()], count)
        _wait_for_records(arena, count)
        figures["behind_s"] = max(0.0, (time.monotonic_ns() - found[-1].at_ns) / 1e9)
        figures["settled_s"] = count / ((time.monotonic_ns() - found[0].at_ns) / 1e9)
        figures["postgres_us"] = (arena.postgres_cpu() - begun) / count * MICRO
        figures["scheduler_us"] = (arena.companions_cpu() - cpu) / count * MICRO
        marks.check_once(marks.read(arena.marks), range(count))
        return figures


def _wait_for_records(arena: Arena, count: int) -> None:
    with psycopg.connect(arena.database_url, autocommit=True) as connection:

        def left() -> int:
            row = connection.execute(CAUGHT_UP).fetchone() or (0, 0)
            if row[1] != count:
                raise MeasurementFailed(f"PostgreSQL holds {row[1]:,} rows of {count:,} jobs")
            attempts = connection.execute(ATTEMPTS).fetchone() or (0,)
            return int(row[0]) + max(0, count - int(attempts[0]))

        arena.wait_until(lambda: left() == 0, progress=left, poll_seconds=RECORDS_POLL_SECONDS)


def killed_worker(ground: Ground, engine: Engine, count: int) -> Figures:
    """A worker is killed in the middle of its jobs while another one lives; every job must start again in time."""
    with ground.arena(engine) as arena:
        victim = arena.work()
        arena.produce(count, pause_ms=SLOW_JOB_MS)
        arena.wait_for_marks(arena.slots)
        arena.work()
        victim.kill()
        killed_ns = time.monotonic_ns()
        seen = marks.read(arena.marks)
        caught = {mark.number for mark in seen if mark.at_ns > killed_ns - SLOW_JOB_MS * 1_000_000}
        back = _starts_again(arena, caught, killed_ns)
        arena.wait_until(
            lambda: {mark.number for mark in marks.read(arena.marks)} == set(range(count)),
            progress=lambda: marks.count(arena.marks),
        )
        figures: dict[str, float] = {"caught": len(caught), "lost": len(caught) - len(back)}
        if back:
            figures |= {"again_s": max(back), "again_p50_s": percentile(back, 0.5)}
        return figures


def _starts_again(arena: Arena, caught: set[int], killed_ns: int) -> list[float]:
    """Seconds from the kill until each caught job's next start; those not back in twice the time are left out."""
    first: dict[int, float] = {}
    deadline = time.monotonic() + 2 * RECOVERY_SECONDS

    def is_over() -> bool:
        for mark in marks.read(arena.marks):
            if mark.at_ns > killed_ns and mark.number in caught:
                first.setdefault(mark.number, (mark.at_ns - killed_ns) / 1e9)
        return len(first) == len(caught) or time.monotonic() > deadline

    arena.wait_until(is_over, progress=time.monotonic)
    return list(first.values())
