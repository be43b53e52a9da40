"""Owns jobs that are declared unique, one a mode, for the tests of who else submits them. It must never decide."""

from typing import Any

from shared.jobs import (
    JobContext,
    Unique,
    debounce,
    job,
    keep_latest,
    minutes,
    seconds,
    unique_for,
    until_done,
    until_start,
)
from tests.runtime.jobs.sample import WORK, Play, Stage

MODES: dict[str, Unique] = {
    "start": until_start(by="number"),
    "done": until_done(by="number"),
    "time": unique_for(minutes(10), by="number"),
    "quiet": debounce(seconds(30), max_wait=minutes(5), by="number"),
    "latest": keep_latest(by="number"),
}


def declared(mode: str, unique: Unique, **options: Any) -> Any:
    @job(queue=WORK, name=f"one-{mode}", timeout=seconds(30), attempts=1, unique=unique, **options)
    def one(ctx: JobContext, args: Play) -> Any:
        """One of a number."""
        return ctx.resource(Stage).perform(ctx, args)

    return one


DECLARED = tuple(declared(mode, unique) for mode, unique in MODES.items())
