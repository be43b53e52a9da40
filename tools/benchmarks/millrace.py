"""The program under test: Millrace as producer, worker or scheduler. It must never measure a worker."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from shared import logs
from shared.bootstrap import ServiceRuntime, scheduler, worker
from shared.bootstrap.process import Process, run
from shared.bootstrap.scheduler import declare
from shared.jobs import submit, submit_many
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.settings import ProcessSettings, Secret
from tools.benchmarks import orders
from tools.benchmarks.orders import Order
from tools.benchmarks.service import assemble, name_of

#: The peers log nothing about a job that ends well; at "info" Millrace writes a line for each.
LOG_LEVEL = "warning"
ROLES = ("prepare", "produce", "work", "schedule")


def main(role: str, path: Path) -> int:
    """Carry out one order."""
    order = orders.read(path)
    runtime = assemble(order, process=role)
    if role == "prepare":
        logs.configure(LOG_LEVEL, "auto", process=role)
        declare(runtime)
        reconcile_once(runtime.jobs)
        return 0
    if role == "produce":
        logs.configure(LOG_LEVEL, "auto", process=role)
        orders.write_answer(produce(runtime, order), path)
        return 0
    process = Process(role, ProcessSettings(service_token=Secret("bench"), log_level=LOG_LEVEL))
    start = worker.start if role == "work" else scheduler.start
    return run(process, lambda: start(process, [runtime]), [runtime.service.name])


def produce(runtime: ServiceRuntime, order: Order) -> orders.Answer:
    """Submit what was ordered through the public door."""
    jobs, name, due = runtime.jobs, name_of(is_durable=order.is_durable), order.due_at()
    jobs.push_deadline()  # Opens the connections that a running producer has.
    jobs.database.ping()
    jobs.database.run_alone("SELECT 1", [])

    def single(number: int) -> None:
        submit(jobs, name, order.arguments(number), scheduled_for=due)

    def many(numbers: Sequence[int]) -> None:
        submit_many(jobs, name, [order.arguments(number) for number in numbers], scheduled_for=due)

    is_timed_from_commit = order.is_durable and order.spacing_ms > 0
    return orders.produce(order, _committed(runtime, order, name) if is_timed_from_commit else single, many)


def _committed(runtime: ServiceRuntime, order: Order, name: str) -> Callable[[int], int]:
    """Submit within a transaction and tell when it had committed, before the push."""

    def single(number: int) -> int:
        committed: list[int] = []
        with runtime.database.unit_of_work() as work:
            work.after_commit(lambda: committed.append(time.monotonic_ns()))
            submit(runtime.jobs, name, order.arguments(number), within=work)
        return committed[0]

    return single


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
