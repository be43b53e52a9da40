"""Owns an outside system that jobs have effects on, and what tests ask about them. It must never forget a call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.jobs import JobContext
from shared.jobs.effect_pages import unfinished_page
from tests.runtime.jobs.sample import Bench, Play


class Provider:
    """An outside system that remembers what it was asked, by key; `fault` is raised after it has acted."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.charges: dict[str, int] = {}
        self.fault: Exception | None = None

    def charge(self, key: str) -> dict[str, int]:
        self.asked.append(key)
        self.charges.setdefault(key, len(self.charges) + 1)
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return {"charge": self.charges[key]}

    def find(self, key: str) -> dict[str, int] | None:
        return {"charge": self.charges[key]} if key in self.charges else None


def charging(provider: Provider, **options: Any) -> Callable[[JobContext, Play], Any]:
    return lambda ctx, _args: ctx.effect("charge", provider.charge, **options)


def run_again(bench: Bench) -> Any:
    bench.make_due()
    (outcome,) = bench.run()
    return outcome


def requeue(bench: Bench, job_id: str) -> None:
    """What an operator's requeue commits: a new generation of a final row; the relay pushes it."""
    bench.settle()
    bench.sql(
        "UPDATE job SET state = 'queued', generation = generation + 1, finished_at = NULL, pushed_at = NULL, "
        "attempts_made = 0 WHERE id = :id AND finished_at IS NOT NULL",
        id=job_id,
    )
    job = bench.row(job_id)
    bench.jobs.push([job], deadline_ms=bench.jobs.push_deadline())


def rows(bench: Bench) -> list[tuple[Any, ...]]:
    found = bench.sql("SELECT generation, state, calls, result FROM job_effect ORDER BY generation, name")
    return [tuple(row) for row in found]


def list_unfinished(bench: Bench, *, older_than_seconds: float = 0) -> list[tuple[str, int]]:
    older_than = timedelta(seconds=older_than_seconds)
    with bench.jobs.database.unit_of_work() as work:
        found = unfinished_page(work, after=None, older_than=older_than, limit=10)
    return [(effect.name, effect.generation) for effect, _ in found]
