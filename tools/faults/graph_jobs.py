"""Owns the jobs of a run that wait for others: nodes of flows, callbacks, children of depends_on. Each has one end."""

from shared.jobs import JobContext, job
from tools.faults.jobs import BACKOFF, LIMIT, MIXED, Work, body, leave_effect


@job(queue=MIXED, name="node", timeout=LIMIT, attempts=4, backoff=BACKOFF)
def node(ctx: JobContext, args: Work) -> None:
    """Fails as often as it is told, then writes."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)
        if ctx.attempt <= args.fails:
            raise ValueError(f"attempt {ctx.attempt} fails as it should")
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=MIXED, name="distant", timeout=LIMIT, backoff=BACKOFF)
def distant(ctx: JobContext, args: Work) -> None:
    """Asked for by gRPC, on behalf of a row that stands for it in the flow."""
    with body(ctx):
        ctx.sleep(args.run_ms / 1000)
        with ctx.unit_of_work() as work:
            leave_effect(ctx, work)


@job(queue=MIXED, name="broken", timeout=LIMIT, attempts=1, backoff=BACKOFF)
def broken(ctx: JobContext, args: Work) -> None:
    """A node that ends dead."""
    with body(ctx):
        raise ValueError(f"node {args.key} fails for ever, as it should")


@job(queue=MIXED, name="callback", timeout=LIMIT, backoff=BACKOFF)
def callback(ctx: JobContext, args: Work) -> None:  # noqa: ARG001  # a job's form
    """Follows a whole flow."""
    with body(ctx), ctx.unit_of_work() as work:
        leave_effect(ctx, work)


JOBS = (node, distant, broken, callback)
WRITERS = frozenset({"node", "distant", "callback"})
#: How they end depends on others: the rules of graphs know.
GRAPHED = frozenset(each.name for each in JOBS)
BROKEN = frozenset({"broken"})
