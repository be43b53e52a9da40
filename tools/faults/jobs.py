"""Owns the jobs of a run: each kind ends in a way the checker knows. Bodies tell the oracle and nobody else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from shared.clock import now
from shared.db import UnitOfWork
from shared.jobs import Arguments, JobContext, Queue, Rate, Snooze, fixed, hours, job, seconds
from shared.jobs.retention import MOST, Keep, Retention
from tools.faults.oracle import END, START, Oracle

#: The account is made of rows at the end: none may be swept before, however long the faults go on.
ALL = Retention(completed=Keep(hours(48), MOST), cancelled=Keep(hours(48), MOST))
MIXED = Queue("mixed", retention=ALL, slots=8)
GATED = Queue("gated", retention=ALL, slots=3, max_running=3)
PACED = Queue("paced", retention=ALL, slots=4, rate=Rate(6, per=seconds(2)))
#: Nobody overtakes by age there, so that its order can be judged.
SINGLE = Queue("single", retention=ALL, slots=1, max_running=1, age=hours(24))
APART = Queue("apart", retention=ALL, slots=1)
KEYED = Queue("keyed", retention=ALL, slots=6)
SHARED = Queue("shared", retention=ALL, slots=6, group_max_running=2, fair=True)
GUARDED = Queue("guarded", retention=ALL, slots=2)
BRISK = Queue("brisk", retention=ALL, slots=1, max_running=2)
QUEUES = (MIXED, GATED, PACED, SINGLE, APART, KEYED, SHARED, GUARDED, BRISK)
BACKOFF = fixed(0.3)
LIMIT = seconds(20)


class Work(Arguments, frozen=True):
    """`n` names the submission, -1 for jobs that no producer made; `run_ms` is how long the body works."""

    n: int = -1
    run_ms: int = 5
    #: Attempts that fail before one succeeds.
    fails: int = 0
    #: How long after its creation the job keeps snoozing.
    snooze_ms: int = 0
    #: What jobs share: a unique key, a group, a lock, a place in a flow.
    key: str = ""


@contextmanager
def body(ctx: JobContext, detail: str = "") -> Iterator[None]:
    """Tell the oracle about both ends, and one word of what it sees; a body that raises has no end."""
    oracle = ctx.resource(Oracle)
    generation = generation_of(ctx)
    oracle.write(START, ctx.id, generation, ctx.attempt, detail)
    yield
    oracle.write(END, ctx.id, generation, ctx.attempt)


def leave_effect(ctx: JobContext, work: UnitOfWork) -> None:
    """The domain write. Nothing in the table refuses a second one: only the engine stands between."""
    work.connection.execute(
        sa.text("INSERT INTO effect (job_id, generation, pid) VALUES (:job_id, :generation, :pid)"),
        {"job_id": ctx.id, "generation": generation_of(ctx), "pid": os.getpid()},
    )


def generation_of(ctx: JobContext) -> int:
    """How often the job was begun anew, this one included."""
    return int(ctx.idempotency_key.rpartition(":")[2])


@job(queue=MIXED, name="note", timeout=LIMIT, backoff=BACKOFF)
def note(ctx: JobContext, args: Work) -> dict[str, int]:
    """No database write: its outcome travels as a record."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)
    return {"n": args.n}


@job(queue=MIXED, name="write", timeout=LIMIT, backoff=BACKOFF)
def write(ctx: JobContext, args: Work) -> None:
    """Its effect and its outcome are one commit."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=MIXED, name="stumble", timeout=LIMIT, attempts=5, backoff=BACKOFF)
def stumble(ctx: JobContext, args: Work) -> None:
    """Fails as often as it is told, then writes."""
    with body(ctx):
        if ctx.attempt <= args.fails:
            raise ValueError(f"attempt {ctx.attempt} fails as it should")
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=MIXED, name="nap", timeout=LIMIT, backoff=BACKOFF)
def nap(ctx: JobContext, args: Work) -> None:
    """Snoozes until it is old enough."""
    with body(ctx):
        if (now() - ctx.created_at).total_seconds() * 1000 < args.snooze_ms:
            raise Snooze(seconds(0.4))


@job(queue=MIXED, name="doomed", timeout=LIMIT, attempts=2, backoff=BACKOFF)
def doomed(ctx: JobContext, args: Work) -> None:
    """Always fails, so it ends dead."""
    with body(ctx):
        raise ValueError(f"job {args.n} fails for ever, as it should")


@job(queue=MIXED, name="parent", timeout=LIMIT, backoff=BACKOFF)
def parent(ctx: JobContext, args: Work) -> None:
    """Submits two children in its final transaction."""
    with body(ctx), ctx.unit_of_work() as work:
        leave_effect(ctx, work)
        for key in ("left", "right"):
            ctx.submit(child, Work(run_ms=args.run_ms), key=key)


@job(queue=MIXED, name="child", timeout=LIMIT, backoff=BACKOFF)
def child(ctx: JobContext, args: Work) -> None:
    """Exists if and only if its parent is done."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)


@job(queue=GATED, name="gated", timeout=LIMIT, backoff=BACKOFF)
def gated(ctx: JobContext, args: Work) -> None:
    """On a queue where three may run."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)


@job(queue=PACED, name="paced", timeout=LIMIT, backoff=BACKOFF)
def paced(ctx: JobContext, args: Work) -> None:
    """On a queue where six may start in two seconds."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)


@job(queue=SINGLE, name="single", timeout=LIMIT, backoff=BACKOFF)
def single(ctx: JobContext, args: Work) -> None:
    """On a queue where one may run, so that its order can be seen."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)


@job(queue=MIXED, name="tick", timeout=LIMIT, backoff=BACKOFF)
def tick(ctx: JobContext, args: Work) -> None:  # noqa: ARG001  # a job's form
    """Submitted by a schedule every second."""
    with body(ctx), ctx.unit_of_work() as work:
        leave_effect(ctx, work)


JOBS = (note, write, stumble, nap, doomed, parent, child, gated, paced, single, tick)
#: Jobs whose completion and effect row exist together or not at all.
WRITERS = frozenset({"write", "stumble", "parent", "tick"})
#: Jobs that are meant to end dead.
DOOMED = frozenset({"doomed"})
