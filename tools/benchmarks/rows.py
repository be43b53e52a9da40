"""Owns the rows of the table: which engines do which work, and the bars to reach. It must never measure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tools.benchmarks.arena import Ground
from tools.benchmarks.depth import deep_queue
from tools.benchmarks.drains import drain, enqueue, sleeping_jobs
from tools.benchmarks.durability import RECOVERY_SECONDS, killed_worker, recorded_drain
from tools.benchmarks.engines import BARE, DURABLE, MILLRACE, Engine
from tools.benchmarks.figures import Bar, Figures
from tools.benchmarks.latencies import due_at_once, idle_latency
from tools.benchmarks.losses import flushed, store_away

Measure = Callable[[Ground, Engine, int], Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of work. `quick` = jobs under --quick, 0 = left out there; `is_shared_out` = slow engines get fewer."""

    name: str
    title: str
    engines: tuple[str, ...]
    measure: Measure
    count: int
    quick: int
    bars: tuple[Bar, ...]
    is_shared_out: bool = True
    needs_million: bool = False

    def jobs(self, engine: Engine, *, is_quick: bool) -> int:
        """How many jobs this engine gets."""
        count = self.quick if is_quick else self.count
        return max(1, round(count * engine.share)) if self.is_shared_out else count


def at_least(
    figure: str, value: float, *, engine: str = MILLRACE, against: str | None = None, aim: float | None = None
) -> Bar:
    """A bar from below."""
    return Bar(engine=engine, figure=figure, against=against, at_least=value, aim=aim)


def at_most(
    figure: str, value: float, *, engine: str = MILLRACE, against: str | None = None, aim: float | None = None
) -> Bar:
    """A bar from above."""
    return Bar(engine=engine, figure=figure, against=against, at_most=value, aim=aim)


def _latency_bars() -> tuple[Bar, ...]:
    return tuple(
        at_most(figure, 1.0, engine=engine, against="bullmq")
        for engine in (MILLRACE, DURABLE)
        for figure in ("p50_ms", "p99_ms")
    )


