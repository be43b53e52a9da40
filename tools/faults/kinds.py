"""Owns the jobs of a run that are more than a function in a thread. It must know the end of each."""

import asyncio
import os
import signal

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs import JobContext, job
from tools.faults.jobs import APART, BACKOFF, LIMIT, MIXED, Work, body, generation_of, leave_effect
from tools.faults.oracle import CALL, PAID, Oracle


@job(queue=MIXED, name="weave", timeout=LIMIT, backoff=BACKOFF)
async def weave(ctx: JobContext, args: Work) -> None:
    """A coroutine."""
    with body(ctx):
        await asyncio.sleep(args.run_ms / 1000)
        await ctx.off_loop(_finish, ctx)


@job(queue=APART, name="apart", timeout=LIMIT, attempts=5, backoff=BACKOFF, isolation="process")
def apart(ctx: JobContext, args: Work) -> None:
    """Kills its own process as often as it is told: a failed attempt each time, as the worker saw it die."""
    with body(ctx):
        if ctx.attempt <= args.fails:
            os.kill(os.getpid(), signal.SIGKILL)
        ctx.sleep(args.run_ms / 1000)
        _finish(ctx)


@job(queue=MIXED, name="stage", timeout=LIMIT, attempts=5, backoff=BACKOFF)
def stage(ctx: JobContext, args: Work) -> None:
    """Commits a step, fails as often as it is told, then writes."""
    with body(ctx):
        ctx.step("first", lambda work: _leave_step(ctx, work))
        _stumble(ctx, args)
        _finish(ctx)


@job(queue=MIXED, name="charge", timeout=LIMIT, attempts=5, backoff=BACKOFF)
def charge(ctx: JobContext, args: Work) -> None:
    """Calls the outside world, which is the oracle, under the key it is given; then fails as told; then writes."""
    with body(ctx):
        ctx.effect("pay", lambda key: _pay(ctx, key))
        ctx.resource(Oracle).write(PAID, ctx.id, generation_of(ctx), ctx.attempt)
        _stumble(ctx, args)
        _finish(ctx)


@job(queue=MIXED, name="revived", timeout=LIMIT, attempts=1, backoff=BACKOFF)
def revived(ctx: JobContext, args: Work) -> None:
    """Ends dead in its first generation and writes in every later one."""
    with body(ctx):
        if generation_of(ctx) == 1:
            raise ValueError(f"job {args.n} waits for somebody to run it again")
        _finish(ctx)


def _finish(ctx: JobContext) -> None:
    with ctx.unit_of_work() as work:
        leave_effect(ctx, work)


def _stumble(ctx: JobContext, args: Work) -> None:
    if ctx.attempt <= args.fails:
        raise ValueError(f"attempt {ctx.attempt} fails as it should")


def _leave_step(ctx: JobContext, work: UnitOfWork) -> int:
    work.connection.execute(
        sa.text("INSERT INTO step_effect (job_id, generation) VALUES (:job_id, :generation)"),
        {"job_id": ctx.id, "generation": generation_of(ctx)},
    )
    return 1


def _pay(ctx: JobContext, key: str) -> dict[str, str]:
    """Under which generation's key it was called is what the oracle is told."""
    generation = int(key.split(":")[1])
    ctx.resource(Oracle).write(CALL, ctx.id, generation, ctx.attempt)
    return {"key": key}


JOBS = (weave, apart, stage, charge, revived)
#: Jobs whose completion and effect row exist together or not at all.
WRITERS = frozenset(each.name for each in JOBS)
#: Dead in their first generation, completed in any other.
REVIVED = frozenset({"revived"})
STAGED = frozenset({"stage"})
CHARGED = frozenset({"charge"})
