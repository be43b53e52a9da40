"""Owns sample jobs that are no plain functions: coroutines, and jobs in a process of their own.

Run as `python -m tests.runtime.jobs.ways` it is such a process; it finds its stores in DATABASE_URL and REDIS_URL.
"""

import asyncio
import logging
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared import logs
from shared.db import Database, UnitOfWork
from shared.jobs import Arguments, Catalogue, JobContext, Jobs, Times, fixed, job, seconds
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import connect
from shared.jobs.isolated_process import Parts, die_with, serve
from shared.jobs.isolation import IsolatedJobs
from shared.jobs.scripts import Scripts
from shared.settings import ServiceSettings, load
from tests.runtime.jobs.sample import DEFINITIONS, NAME, SERVICE, WORK, Bench, Play, open_bench, write_effect

#: Jobs that one process runs.
JOBS_LIMIT = 6
CoroutineAct = Callable[[JobContext, Play], Awaitable[Any]]


@dataclass
class Chorus:
    """What the coroutine jobs do; a test sets it."""

    act: CoroutineAct | None = None
    runs: list[str] = field(default_factory=list)


@job(queue=WORK, name="sing", timeout=seconds(30), attempts=3, backoff=fixed(60))
async def sing(ctx: JobContext, args: Play) -> Any:
    """Does what the test says, as a coroutine."""
    chorus = ctx.resource(Chorus)
    chorus.runs.append(ctx.id)
    return await chorus.act(ctx, args) if chorus.act else {"number": args.number}


@job(queue=WORK, name="sing-once", timeout=seconds(0.3), attempts=1)
async def sing_once(ctx: JobContext, args: Play) -> Any:
    """A coroutine with one attempt of 300 ms."""
    chorus = ctx.resource(Chorus)
    return await chorus.act(ctx, args) if chorus.act else None


class Order(Arguments, frozen=True):
    """What an isolated job is to do."""

    act: str
    number: int = 0
    path: str = ""


@job(queue=WORK, name="apart", timeout=seconds(30), attempts=3, backoff=fixed(60), isolation="process")
def apart(ctx: JobContext, args: Order) -> Any:
    """Does one of ACTS in a process of its own."""
    return ACTS[args.act](ctx, args)


@job(queue=WORK, name="among", timeout=seconds(30), attempts=3, backoff=fixed(60))
def among(ctx: JobContext, args: Order) -> Any:
    """Does one of ACTS in a thread, among others."""
    return ACTS[args.act](ctx, args)


@job(queue=WORK, name="apart-once", timeout=seconds(0.5), attempts=1, isolation="process")
def apart_once(ctx: JobContext, args: Order) -> Any:
    """Does one of ACTS in a process of its own, with one attempt of 500 ms."""
    return ACTS[args.act](ctx, args)


@job(
    queue=WORK, name="apart-aloud", timeout=seconds(30), attempts=1, isolation="process",
    times=Times(stale_after=seconds(1)),
)  # fmt: skip
def apart_aloud(ctx: JobContext, args: Order) -> Any:
    """Does one of ACTS in a process of its own, and must not be silent for a second."""
    return ACTS[args.act](ctx, args)


@job(queue=WORK, name="sing-apart", timeout=seconds(30), attempts=3, isolation="process")
async def sing_apart(ctx: JobContext, args: Order) -> Any:
    """A coroutine in a process of its own."""
    await asyncio.sleep(0)
    return {"pid": os.getpid(), "number": await ctx.off_loop(lambda: args.number)}


def _use_all(ctx: JobContext, args: Order) -> Any:
    def once(work: UnitOfWork) -> int:
        write_effect(work, 100)
        return args.number

    step = ctx.step("once", once)
    ctx.progress(1, 4, "a quarter")
    child = ctx.submit("play", Play(number=args.number), key="child")
    with ctx.lock("together", ttl=timedelta(seconds=5)), ctx.unit_of_work() as work:
        write_effect(work, args.number)
    return {"pid": os.getpid(), "step": step, "child": child, "key": ctx.idempotency_key, "attempt": ctx.attempt}


