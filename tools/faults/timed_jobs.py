"""Owns the jobs of a run about which a clock or a provider has a say: beats, calls, walks, expiries."""

import time

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs import Breaker, Budget, Guards, JobContext, Overlap, Times, fixed, job, seconds
from tools.faults.jobs import BACKOFF, BRISK, GUARDED, LIMIT, MIXED, Work, body, generation_of, leave_effect
from tools.faults.oracle import AT, DIALLED, DIALS, SPENDS, SPENT, Oracle

FLAKY = Breaker("flaky", failures=3, cooldown=seconds(1), cooldown_max=seconds(2), probe_time=seconds(3))
METER = Budget("meter", points=12, per=seconds(2))
PARTS = 5
TTL_SECONDS, DEADLINE_SECONDS = 1.5, 4.0
#: The provider of guarded jobs is down for the second half of each such time.
TIDE_SECONDS = 14
#: Schedule -> what happens to a tick while a job of it is live, how often it ticks, how long a job of it works.
BEATS = {
    "beat-skip": (Overlap.SKIP, 1, 700),
    "beat-one": (Overlap.BUFFER_ONE, 1, 600),
    "beat-all": (Overlap.BUFFER_ALL, 2, 300),
    "beat-cancel": (Overlap.CANCEL_OTHER, 1, 900),
}
#: The schedule whose missed ticks are all made up for.
FILLED, FILLED_MAX = "beat-filled", 100


@job(queue=MIXED, name="beat", timeout=LIMIT, backoff=BACKOFF)
def beat(ctx: JobContext, args: Work) -> None:
    """Submitted by a schedule that has an opinion on two at once."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=GUARDED, name="guarded", timeout=LIMIT, attempts=50, backoff=BACKOFF, breaker=FLAKY)
def guarded(ctx: JobContext, args: Work) -> None:
    """Calls a provider that is down half of the time."""
    oracle, generation = ctx.resource(Oracle), generation_of(ctx)
    with body(ctx):
        oracle.write(DIALS, ctx.id, generation, ctx.attempt)
        ctx.sleep(args.run_ms / 1000)
        oracle.write(DIALLED, ctx.id, generation, ctx.attempt)
        if time.monotonic() % TIDE_SECONDS > TIDE_SECONDS / 2:
            raise ConnectionError("the provider is down, as it should be")
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=GUARDED, name="metered", timeout=LIMIT, backoff=BACKOFF)
def metered(ctx: JobContext, args: Work) -> None:  # noqa: ARG001  # a job's form
    """Calls a provider that sells a number of points in each window."""
    oracle, generation = ctx.resource(Oracle), generation_of(ctx)
    with body(ctx):
        oracle.write(SPENDS, ctx.id, generation, ctx.attempt)
        ctx.resource(Guards).of(budget=METER).enter(2)
        oracle.write(SPENT, ctx.id, generation, ctx.attempt, "2")
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=MIXED, name="walk", timeout=LIMIT, attempts=5, backoff=BACKOFF)
def walk(ctx: JobContext, args: Work) -> None:
    """Goes on where the attempt before it came to, and does each part once."""
    with body(ctx):
        cursor = ctx.cursor("place")
        first = int(cursor.value or 0)
        ctx.resource(Oracle).write(AT, ctx.id, generation_of(ctx), ctx.attempt, str(first))
        for part in range(first, PARTS):
            ctx.step(f"part-{part}", lambda work, part=part: _leave_part(ctx, work, part))  # type: ignore[misc]  # a default binds it
            cursor.move(part + 1)
            ctx.sleep(args.run_ms / 1000 / PARTS)
            if part == ctx.attempt and ctx.attempt <= args.fails:
                raise ValueError(f"attempt {ctx.attempt} fails as it should")
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=BRISK, name="hasty", timeout=LIMIT, backoff=BACKOFF, times=Times(queue_ttl=seconds(TTL_SECONDS)))
def hasty(ctx: JobContext, args: Work) -> None:
    """Begins in time or not at all."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(
    queue=MIXED,
    name="hurried",
    timeout=LIMIT,
    attempts=50,
    backoff=fixed(0.4),
    times=Times(deadline=seconds(DEADLINE_SECONDS)),
)
def hurried(ctx: JobContext, args: Work) -> None:
    """Ends in time or is given up."""
    with body(ctx):
        if ctx.attempt <= args.fails:
            raise ValueError(f"attempt {ctx.attempt} fails as it should")
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


def _leave_part(ctx: JobContext, work: UnitOfWork, part: int) -> int:
    work.connection.execute(
        sa.text("INSERT INTO walk_effect (job_id, generation, part) VALUES (:job_id, :generation, :part)"),
        {"job_id": ctx.id, "generation": generation_of(ctx), "part": part},
    )
    return part


JOBS = (beat, guarded, metered, walk, hasty, hurried)
WRITERS = frozenset(each.name for each in JOBS)
#: How they end is up to a clock: the rules of times know.
TIMED = frozenset({"hasty", "hurried"})
