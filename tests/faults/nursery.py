"""A process that has imported everything and touched nothing, so that a child that is to die costs a fork, not a start.

Run as `python -m tests.faults.nursery`; reads one order a line and answers each with how its child ended.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable

import msgspec

from shared.db import Database
from shared.jobs import Jobs, crash_points
from shared.settings import CrashSettings, load
from tests.faults.labours import LABOURS
from tests.runtime.jobs.sample import NAME, jobs_of

#: A child that neither dies at its point nor ends has missed it.
LIMIT_SECONDS = 30


class Order(msgspec.Struct, frozen=True):
    """What one child is to do, on which stores, and where it is to die."""

    labour: str
    crash_at: str
    database_url: str
    redis_url: str


class Report(msgspec.Struct, frozen=True):
    """How it ended: the signal (0 = it came to its end), what it had been acknowledged, what it complained about."""

    signal: int
    acknowledged: list[str]
    complaint: str


def main() -> None:
    """Serve orders until stdin ends. Logs go to stderr, so that only reports are on stdout."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as reports:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for line in sys.stdin.buffer:
            reports.write(msgspec.json.encode(bear(msgspec.json.decode(line, type=Order))) + b"\n")


def bear(order: Order) -> Report:
    """Fork a child for one order and wait for its death."""
    assert threading.active_count() == 1
    said, says = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(said)
        signal.alarm(LIMIT_SECONDS)
        _live(order, lambda word: os.write(says, word.encode() + b"\n"))
    os.close(says)
    with os.fdopen(said, encoding="utf-8") as pipe:
        words = pipe.read().splitlines()
    _, status = os.waitpid(child, 0)
    complaints = [word[1:] for word in words if word.startswith("!")]
    return Report(os.WTERMSIG(status), [word for word in words if not word.startswith("!")], "\n".join(complaints))


def _live(order: Order, say: Callable[[str], object]) -> None:
    try:
        crash_points.arm(load(CrashSettings, environ={"CRASH_AT": order.crash_at}).crash_at)
        jobs: Jobs = jobs_of(Database(order.database_url, NAME, pool_size=4), order.redis_url)
        LABOURS[order.labour].work(jobs, say)
    except BaseException as error:
        say("!" + repr(error).replace("\n", " "))
        raise
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