def _hold(ctx: JobContext, args: Order) -> None:
    ctx.progress(1)
    time.sleep(600)  # millrace: allow sleep-in-test because it stands for C code that nothing but a kill ends


def _spin(ctx: JobContext, args: Order) -> None:
    ctx.progress(1)
    re.match(r"(a+)+$", "a" * 60 + "b")  # years, without giving other threads of its process a turn


def _talk_on(ctx: JobContext, args: Order) -> int:
    cursor = ctx.cursor("page")
    for page in range(args.number):
        cursor.move(page)
        ctx.sleep(0.05)
    return args.number


def _report_fast_and_hold(ctx: JobContext, args: Order) -> None:
    for done in range(1, 60):
        ctx.progress(done)
    threading.Event().wait(60)


def _swallow(ctx: JobContext, args: Order) -> None:
    ctx.progress(1)
    while True:
        try:
            threading.Event().wait(60)
        except BaseException:  # noqa: BLE001, # the point of it
            continue


def _crash(ctx: JobContext, args: Order) -> None:
    sys.stdout.write(f"about to go, password=hunter2 {ctx.id}\n")
    os.kill(os.getpid(), signal.SIGSEGV)


def _fail(ctx: JobContext, args: Order) -> None:
    raise ValueError(f"no {args.number}")


def _talk(ctx: JobContext, args: Order) -> None:
    for number in range(args.number):
        logging.getLogger("driver").info("number %d", number, extra={"api_key": "hunter2"})


def _talk_and_crash(ctx: JobContext, args: Order) -> None:
    ctx.log.info("number 0")
    ctx.log.warning("about to crash")
    os.kill(os.getpid(), signal.SIGSEGV)


def _pid(ctx: JobContext, args: Order) -> int:
    return os.getpid()


def _exit(ctx: JobContext, args: Order) -> None:
    os._exit(3)


def _call_exit(ctx: JobContext, args: Order) -> None:
    sys.exit(3)


ACTS: dict[str, Callable[[JobContext, Order], Any]] = {
    "use-all": _use_all,
    "spin": _spin,
    "hold": _hold,
    "swallow": _swallow,
    "talk-on": _talk_on,
    "report-fast-and-hold": _report_fast_and_hold,
    "segv": _crash,
    "exit": _exit,
    "sys-exit": _call_exit,
    "fail": _fail,
    "pid": _pid,
    "talk": _talk,
    "talk-and-crash": _talk_and_crash,
}
COMMAND = [sys.executable, "-u", "-X", "faulthandler", "-m", "tests.runtime.jobs.ways"]


def ways_of(database: Database, redis_url: str) -> Jobs:
    """The sample's jobs and these, on these stores."""
    definitions = (*DEFINITIONS, sing, sing_once, among, apart, apart_once, apart_aloud, sing_apart)
    catalogue = Catalogue(SERVICE.display, definitions, SERVICE.queues, attempts=3, backoff=fixed(60))
    return Jobs(catalogue, database, Scripts(connect(redis_url, name="test"), SERVICE.display))


@contextmanager
def open_ways(database_url: str, redis_url: str) -> Iterator[tuple[Bench, Chorus]]:
    """A bench that also runs these jobs."""
    bench = open_bench(ways_of(Database(database_url, NAME, pool_size=8), redis_url))
    chorus = Chorus()
    bench.runtime.resources[Chorus] = chorus
    isolated = bench.runtime.resources[IsolatedJobs] = IsolatedJobs(COMMAND, size=4, jobs_limit=JOBS_LIMIT)
    yield bench, chorus
    isolated.stop()
    bench.redis.close()
    bench.jobs.database.close()


def main(arguments: list[str]) -> None:
    """Be the process of isolated jobs."""
    wire, lifeline, log_output = map(int, arguments)
    die_with(lifeline)
    logs.configure("info", "json", process="isolated", stream=os.fdopen(log_output, "w", buffering=1))
    settings = load(ServiceSettings, service=NAME)
    jobs = ways_of(Database(settings.database_url, NAME, pool_size=2), settings.redis_location)
    serve(Parts(jobs, MillraceBroker(jobs.catalogue), {}), socket.socket(fileno=wire))


if __name__ == "__main__":
    main(sys.argv[1:])
