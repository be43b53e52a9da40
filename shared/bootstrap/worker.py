"""Owns the worker role: a pool of job threads per service. It must never serve requests."""

import threading
from collections.abc import Callable, Collection

import structlog

from shared import clock
from shared.bootstrap.isolated import command_for
from shared.bootstrap.process import Process
from shared.bootstrap.pulse import Pulse
from shared.bootstrap.service import ServiceRuntime
from shared.db.demands import refuse_old
from shared.jobs import captured
from shared.jobs.broker import MillraceBroker
from shared.jobs.captured import LogSink
from shared.jobs.coroutines import Coroutines
from shared.jobs.demands import refuse_unread, refuse_unsafe
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.isolation import IsolatedJobs
from shared.jobs.log_writer import LogWriter
from shared.jobs.maintenance.loop import Loop
from shared.jobs.pacemaker import Pacemaker
from shared.jobs.presence import leave, watch_presence
from shared.jobs.slots import watch_slots
from shared.jobs.worker import ServiceWorker
from shared.rpc import Peers

log = structlog.get_logger(__name__)
#: What a worker may need beyond its grace to give back what it interrupted, less than its parent's patience.
BEYOND_GRACE_SECONDS = 4.0


def start(process: Process, runtimes: list[ServiceRuntime]) -> Callable[[], None]:
    """Claim and run jobs of every service; returns how to drain and stop."""
    workers: list[ServiceWorker] = []
    brokers: list[MillraceBroker] = []
    coroutines, pacemaker = Coroutines(), Pacemaker(process.name)
    captured.install()
    for runtime in runtimes:
        if not runtime.settings.start_workers:
            log.warning("no jobs run here", setting="START_WORKERS=false", service=runtime.service.display)
            continue
        refuse_unsafe(runtime.jobs.scripts.client, in_production=process.settings.is_production)
        refuse_unread(runtime.jobs.scripts)
        refuse_old(runtime.database)
        runtime.broker.emit_after("process_boot")
        _prepare(process, runtime, coroutines)
        slots = {queue.name: queue.slots for queue in runtime.jobs.catalogue.queues.values()}
        worker = ServiceWorker(runtime.jobs, runtime.broker, runtime.resources, name=process.name, slots=slots)
        _add_checks(process, runtime, worker)
        pacemaker.watch(runtime.jobs.scripts, runtime.settings.redis_location, sorted(slots))
        workers.append(worker)
        brokers.append(runtime.broker)
    heartbeat = _heartbeat(process, workers, coroutines, pacemaker)
    _tell("before_worker_boot", brokers, workers)
    for worker in workers:
        worker.start()
    _tell("after_worker_boot", brokers, workers)
    watches = _watch(workers)
    if process.parent is not None:
        reasons = (heartbeat.stuck.trouble, coroutines.trouble)
        Pulse(process, process.parent, *reasons, longest_seconds=_longest_seconds(runtimes)).start()

    def stop() -> None:
        for worker in workers:
            worker.stop_claiming()
        for watch in watches:
            watch.request_stop()
        _tell("before_worker_shutdown", brokers, workers)
        stop_together(workers, process.settings.shutdown_grace_seconds)
        heartbeat.stop()
        coroutines.stop()
        _tell("after_worker_shutdown", brokers, workers)
        for runtime in runtimes:
            _close(runtime)

    return stop


def stop_together(workers: Collection[ServiceWorker], grace_seconds: float) -> None:
    """Drain all at once: one after the other the last would begin when whoever asked has lost patience."""
    give_up_at = clock.monotonic() + grace_seconds + BEYOND_GRACE_SECONDS
    stops = [
        threading.Thread(target=_stop, args=(worker, grace_seconds), name=f"{worker.jobs.service}-stop", daemon=True)
        for worker in workers
    ]
    for each in stops:
        each.start()
    for each in stops:
        each.join(max(0.0, give_up_at - clock.monotonic()))


def _stop(worker: ServiceWorker, grace_seconds: float) -> None:
    try:
        leave(worker)
        worker.stop(grace_seconds)
    except Exception:  # the others stop all the same; leases keep what this one holds
        log.exception("a worker did not stop in good order", service=worker.jobs.service)


def _longest_seconds(runtimes: list[ServiceRuntime]) -> float:
    """The longest time limit that a job of these services declares."""
    definitions = [one for runtime in runtimes for one in runtime.jobs.catalogue.jobs.values()]
    return max((one.timeout.total_seconds() for one in definitions), default=0.0)


def _add_checks(process: Process, runtime: ServiceRuntime, worker: ServiceWorker) -> None:
    prefix = runtime.service.display
    process.health.add(f"{prefix}.postgres", runtime.database.ping)
    process.health.add(f"{prefix}.redis", runtime.jobs.scripts.ping)
    process.health.add(f"{prefix}.claims", worker.stalled, liveness=True)
    process.health.add(f"{prefix}.index", worker.closed)


def _tell(when: str, brokers: list[MillraceBroker], workers: list[ServiceWorker]) -> None:
    for broker, worker in zip(brokers, workers, strict=True):
        broker.tell(when, worker)


def _watch(workers: list[ServiceWorker]) -> list[Loop]:
    """The loops that keep each worker's slots right and tell that it is there; started."""
    watches = [watch(worker) for worker in workers for watch in (watch_slots, watch_presence)]
    for watch in watches:
        watch.start()
    return watches


def _close(runtime: ServiceRuntime) -> None:
    if isinstance(pool := runtime.resources.get(IsolatedJobs), IsolatedJobs):
        pool.stop()
    if isinstance(lines := runtime.resources.get(LogSink), LogWriter):
        lines.stop()
    if isinstance(peers := runtime.resources.get(Peers), Peers):
        peers.close()
    runtime.database.close()


def _heartbeat(
    process: Process, workers: list[ServiceWorker], coroutines: Coroutines, pacemaker: Pacemaker
) -> Heartbeat:
    heartbeat = Heartbeat(workers, pacemaker=pacemaker)
    process.health.add("stuck-threads", heartbeat.stuck.advice, advice=True)
    process.health.add("stuck-limit", heartbeat.stuck.trouble, liveness=True)
    process.health.add("coroutines", coroutines.trouble, liveness=True)
    heartbeat.start()
    return heartbeat


def _prepare(process: Process, runtime: ServiceRuntime, coroutines: Coroutines) -> None:
    """The event loop that the service's jobs ask for, and the processes; each of those starts when first needed."""
    definitions = runtime.jobs.catalogue.jobs.values()
    runtime.resources[LogSink] = LogWriter(runtime.database, runtime.service.display)
    # Opens no channel before a job's flow has a node in another service.
    runtime.resources[Peers] = Peers(runtime.settings.addresses, process.settings.service_token)
    if any(definition.is_coroutine for definition in definitions):
        runtime.resources[Coroutines] = coroutines
        coroutines.start()
    queues = {definition.queue.name for definition in definitions if definition.isolation == "process"}
    if definitions:
        # One more, for whatever has been in two crashes.
        runtime.resources[IsolatedJobs] = IsolatedJobs(
            command_for(runtime.service.name),
            size=sum(runtime.jobs.catalogue.queues[queue].slots for queue in queues) + 1,
            jobs_limit=process.settings.isolated_jobs_limit,
        )
