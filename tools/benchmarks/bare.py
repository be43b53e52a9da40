"""The least an engine can do that takes its next job when a slot is free: one LPOP a job, in a thread a slot.

It keeps no lease, no outcome, no count: what it reaches is the ceiling of this machine, not a queue to compare with.
"""

import json
import signal
import sys
import threading
from pathlib import Path

import redis

from tools.benchmarks import orders
from tools.benchmarks.marks import Pen
from tools.benchmarks.orders import Order

LIST = "bare"
#: How long a thread that found nothing waits for more.
WAIT_SECONDS = 1.0


def main(role: str, path: Path) -> int:
    """Carry out one order."""
    order = orders.read(path)
    client = redis.Redis.from_url(order.redis_url)
    client.ping()
    if role == "work":
        pen = Pen(order.marks)
        for _ in range(order.slots):
            threading.Thread(target=_work, args=(order, pen), daemon=True).start()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        return 0

    def single(number: int) -> None:
        client.rpush(LIST, json.dumps(order.arguments(number)))

    orders.write_answer(orders.produce(order, single, None), path)
    return 0


def _work(order: Order, pen: Pen) -> None:
    pool = redis.ConnectionPool.from_url(order.redis_url)
    connection = pool.connection_class(**pool.connection_kwargs)
    connection.connect()
    while True:
        connection.send_command("LPOP", LIST)
        raw = connection.read_response()
        if raw is None:
            connection.send_command("BLPOP", LIST, WAIT_SECONDS)
            found = connection.read_response()
            if not found:
                continue
            raw = found[1]
        job = json.loads(raw)
        pen.note(job["number"], job["pause_ms"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
