"""Celery as producer or worker: Redis transport, ten threads in one process, late acknowledgement, no results."""

import sys
from pathlib import Path

from celery import Celery  # type: ignore[import-not-found]  # lives in the peers' environment only

from tools.benchmarks import orders
from tools.benchmarks.marks import Pen
from tools.benchmarks.orders import PADDING


def main(role: str, path: Path) -> int:
    """Carry out one order."""
    order = orders.read(path)
    app = Celery("bench", broker=order.redis_url)
    app.conf.update(task_ignore_result=True, task_acks_late=True, broker_connection_retry_on_startup=True)
    pen = Pen(order.marks)

    def note(number: int, pause_ms: int, padding: str) -> None:  # noqa: ARG001  # the payload of every engine
        pen.note(number, pause_ms)

    task = app.task(note, name="note")
    if role == "work":
        options = ["--pool=threads", f"--concurrency={order.slots}", "--loglevel=WARNING"]
        app.worker_main(["worker", *options, "--without-gossip", "--without-mingle"])
        return 0
    due = order.due_at()
    app.connection_for_write().ensure_connection(max_retries=1)

    def single(number: int) -> None:
        task.apply_async(args=(number, order.pause_ms, PADDING), eta=due)

    orders.write_answer(orders.produce(order, single, None), path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
