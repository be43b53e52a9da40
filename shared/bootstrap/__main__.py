"""Owns the command line of a process. It must never import a role that is not asked for: each costs memory."""

import argparse
import dataclasses
import functools
import importlib
import sys
from collections.abc import Sequence

from shared import logs
from shared.bootstrap.assembly import assemble, find_service, find_services, overrides
from shared.bootstrap.children import Children, parent_socket
from shared.bootstrap.process import Process, explain, run
from shared.bootstrap.service import Service
from shared.errors import ConfigurationInvalid, StoreUnavailable
from shared.jobs import crash_points
from shared.settings import CrashSettings, MigrationSettings, ProcessSettings, load, load_all

MAX_PROCESSES = 64
MAX_PORT = 65_535
ROLES = ("api", "worker", "scheduler", "gateway")
EXIT_UNAVAILABLE = 69


def main(arguments: list[str]) -> int:
    """Run a role for services until told to stop. 78 = bad settings, 69 = a store does not answer at boot."""
    parser = argparse.ArgumentParser(prog="python -m shared.bootstrap", description=__doc__)
    parser.add_argument("role", choices=(*ROLES, "migrate", "close"))
    parser.add_argument(
        "services", nargs="+", metavar="SERVICE", help="folder name below services/, e.g. market_data; migrate: or all"
    )
    parser.add_argument("--processes", type=int, metavar="N", help="worker: so many processes (WORKER_PROCESSES)")
    parser.add_argument("--child", type=int, nargs=2, metavar=("NUMBER", "SOCKET"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.processes is not None and (chosen.role != "worker" or not 1 <= chosen.processes <= MAX_PROCESSES):
        parser.error(f"--processes is from 1 to {MAX_PROCESSES}, and only for the role worker")
    try:
        if chosen.role == "migrate":
            return _migrate(chosen.services)
        if chosen.role == "close":
            return _close(chosen.services)
        if chosen.role == "worker" and chosen.child is None:
            return _work(chosen.services, chosen.processes)
        return _serve(chosen.role, chosen.services, child=chosen.child)
    except ConfigurationInvalid as error:
        sys.stderr.write(explain(error))
        return error.exit_code
    except StoreUnavailable as error:
        sys.stderr.write(f"millrace: {error}\n")
        return EXIT_UNAVAILABLE


def _work(names: list[str], processes: int | None) -> int:
    """One process as any role, unless there shall be several, or one that is replaced at a limit: then a parent."""
    _check_settings([find_service(name) for name in names])
    settings = load(ProcessSettings)
    count = processes or settings.worker_processes
    if count == 1 and not (settings.worker_rss_limit_mb or settings.worker_jobs_limit):
        return _serve("worker", names)
    if settings.health_port and settings.health_port + count - 1 > MAX_PORT:
        raise ConfigurationInvalid([f"HEALTH_PORT must be at most {MAX_PORT + 1 - count} with {count} processes"])
    logs.configure(settings.log_level, settings.log_format, process="worker-parent")
    command = [sys.executable, "-m", "shared.bootstrap", "worker", *names, "--child"]
    children = Children(
        lambda number, descriptor: [*command, str(number), str(descriptor)], count,
        grace_seconds=settings.shutdown_grace_seconds,
    )  # fmt: skip
    return children.run()


def _serve(role: str, names: list[str], *, child: Sequence[int] | None = None) -> int:
    services = [find_service(name) for name in names]
    _check_settings(services, CrashSettings)
    crash_points.arm(load(CrashSettings).crash_at)
    process = Process(role, load(ProcessSettings))
    if child is not None:
        number, descriptor = child
        port = process.settings.health_port and process.settings.health_port + number
        process.settings = dataclasses.replace(process.settings, health_port=port)
        process.parent = parent_socket(descriptor)
    runtimes = [assemble(service, process=role) for service in services]
    start = importlib.import_module(f"shared.bootstrap.{role}").start
    return run(process, lambda: start(process, runtimes), names)


def _migrate(names: list[str]) -> int:
    services = find_services() if names == ["all"] else [find_service(name) for name in names]
    # The roles start after this command: what they would refuse is refused before a schema changes.
    _check_settings(services, MigrationSettings)
    logs.configure("info", "auto", process="migrate")
    importlib.import_module("shared.bootstrap.migrate").migrate(services)
    return 0


def _close(names: list[str]) -> int:
    services = [find_service(name) for name in names]
    _check_settings(services)
    logs.configure("info", "auto", process="close")
    return 0 if importlib.import_module("shared.bootstrap.closing").close(services) else 1


def _check_settings(services: Sequence[Service], *more: type) -> None:
    """Read all settings of the process, its services and their queues before any is used: one look mends them all."""
    load_all(
        *(functools.partial(load, kind) for kind in (ProcessSettings, *more)),
        *(functools.partial(load, service.settings, service=service.name) for service in services),
        *(functools.partial(overrides, queue) for service in services for queue in service.queues),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
