"""Owns a job that takes points of a shared limiter, and a bench that has it. It must never hold a promise itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.db import Database
from shared.jobs import JobContext, Limiter, job, minutes, seconds
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, jobs_of, open_bench

PROVIDER = Limiter("metered-provider", points=6, per=minutes(1))
COST = 2


@job(queue=WORK, name="play-metered", timeout=seconds(30), attempts=3, limiter=PROVIDER, cost=COST)
def play_metered(ctx: JobContext, args: Play) -> Any:
    """Takes two points of a limiter."""
    return ctx.resource(Stage).perform(ctx, args)


@contextmanager
def open_metered(url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with this job."""
    jobs = jobs_of(Database(url, NAME, pool_size=8), redis_url, more=(play_metered,))
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()
