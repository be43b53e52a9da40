"""Owns the scheduler role: schedules and every maintenance loop of a service. Any number of copies may run."""

import functools
from collections.abc import Callable

import structlog

from shared.bootstrap.process import Process
from shared.bootstrap.service import ServiceRuntime
from shared.db.demands import refuse_old
from shared.jobs import queue_settings
from shared.jobs.budgets import declare_budgets
from shared.jobs.circuit_settings import declare_circuits
from shared.jobs.demands import flush_advice, refuse_unread, refuse_unsafe
from shared.jobs.exchange import outbox_reads
from shared.jobs.freshness.settings import declare_goals
from shared.jobs.gate_settings import declare_gates
from shared.jobs.limiters import declare_limiters
from shared.jobs.maintenance import Maintenance
from shared.jobs.schedules.declared import declare_schedules, overbooked
from shared.rpc import Peers

log = structlog.get_logger(__name__)


def start(process: Process, runtimes: list[ServiceRuntime]) -> Callable[[], None]:
    """Bring declared queues and schedules into the tables, then run the loops; returns how to stop."""
    running = []
    for runtime in runtimes:
        refuse_unsafe(runtime.jobs.scripts.client, in_production=process.settings.is_production)
        refuse_unread(runtime.jobs.scripts)
        refuse_old(runtime.database)
        declare(runtime)
        peers = Peers(runtime.settings.addresses, process.settings.service_token)  # opens no channel before its use
        maintenance = Maintenance(
            runtime.jobs,
            consumer=process.name,
            fires_schedules=runtime.settings.enable_scheduled_jobs,
            peers=peers,
        )
        prefix = runtime.service.display
        process.health.add(f"{prefix}.postgres", runtime.database.ping)
        process.health.add(f"{prefix}.redis", runtime.jobs.scripts.ping)
        process.health.add(f"{prefix}.schedules", functools.partial(overbooking, runtime), advice=True)
        advice = functools.partial(flush_advice, runtime.jobs.scripts.client)
        process.health.add(f"{prefix}.redis-user", advice, advice=True)
        for loop in maintenance.loops:
            process.health.add(loop.name, loop.trouble, liveness=False)
        process.health.add(f"{prefix}.outbox-failures", functools.partial(undelivered, runtime), advice=True)
        maintenance.start()
        running.append((maintenance, peers))

    def stop() -> None:
        for maintenance, peers in running:
            maintenance.stop()
            peers.close()
        for runtime in runtimes:
            runtime.database.close()

    return stop


def overbooking(runtime: ServiceRuntime) -> str | None:
    """None while the schedules fit their queues' rates, else which queue they ask too much of."""
    with runtime.database.unit_of_work() as work:
        return "; ".join(overbooked(work, runtime.jobs.catalogue)) or None


def undelivered(runtime: ServiceRuntime) -> str | None:
    """None while every message to other services got there or still may, else the newest that did not."""
    with runtime.database.unit_of_work() as work:
        return outbox_reads.advice(work)


def declare(runtime: ServiceRuntime) -> None:
    """Write what code declares of queues and schedules, and copy the settings into the index."""
    jobs = runtime.jobs
    with runtime.database.unit_of_work() as work:
        queue_settings.declare(work, tuple(jobs.catalogue.queues.values()))
        declare_gates(work, jobs.catalogue)
        declare_limiters(work, jobs.catalogue)
        declare_circuits(work, jobs.catalogue)
        declare_budgets(work, jobs.catalogue)
        declare_goals(work, jobs.catalogue)
        declare_schedules(work, jobs.catalogue)
        for sentence in overbooked(work, jobs.catalogue):
            log.warning("schedules ask for more than a queue's rate allows", service=jobs.service, detail=sentence)
    queue_settings.copy_settings(jobs)
