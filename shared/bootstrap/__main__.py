"""Owns the command line of a process. It must never import a role that is not asked for: each costs memory."""

import argparse
import functools
import importlib
import sys
from collections.abc import Sequence

from shared import logs
from shared.bootstrap.assembly import assemble, find_service, overrides
from shared.bootstrap.process import Process, explain, run
from shared.bootstrap.service import Service
from shared.errors import ConfigurationInvalid, StoreUnavailable
from shared.jobs import crash_points
from shared.settings import CrashSettings, MigrationSettings, ProcessSettings, load, load_all

ROLES = ("api", "worker", "scheduler", "gateway")
EXIT_UNAVAILABLE = 69


def main(arguments: list[str]) -> int:
    """Run a role for services until told to stop. 78 = bad settings, 69 = a store does not answer at boot."""
    parser = argparse.ArgumentParser(prog="python -m shared.bootstrap", description=__doc__)
    parser.add_argument("role", choices=(*ROLES, "migrate"))
    parser.add_argument("services", nargs="+", metavar="SERVICE", help="folder name below services/, e.g. market_data")
    chosen = parser.parse_args(arguments)
    try:
        return _migrate(chosen.services) if chosen.role == "migrate" else _serve(chosen.role, chosen.services)
    except ConfigurationInvalid as error:
        sys.stderr.write(explain(error))
        return error.exit_code
    except StoreUnavailable as error:
        sys.stderr.write(f"millrace: {error}\n")
        return EXIT_UNAVAILABLE


def _serve(role: str, names: list[str]) -> int:
    services = [find_service(name) for name in names]
    _check_settings(services, CrashSettings)
    crash_points.arm(load(CrashSettings).crash_at)
    process = Process(role, load(ProcessSettings))
    runtimes = [assemble(service, process=role) for service in services]
    start = importlib.import_module(f"shared.bootstrap.{role}").start
    return run(process, lambda: start(process, runtimes), names)


def _migrate(names: list[str]) -> int:
    services = [find_service(name) for name in names]
    # The roles start after this command: what they would refuse is refused before a schema changes.
    _check_settings(services, MigrationSettings)
    logs.configure("info", "auto", process="migrate")
    importlib.import_module("shared.bootstrap.migrate").migrate(services)
    return 0


def _check_settings(services: Sequence[Service], *more: type) -> None:
    """Read all settings of the process, its services and their queues before any is used: one look mends them all."""
    load_all(
        *(functools.partial(load, kind) for kind in (ProcessSettings, *more)),
        *(functools.partial(load, service.settings, service=service.name) for service in services),
        *(functools.partial(overrides, queue) for service in services for queue in service.queues),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
