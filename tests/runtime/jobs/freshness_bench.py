"""Owns a service that keeps goals of freshness, in a time that a test moves by hand. It must never wait for a clock."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared import clock
from shared.db import Database
from shared.jobs import Breaker, Budget, Catalogue, Entity, Goal, JobContext, Jobs, fixed, job, minutes, seconds, track
from shared.jobs.connection import connect
from shared.jobs.definitions import Arguments
from shared.jobs.freshness.moves import fresh
from shared.jobs.freshness.planning import plan_once
from shared.jobs.freshness.watching import watch_once
from shared.jobs.scripts import Scripts
from tests.runtime.jobs.sample import DEFINITIONS, NAME, SERVICE, WORK, Bench, open_bench

CALLS = Budget("calls", points=300, per=minutes(1))
BREAKER = Breaker("provider")


class Refresh(Arguments, frozen=True):
    """One coin, or many."""

    coin: str = ""
    coins: tuple[str, ...] = ()


@job(queue=WORK, name="refresh", timeout=seconds(30), attempts=1)
def refresh(ctx: JobContext, args: Refresh) -> Any:
    """Tells that its coins are new."""
    names = args.coins or (args.coin,)
    with ctx.unit_of_work() as work:
        fresh(work, PRICES.name, names)
    return {"count": len(names)}


PRICES = Goal(
    name="prices", job="refresh", argument="coin", max_age=minutes(5), hot=minutes(1), cold=minutes(60), budget="calls",
    breaker="provider", cold_after=timedelta(days=1),
)  # fmt: skip
BATCHED = Goal(name="batched", job="refresh", argument="coins", max_age=minutes(5), batch=30, budget="calls")
#: For processes in real time: each entity is due every 2.4 s.
LIVE = Goal(name="live", job="refresh", argument="coin", max_age=seconds(3))
FREE = Goal(name="free", job="refresh", argument="coin", max_age=minutes(5))


def jobs_with(database: Database, redis_url: str, goals: Sequence[Goal]) -> Jobs:
    """The sample's jobs with these goals."""
    catalogue = Catalogue(
        SERVICE.display, (*DEFINITIONS, refresh), SERVICE.queues, attempts=3, backoff=fixed(60), budgets=(CALLS,),
        breakers=(BREAKER,), freshness=tuple(goals),
    )  # fmt: skip
    return Jobs(catalogue, database, Scripts(connect(redis_url, name="test"), SERVICE.display))


@dataclass
class Times:
    """A bench in a time of its own: a provider that answers a moment later, and what it was asked."""

    bench: Bench
    #: Begins now, since edits by hand take PostgreSQL's time.
    now: datetime = field(default_factory=lambda: clock.now().replace(microsecond=0))
    #: (when, goal, entity) of each submission.
    asked: list[tuple[datetime, str, str]] = field(default_factory=list)
    #: Jobs, by when they were submitted.
    calls: list[datetime] = field(default_factory=list)
    is_provider_up: bool = True

    @property
    def jobs(self) -> Jobs:
        return self.bench.jobs

    def track(self, goal: Goal, count: int, *, now: bool = False, lanes: int = 1, **more: Any) -> None:
        each = [Entity(f"coin-{n}", lane=f"lane-{n % lanes}", **more) for n in range(count)]
        for start in range(0, count, 1_000):
            with self.jobs.database.unit_of_work() as work:
                track(work, goal, each[start : start + 1_000], now=now, at=self.now)

    def turn(self, step: timedelta) -> None:
        """A while later: the scheduler's turns, then the jobs it submitted."""
        self.now += step
        watch_once(self.jobs, at=self.now)
        plan_once(self.jobs, at=self.now)
        self._run()

    def run_for(self, time: timedelta, *, step: timedelta = timedelta(seconds=5)) -> None:
        for _ in range(time // step):
            self.turn(step)

    def _run(self) -> None:
        found = self.bench.sql(
            "SELECT e.job_id::text, e.goal, array_agg(e.entity) FROM freshness_entity e JOIN job j ON j.id = e.job_id "
            "WHERE j.finished_at IS NULL AND e.asked_at = :now GROUP BY 1, 2", now=self.now
        )  # fmt: skip
        self.calls += [self.now] * len(found)
        ids = [job_id for job_id, _, _ in found]
        state = "completed" if self.is_provider_up else "dead"
        self.bench.sql(
            "UPDATE job SET state = :state, finished_at = clock_timestamp() WHERE id = ANY(CAST(:ids AS uuid[]))",
            state=state, ids=ids,
        )  # fmt: skip
        told: dict[str, list[str]] = {}
        for _, goal, entities in found:
            self.asked += [(self.now, goal, entity) for entity in entities]
            told.setdefault(goal, []).extend(entities)
        if self.is_provider_up:
            for goal, entities in told.items():
                with self.jobs.database.unit_of_work() as work:
                    fresh(work, goal, entities, at=self.now + timedelta(milliseconds=800))

    def ages(self, goal: Goal) -> list[float]:
        """The age of each entity as a multiple of what is allowed, the oldest first."""
        rows = self.bench.sql(
            "SELECT extract(epoch FROM CAST(:now AS timestamptz) - coalesce(data_at, created_at)) * 1000 / max_age_ms "
            "FROM freshness_entity WHERE goal = :goal ORDER BY 1 DESC", now=self.now, goal=goal.name
        )  # fmt: skip
        return [float(row[0]) for row in rows]

    def breaches(self) -> list[Any]:
        return self.bench.sql("SELECT goal, entity, since, ended_at, worst, code, reason FROM freshness_breach")

    def most_calls(self, window: timedelta) -> int:
        """The most calls in any window."""
        return max(sum(1 for at in self.calls if start <= at < start + window) for start in set(self.calls))


@contextmanager
def open_times(empty_url: str, redis_url: str, *goals: Goal) -> Iterator[Times]:
    """The bench with these goals."""
    jobs = jobs_with(Database(empty_url, NAME, pool_size=8), redis_url, goals)
    yield Times(open_bench(jobs))
    jobs.scripts.client.close()
    jobs.database.close()
