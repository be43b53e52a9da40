"""Owns making a service's parts from its declaration and settings. It must never start a thread or open a socket."""

import importlib
import pkgutil
import types
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.bootstrap.service import Service, ServiceRuntime
from shared.db import Database
from shared.errors import ConfigurationInvalid
from shared.jobs import Catalogue, Guards, JobDefinition, Jobs, Queue, Rate, Retention, exponential, submit
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import connect
from shared.jobs.scripts import Scripts
from shared.settings import QueueOverrides, ServiceSettings, load

MINUTE = timedelta(minutes=1)
#: The process that runs isolated jobs of a worker.
ISOLATED = "isolated"


def find_service(name: str) -> Service:
    """The declaration in services/<name>/app.py. Raises ConfigurationInvalid when there is none."""
    module = f"services.{name}.app"
    try:
        app = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in (module, f"services.{name}", "services"):
            raise
        raise ConfigurationInvalid([f"there is no service {name!r}: services/{name}/app.py is missing"]) from error
    service = getattr(app, "SERVICE", None)
    if not isinstance(service, Service) or service.name != name:
        raise ConfigurationInvalid([f"services/{name}/app.py must declare SERVICE with the name {name!r}"])
    return service


def find_services() -> list[Service]:
    """Every service of this code, by name: each folder of services/ that declares an app."""
    found = pkgutil.iter_modules(importlib.import_module("services").__path__)
    return [find_service(each.name) for each in sorted(found, key=lambda each: each.name) if each.ispkg]


def find_jobs(name: str) -> tuple[JobDefinition[Any, Any], ...]:
    """Every job in services/<name>/jobs/, one a module, by module name. A module without one is an error."""
    try:
        package = importlib.import_module(f"services.{name}.jobs")
    except ModuleNotFoundError as error:
        if error.name != f"services.{name}.jobs":
            raise
        return ()
    found: list[JobDefinition[Any, Any]] = []
    problems: list[str] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        declared = _declared_in(module)
        if len(declared) != 1:
            problems.append(f"{module.__name__} must declare exactly one job, found {len(declared)}")
        found.extend(declared)
    if problems:
        raise ConfigurationInvalid(problems)
    return tuple(found)


def _declared_in(module: types.ModuleType) -> list[JobDefinition[Any, Any]]:
    values = [value for value in vars(module).values() if isinstance(value, JobDefinition)]
    return [value for value in values if value.function.__module__ == module.__name__]


def assemble(service: Service, *, process: str, pool_size: int = 4) -> ServiceRuntime:
    """The runtime of a service from the environment. Raises ConfigurationInvalid listing every bad setting."""
    return assemble_with(service, load(service.settings, service=service.name), process=process, pool_size=pool_size)


def assemble_with(service: Service, settings: ServiceSettings, *, process: str, pool_size: int = 4) -> ServiceRuntime:
    """The runtime of a service from settings that are there already."""
    name = f"{service.display}-{process}"
    database = Database(settings.database_url, service.name, pool_size=pool_size, application=name)
    scripts = Scripts(connect(settings.redis_location, name=name), service.display)
    catalogue = Catalogue(
        service.display,
        find_jobs(service.name),
        tuple(configured(queue, settings) for queue in service.queues),
        attempts=settings.max_retries,
        backoff=exponential(settings.retry_delay_ms / 1000),
        breakers=service.breakers,
        budgets=service.budgets,
        freshness=service.freshness,
    )
    jobs = Jobs(catalogue, database, scripts, peers=settings.addresses)
    # The worker that gives a job to a process of its own tells of it; told there as well, it would count twice.
    listening = () if process == ISOLATED else service.middleware
    broker = MillraceBroker(catalogue, middleware=[make(settings) for make in listening])
    broker.sender = lambda name, args, delay_ms: _send(jobs, name, args, delay_ms)
    guards = Guards(jobs)
    made = [*(make(settings) for make in service.resources), *(make(settings, guards) for make in service.guarded)]
    return ServiceRuntime(service, settings, database, jobs, broker, {type(one): one for one in made})


def _send(jobs: Jobs, name: str, args: dict[str, Any], delay_ms: int) -> str:
    scheduled_for = jobs.from_now(timedelta(milliseconds=delay_ms)) if delay_ms else None
    return submit(jobs, name, args, scheduled_for=scheduled_for).id


def configured(queue: Queue, settings: ServiceSettings) -> Queue:
    """A queue with the settings' overrides: <QUEUE>_SLOTS, _MAX_RUNNING, _RATE_PER_MINUTE, _KEEP_…."""
    changed = overrides(queue)
    rate = queue.rate
    if changed.rate_per_minute is not None:
        rate = Rate(changed.rate_per_minute, MINUTE) if changed.rate_per_minute else None
    return replace(
        queue,
        slots=changed.slots or settings.concurrency or queue.slots,
        rate=rate,
        max_running=changed.max_running or queue.max_running,
        retention=_retention(queue.retention, changed),
    )


def _retention(kept: Retention, changed: QueueOverrides) -> Retention:
    expired, hours, count = kept.expired, changed.keep_expired_hours, changed.keep_expired_count
    if hours is not None or count is not None:
        expired = (expired or kept.cancelled).changed(hours=hours, count=count)
    return Retention(
        completed=kept.completed.changed(hours=changed.keep_completed_hours, count=changed.keep_completed_count),
        dead=kept.dead.changed(hours=changed.keep_dead_hours, count=changed.keep_dead_count),
        cancelled=kept.cancelled.changed(hours=changed.keep_cancelled_hours, count=changed.keep_cancelled_count),
        expired=expired,
    )


def overrides(queue: Queue) -> QueueOverrides:
    """What the environment says of one queue."""
    return load(QueueOverrides, service=queue.name.replace("-", "_"))
