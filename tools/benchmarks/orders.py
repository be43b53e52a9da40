"""Owns what the bench tells a program under test and what that answers.

It must never import beyond the standard library: the peers' environments hold nothing of ours.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Jobs handed over in one bulk call, for every engine that has one.
BULK = 1_000
#: Fills the arguments of a job up to about 100 bytes of JSON.
PADDING = "x" * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One program's orders: its stores, and for a producer the jobs `first` to `first + count - 1`."""

    redis_url: str
    database_url: str
    #: The file to which every job appends its mark.
    marks: str
    slots: int
    #: The queue's own limit over all processes; 0 = none.
    limit: int = 0
    is_durable: bool = False
    first: int = 0
    count: int = 0
    in_bulk: bool = False
    #: Between two jobs; 0 = as fast as it goes.
    spacing_ms: float = 0.0
    #: When all jobs are due, on the monotonic clock; 0 = at once.
    due_ns: int = 0
    #: How long each job sleeps.
    pause_ms: int = 0

    @property
    def numbers(self) -> range:
        """The numbers of the jobs to produce."""
        return range(self.first, self.first + self.count)

    def due_at(self) -> datetime | None:
        """`due_ns` on the wall clock."""
        if not self.due_ns:
            return None
        return datetime.fromtimestamp(time.time() + (self.due_ns - time.monotonic_ns()) / 1e9, UTC)

    def arguments(self, number: int) -> dict[str, Any]:
        """A job's payload."""
        return {"number": number, "pause_ms": self.pause_ms, "padding": PADDING}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a producer measured of itself; `stamps` = monotonic ns at which each single job was handed over."""

    seconds: float
    cpu_seconds: float
    stamps: list[int]


def write(order: Order, path: Path) -> None:
    """Leave an order where only its program can read it: it holds passwords."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(asdict(order), stream)


def read(path: Path) -> Order:
    """The order in a file."""
    return Order(**json.loads(path.read_text()))


def write_answer(answer: Answer, order_path: Path) -> None:
    """Answer an order, complete or not at all."""
    fresh = answer_path(order_path).with_suffix(".new")
    fresh.write_text(json.dumps(asdict(answer)))
    fresh.rename(answer_path(order_path))


def read_answer(order_path: Path) -> Answer:
    """The answer to an order."""
    return Answer(**json.loads(answer_path(order_path).read_text()))


def answer_path(order_path: Path) -> Path:
    """Where the answer to an order is left."""
    return order_path.with_suffix(".answer")


class Stopwatch:
    """Wall time and CPU time of this process since it was made, and when each job was handed over."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._began = time.monotonic()
        self._cpu = time.process_time()
        self.stamps: list[int] = []

    def seconds_until(self, position: int) -> float:
        """How long until the job at this position is to be handed over."""
        if not self._order.spacing_ms:
            return 0.0
        return max(0.0, self._began + position * self._order.spacing_ms / 1000 - time.monotonic())

    def answer(self) -> Answer:
        """What was measured."""
        return Answer(time.monotonic() - self._began, time.process_time() - self._cpu, self.stamps)


def produce(
    order: Order, single: Callable[[int], int | None], many: Callable[[Sequence[int]], object] | None
) -> Answer:
    """Hand over the ordered jobs, in bulk where the engine can; `single` may tell its own instant of handing over."""
    watch = Stopwatch(order)
    if order.in_bulk and many is not None:
        for chunk in chunks(order.numbers, BULK):
            many(chunk)
        return watch.answer()
    for position, number in enumerate(order.numbers):
        wait = watch.seconds_until(position)
        if wait:
            time.sleep(wait)
        before = time.monotonic_ns()
        watch.stamps.append(single(number) or before)
    return watch.answer()


def chunks(numbers: range, size: int) -> Iterator[range]:
    """Consecutive ranges of at most `size`."""
    for start in range(numbers.start, numbers.stop, size):
        yield range(start, min(start + size, numbers.stop))
