"""What an ended attempt leaves: nothing that refers to itself, which only a look through all objects would free."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from shared.jobs import JobContext, Retry, submit_many
from shared.jobs.attempts import Attempt
from shared.jobs.context import JobContext as Context
from shared.jobs.running import Running
from tests.runtime.jobs.sample import Bench, Play, at_work, play
from tests.runtime.jobs.waiting import eventually

CROWD = 60


@contextmanager
def found_by_a_look() -> Iterator[Counter[str]]:
    """The classes of what this block leaves behind and only the garbage collector finds, counted after it."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found.update(type(each).__name__ for each in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def fails_once(ctx: JobContext, _args: Play) -> None:
    if ctx.attempt == 1:
        raise Retry(timedelta(milliseconds=1))


@pytest.mark.parametrize("act", [lambda _ctx, _args: None, fails_once], ids=["well", "after a retry"])
def test_an_attempt_that_is_over_is_freed_at_once(bench: Bench, act: Callable[[JobContext, Play], Any]) -> None:
    bench.stage.act = act
    with at_work(bench):
        submit_many(bench.jobs, play, [Play(number=0)])
        eventually(lambda: bench.redis.zcard(bench.jobs.scripts.keys.of("unsettled")) == 1)
        with found_by_a_look() as found:
            submit_many(bench.jobs, play, [Play(number=number) for number in range(1, CROWD)])
            eventually(lambda: bench.redis.zcard(bench.jobs.scripts.keys.of("unsettled")) == CROWD)

    assert {kind.__name__: found[kind.__name__] for kind in (Attempt, Running, Context) if found[kind.__name__]} == {}
