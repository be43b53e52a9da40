"""Owns the worker role: a pool of job threads per service. It must never serve requests."""

from collections.abc import Callable

import structlog

from shared.bootstrap.process import Process
from shared.bootstrap.service import ServiceRuntime
from shared.jobs.demands import refuse_unsafe
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.worker import ServiceWorker

log = structlog.get_logger(__name__)


def start(process: Process, runtimes: list[ServiceRuntime]) -> Callable[[], None]:
    """Claim and run jobs of every service; returns how to drain and stop."""
    workers = []
    for runtime in runtimes:
        if not runtime.settings.start_workers:
            log.warning("no jobs run here", setting="START_WORKERS=false", service=runtime.service.display)
            continue
        refuse_unsafe(runtime.jobs.scripts.client, in_production=process.settings.is_production)
        runtime.broker.emit_after("process_boot")
        slots = {queue.name: queue.slots for queue in runtime.jobs.catalogue.queues.values()}
        worker = ServiceWorker(runtime.jobs, runtime.broker, runtime.resources, name=process.name, slots=slots)
        prefix = runtime.service.display
        process.health.add(f"{prefix}.postgres", runtime.database.ping)
        process.health.add(f"{prefix}.redis", runtime.jobs.scripts.ping)
        process.health.add(f"{prefix}.claims", worker.stalled, liveness=True)
        process.health.add(f"{prefix}.index", worker.closed)
        workers.append(worker)
    heartbeat = Heartbeat(workers)
    heartbeat.start()
    for worker in workers:
        worker.start()

    def stop() -> None:
        for worker in workers:
            worker.stop_claiming()
        for worker in workers:
            worker.stop(process.settings.shutdown_grace_seconds)
        heartbeat.stop()
        for runtime in runtimes:
            runtime.broker.emit_before("worker_shutdown", None)
            runtime.database.close()

    return stop
