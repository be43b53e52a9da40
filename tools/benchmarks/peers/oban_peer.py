"""Oban for Python as producer or worker: one queue with limit ten, its schema made by `prepare`."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import uvloop  # type: ignore[import-not-found]  # what its own command line runs on
from oban import Oban, worker  # type: ignore[import-not-found]  # lives in the peers' environment only
from oban.schema import install  # type: ignore[import-not-found]  # lives in the peers' environment only

from tools.benchmarks import orders
from tools.benchmarks.marks import Pen
from tools.benchmarks.orders import BULK, Answer, Order, Stopwatch, chunks


def main(role: str, path: Path) -> int:
    """Carry out one order."""
    order = orders.read(path)
    answer = uvloop.run(_carry_out(role, order))
    if answer is not None:
        orders.write_answer(answer, path)
    return 0


async def _carry_out(role: str, order: Order) -> Answer | None:
    pool = await Oban.create_pool(dsn=order.database_url)
    note = _worker(Pen(order.marks))
    try:
        if role == "prepare":
            await install(pool)
            return None
        if role == "work":
            async with Oban(pool=pool, queues={"bench": order.slots}):
                await asyncio.Event().wait()
        return await _produce(Oban(pool=pool), note, order)
    finally:
        await pool.close()


def _worker(pen: Pen) -> Any:
    @worker(queue="bench")
    class Note:
        """Leaves its mark."""

        async def process(self, job: Any) -> None:
            pen.mark(job.args["number"])
            if job.args["pause_ms"]:
                await asyncio.sleep(job.args["pause_ms"] / 1000)

    return Note


async def _produce(oban: Any, note: Any, order: Order) -> Answer:
    due = order.due_at()
    options = {"scheduled_at": due} if due else {}
    watch = Stopwatch(order)
    if order.in_bulk:
        for chunk in chunks(order.numbers, BULK):
            await oban.enqueue_many([note.new(order.arguments(number), **options) for number in chunk])
        return watch.answer()
    for position, number in enumerate(order.numbers):
        wait = watch.seconds_until(position)
        if wait:
            await asyncio.sleep(wait)
        watch.stamps.append(time.monotonic_ns())
        await oban.enqueue(note.new(order.arguments(number), **options))
    return watch.answer()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
