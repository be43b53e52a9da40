"""Owns the jobs of a run that share something by a key: unique ones, lines, groups, locks. Bodies tell the oracle."""

from typing import Any

from shared.jobs import (
    JobContext,
    JobDefinition,
    Unique,
    debounce,
    job,
    keep_latest,
    seconds,
    unique_for,
    until_done,
    until_start,
)
from tools.faults.jobs import BACKOFF, KEYED, LIMIT, SHARED, Work, body, generation_of, leave_effect
from tools.faults.oracle import ENTERED, INSIDE, LEFT, Oracle

FOR_SECONDS = 4
GROUPS_MAX_RUNNING = 2
LOCK_TTL = seconds(2)
#: Job -> its mode.
UNIQUE: dict[str, Unique] = {
    "only-start": until_start(by="key"),
    "only-done": until_done(by="key"),
    "only-for": unique_for(seconds(FOR_SECONDS), by="key"),
    "only-quiet": debounce(seconds(0.6), max_wait=seconds(3), by="key"),
    "only-latest": keep_latest(by="key"),
}


def _unique_job(name: str, unique: Unique) -> JobDefinition[Any, Any]:
    @job(queue=KEYED, name=name, timeout=LIMIT, backoff=BACKOFF, unique=unique)
    def perform(ctx: JobContext, args: Work) -> None:
        """Tells with which arguments it runs."""
        _work(ctx, args)

    return perform


@job(queue=KEYED, name="in-line", timeout=LIMIT, attempts=4, backoff=BACKOFF)
def in_line(ctx: JobContext, args: Work) -> None:
    """One of a sequence; some fail first, and keep their turn."""
    with body(ctx, str(args.n)):
        ctx.sleep(args.run_ms / 1000)
        if ctx.attempt <= args.fails:
            raise ValueError(f"attempt {ctx.attempt} fails as it should")
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=SHARED, name="grouped", timeout=LIMIT, backoff=BACKOFF, group="key")
def grouped(ctx: JobContext, args: Work) -> None:
    """Of its group two may run."""
    _work(ctx, args)


@job(queue=KEYED, name="locked", timeout=LIMIT, backoff=BACKOFF)
def locked(ctx: JobContext, args: Work) -> None:
    """Is alone in its room, or learns at the door that it was not."""
    oracle, generation = ctx.resource(Oracle), generation_of(ctx)
    with body(ctx):
        with ctx.lock(f"room-{args.key}", ttl=LOCK_TTL):
            oracle.write(ENTERED, ctx.id, generation, ctx.attempt, args.key)
            ctx.sleep(args.run_ms / 1000)
            oracle.write(INSIDE, ctx.id, generation, ctx.attempt, args.key)
        oracle.write(LEFT, ctx.id, generation, ctx.attempt, args.key)
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


def _work(ctx: JobContext, args: Work) -> None:
    with body(ctx, str(args.n)):
        ctx.sleep(args.run_ms / 1000)
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


JOBS = (*(_unique_job(name, unique) for name, unique in UNIQUE.items()), in_line, grouped, locked)
WRITERS = frozenset(each.name for each in JOBS)
