"""Third-party Dramatiq middleware: told before and after every attempt, and allowed to skip one."""

from collections.abc import Iterator
from typing import Any

import pytest
from dramatiq import Middleware
from dramatiq.middleware import SkipMessage

from shared.db import Database
from shared.jobs import JobContext
from shared.jobs.outcomes import Cancelled
from shared.jobs.states import State
from tests.runtime.jobs.sample import NAME, Bench, Play, jobs_of, open_bench


class Watcher(Middleware):
    """A third party's middleware: notes what it is told, and skips on demand."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, object]] = []
        self.skips = False

    def before_process_message(self, broker: Any, message: Any) -> None:
        self.told.append(("before", message.message_id, message.args[0]["number"]))
        if self.skips:
            raise SkipMessage

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        self.told.append(("after", message.message_id, type(exception).__name__ if exception else result))

    def after_skip_message(self, broker: Any, message: Any) -> None:
        self.told.append(("skipped", message.message_id, None))


@pytest.fixture
def watched(empty_url: str, redis_url: str) -> Iterator[tuple[Bench, Watcher]]:
    """A bench with a watcher in its broker."""
    jobs, watcher = jobs_of(Database(empty_url, NAME), redis_url), Watcher()
    yield open_bench(jobs, middleware=[watcher]), watcher
    jobs.scripts.client.close()
    jobs.database.close()


def test_third_party_middleware_sees_every_attempt_before_and_after(watched: tuple[Bench, Watcher]) -> None:
    bench, watcher = watched

    def act(ctx: JobContext, _args: Play) -> str:
        if ctx.attempt == 1:
            raise ValueError("not yet")
        return "well"

    bench.stage.act = act
    job = bench.submit(7)

    for _ in range(2):
        bench.make_due()
        bench.run()

    assert watcher.told == [
        ("before", job.id, 7),
        ("after", job.id, "ValueError"),
        ("before", job.id, 7),
        ("after", job.id, "well"),
    ]


def test_third_party_middleware_may_skip_a_job_which_ends_its_row(watched: tuple[Bench, Watcher]) -> None:
    bench, watcher = watched
    watcher.skips = True
    job = bench.submit(7)

    (outcome,) = bench.run()
    bench.settle()

    assert isinstance(outcome, Cancelled)
    assert bench.stage.runs == []
    assert bench.row(job.id).state is State.CANCELLED


def test_third_party_middleware_is_told_of_a_skipped_job(watched: tuple[Bench, Watcher]) -> None:
    bench, watcher = watched
    watcher.skips = True
    job = bench.submit(7)

    bench.run()

    assert watcher.told == [("before", job.id, 7), ("skipped", job.id, None)]
