"""Owns the measurements of what a loss of Redis costs. It must never count a job as back before it starts again."""

import time

import psycopg
from redis import Redis

from shared.jobs.index_ids import to_index
from tools.benchmarks import marks
from tools.benchmarks.arena import Arena, Ground
from tools.benchmarks.engines import Engine
from tools.benchmarks.figures import Figures
from tools.benchmarks.service import SCHEMA

AWAY_SECONDS = 25.0
SLOW_JOB_MS = 3_000
SHORT_JOB_MS = 0
RUNNING = 20
#: Of the rest, this share waits for its time.
DELAYED_SHARE = 1 / 3
DELAY_SECONDS = 40.0
POLL_SECONDS = 0.25
LIVE = f"SELECT id::text FROM {SCHEMA}.job WHERE finished_at IS NULL"  # noqa: S608  # constant schema name
DONE = f"SELECT count(*) FROM {SCHEMA}.job WHERE state = 'completed'"  # noqa: S608  # constant schema name
TWICE = f"""
SELECT count(*) FROM (SELECT job_id FROM {SCHEMA}.attempt WHERE outcome = 'completed' GROUP BY job_id, generation
                      HAVING count(*) > 1) AS more
"""  # noqa: S608  # constant schema name


def store_away(ground: Ground, engine: Engine, count: int) -> Figures:
    """Redis is stopped for 25 s with running and delayed jobs; `resume_s` = from its return to the next start."""
    with ground.arena(engine) as arena:
        arena.work()
        arena.produce(RUNNING, pause_ms=SLOW_JOB_MS)
        later_ns = time.monotonic_ns() + int(AWAY_SECONDS / 2 * 1e9)
        arena.produce(count - RUNNING, first=RUNNING, in_bulk=True, due_ns=later_ns, pause_ms=SHORT_JOB_MS)
        arena.wait_for_marks(arena.slots)
        arena.valkey.stop()
        time.sleep(AWAY_SECONDS)
        arena.valkey.start()
        back_ns = time.monotonic_ns()
        _all_started(arena, count)
        after = [mark.at_ns for mark in marks.read(arena.marks) if mark.at_ns > back_ns]
        figures = _accounted(arena, count)
        return {"resume_s": (min(after) - back_ns) / 1e9 if after else 0.0, **figures}


def flushed(ground: Ground, engine: Engine, count: int) -> Figures:
    """FLUSHALL with queued, delayed and running jobs; `right_s` = until every live row has its entry again."""
    with ground.arena(engine) as arena:
        for _ in range(RUNNING // arena.slots):
            arena.work()
        arena.produce(RUNNING, pause_ms=SLOW_JOB_MS)
        arena.wait_for_marks(RUNNING)
        delayed = round((count - RUNNING) * DELAYED_SHARE)
        due_ns = time.monotonic_ns() + int(DELAY_SECONDS * 1e9)
        arena.produce(delayed, first=RUNNING, in_bulk=True, due_ns=due_ns)
        arena.produce(count - RUNNING - delayed, first=RUNNING + delayed, in_bulk=True, pause_ms=SHORT_JOB_MS)
        with Redis.from_url(arena.valkey.url()) as redis:
            redis.flushall()
            flushed_at = time.monotonic()
            _wait_until_right(arena, redis)
        right_s = time.monotonic() - flushed_at
        _all_started(arena, count)
        return {"right_s": right_s, **_accounted(arena, count)}


def _wait_until_right(arena: Arena, redis: "Redis") -> None:
    """Every live row stands in the index."""
    with psycopg.connect(arena.database_url, autocommit=True) as connection:

        def missing() -> int:
            ids = [to_index(row[0]) for row in connection.execute(LIVE).fetchall()]
            packed = redis.hmget("{market-data}:jobs", ids) if ids else []
            return sum(1 for raw in packed if raw is None) if redis.exists("{market-data}:identity") else -1

        arena.wait_until(lambda: missing() == 0, progress=time.monotonic, poll_seconds=POLL_SECONDS)


def _all_started(arena: Arena, count: int) -> None:
    arena.wait_until(
        lambda: {mark.number for mark in marks.read(arena.marks)} == set(range(count)),
        progress=lambda: marks.count(arena.marks),
        poll_seconds=POLL_SECONDS,
    )


def _accounted(arena: Arena, count: int) -> Figures:
    """Rows that are not completed in the end, and generations completed more than once."""
    with psycopg.connect(arena.database_url, autocommit=True) as connection:

        def done() -> int:
            return int((connection.execute(DONE).fetchone() or (0,))[0])

        arena.wait_until(lambda: done() == count, progress=done, poll_seconds=POLL_SECONDS)
        twice = int((connection.execute(TWICE).fetchone() or (0,))[0])
        return {"lost": count - done(), "twice": twice}