ROWS = (
    Row(
        name="drain",
        title="drain, 1 process, 10 at a time",
        engines=(MILLRACE, "bullmq", "dramatiq", "celery"),
        measure=drain,
        count=20_000,
        quick=2_000,
        bars=(
            at_least("jobs_s", 1.5, against="bullmq", aim=2.5),
            at_least("jobs_s", 5, against="dramatiq"),
            at_most("worker_us", 60, aim=45),
            at_most("store_us", 35),
        ),
    ),
    Row(
        name="limited",
        title="drain of a queue with its own limit of 10",
        engines=(MILLRACE, "bullmq"),
        measure=partial(drain, limit=10),
        count=20_000,
        quick=2_000,
        bars=(at_least("jobs_s", 1.0, against="bullmq"),),
    ),
    Row(
        name="drain2",
        title="drain, 2 processes, 10 at a time each",
        engines=(MILLRACE, "bullmq", "dramatiq", "celery"),
        measure=partial(drain, processes=2),
        count=20_000,
        quick=0,
        bars=(at_least("jobs_s", 1.5, against="bullmq"),),
    ),
    Row(
        name="durable",
        title="drain of durable jobs, recorded in PostgreSQL meanwhile",
        engines=(DURABLE, "bullmq", "procrastinate", "oban"),
        measure=recorded_drain,
        count=20_000,
        quick=2_000,
        bars=(
            at_least("jobs_s", 0.7, engine=DURABLE, against="bullmq", aim=1.0),
            at_most("behind_s", 2, engine=DURABLE),
            at_least("jobs_s", 3, engine=DURABLE, against="procrastinate"),
            at_least("jobs_s", 3, engine=DURABLE, against="oban"),
        ),
    ),
    Row(
        name="enqueue-bulk",
        title="enqueue in bulk, 1,000 a call",
        engines=(DURABLE, MILLRACE, "bullmq", "procrastinate", "oban"),
        measure=partial(enqueue, in_bulk=True),
        count=20_000,
        quick=4_000,
        bars=(at_least("jobs_s", 25_000, engine=DURABLE),),
    ),
    Row(
        name="enqueue-durable",
        title="enqueue one by one, committed to PostgreSQL",
        engines=(DURABLE, "procrastinate", "oban"),
        measure=partial(enqueue, in_bulk=False),
        count=2_000,
        quick=500,
        is_shared_out=False,
        bars=(
            at_least("jobs_s", 1.3, engine=DURABLE, against="procrastinate"),
            at_least("jobs_s", 1.3, engine=DURABLE, against="oban"),
        ),
    ),
    Row(
        name="enqueue-plain",
        title="enqueue one by one, Redis only",
        engines=(MILLRACE, "bullmq", "dramatiq", "celery"),
        measure=partial(enqueue, in_bulk=False),
        count=10_000,
        quick=0,
        bars=(at_least("jobs_s", 1.0, against="dramatiq"),),
    ),
    Row(
        name="latency",
        title="idle worker, a job every 10 ms: hand-over to start",
        engines=(MILLRACE, DURABLE, "bullmq", "dramatiq"),
        measure=partial(idle_latency, spacing_ms=10),
        count=500,
        quick=100,
        is_shared_out=False,
        bars=_latency_bars(),
    ),
    Row(
        name="latency-1s",
        title="idle worker, a job every second: hand-over to start",
        engines=(MILLRACE, DURABLE, "bullmq", "dramatiq"),
        measure=partial(idle_latency, spacing_ms=1_000),
        count=100,
        quick=0,
        is_shared_out=False,
        bars=_latency_bars(),
    ),
    Row(
        name="due",
        title="jobs due at one instant: lateness",
        engines=(MILLRACE, "bullmq", "dramatiq"),
        measure=due_at_once,
        count=10_000,
        quick=1_000,
        is_shared_out=False,
        bars=(at_most("p99_ms", 1.0, against="bullmq"), at_most("early", 0)),
    ),
    Row(
        name="sleep",
        title="jobs of 20 ms, 10 at a time",
        engines=(MILLRACE, "bullmq", "dramatiq", BARE),
        measure=partial(sleeping_jobs, pause_ms=20),
        count=2_000,
        quick=500,
        is_shared_out=False,
        bars=(at_least("efficiency", 0.97),),
    ),
    Row(
        name="kill",
        title="kill -9 of a worker in the middle of 3 s jobs",
        engines=(DURABLE,),
        measure=killed_worker,
        count=30,
        quick=0,
        bars=(
            at_most("again_s", RECOVERY_SECONDS, engine=DURABLE),
            at_most("lost", 0, engine=DURABLE),
            at_most("caught", 10, engine=DURABLE),
        ),
    ),
    Row(
        name="outage",
        title="Redis stopped for 25 s with running and delayed jobs",
        engines=(DURABLE,),
        measure=store_away,
        count=220,
        quick=0,
        bars=(
            at_most("resume_s", 5, engine=DURABLE),
            at_most("lost", 0, engine=DURABLE),
            at_most("twice", 0, engine=DURABLE),
        ),
    ),
    Row(
        name="flush",
        title="FLUSHALL with 10,000 queued, 5,000 delayed, 20 running",
        engines=(DURABLE,),
        measure=flushed,
        count=15_020,
        quick=0,
        bars=(
            at_most("right_s", 30, engine=DURABLE),
            at_most("lost", 0, engine=DURABLE),
            at_most("twice", 0, engine=DURABLE),
        ),
    ),
    Row(
        name="million",
        title="one million waiting jobs",
        engines=(DURABLE, "bullmq"),
        measure=deep_queue,
        count=1_000_000,
        quick=20_000,
        needs_million=True,
        bars=(
            at_most("bytes_a_job", 0.8, engine=DURABLE, against="bullmq"),
            at_most("enqueue_us_ratio", 1.1, engine=DURABLE),
            at_most("claim_us_ratio", 1.1, engine=DURABLE),
            at_most("counts_p95_ms", 20, engine=DURABLE),
            at_most("page_p95_ms", 20, engine=DURABLE),
            at_most("rss_growth_mb", 10, engine=DURABLE),
        ),
    ),
)  # fmt: skip
