"""Procrastinate as producer or worker: asynchronous jobs, concurrency ten, its schema made by `prepare`."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector  # type: ignore[import-not-found]  # peers' environment

from tools.benchmarks import orders
from tools.benchmarks.marks import Pen
from tools.benchmarks.orders import Order


def main(role: str, path: Path) -> int:
    """Carry out one order."""
    order = orders.read(path)
    kind = PsycopgConnector if role == "work" else SyncPsycopgConnector
    app = App(connector=kind(conninfo=order.database_url))
    pen = Pen(order.marks)

    async def note(number: int, pause_ms: int, padding: str) -> None:  # noqa: ARG001  # the payload of every engine
        pen.mark(number)
        if pause_ms:
            await asyncio.sleep(pause_ms / 1000)

    task = app.task(note, name="note", queue="bench")
    if role == "work":
        asyncio.run(_work(app, order))
        return 0
    with app.open():
        if role == "prepare":
            app.schema_manager.apply_schema()
            return 0
        deferrer = task.configure(schedule_at=order.due_at()) if order.due_ns else task

        def many(numbers: Sequence[int]) -> None:
            deferrer.batch_defer(*(order.arguments(number) for number in numbers))

        answer = orders.produce(order, lambda number: _nothing(deferrer.defer(**order.arguments(number))), many)
    orders.write_answer(answer, path)
    return 0


async def _work(app: App, order: Order) -> None:
    async with app.open_async():
        await app.run_worker_async(queues=["bench"], concurrency=order.slots)


def _nothing(_job_id: object) -> None:
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
