"""Stock Dramatiq as producer or worker: its Redis broker, its default middleware, its worker in one process."""

import signal
import sys
import time
from pathlib import Path

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from tools.benchmarks import orders
from tools.benchmarks.marks import Pen
from tools.benchmarks.orders import PADDING


def main(role: str, path: Path) -> int:
    """Carry out one order."""
    order = orders.read(path)
    broker = RedisBroker(url=order.redis_url)  # type: ignore[no-untyped-call]  # untyped there
    pen = Pen(order.marks)

    def note(number: int, pause_ms: int, padding: str) -> None:  # noqa: ARG001  # the payload of every engine
        pen.note(number, pause_ms)

    actor = dramatiq.actor(broker=broker, queue_name="bench")(note)
    if role == "work":
        worker = dramatiq.Worker(broker, worker_threads=order.slots)
        worker.start()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        return 0
    delay = round((order.due_ns - time.monotonic_ns()) / 1e6) if order.due_ns else None
    broker.client.ping()

    def single(number: int) -> None:
        actor.send_with_options(args=(number, order.pause_ms, PADDING), delay=delay)

    orders.write_answer(orders.produce(order, single, None), path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
