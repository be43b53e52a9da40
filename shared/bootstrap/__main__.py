"""Owns the command line of a process. It must never import a role that is not asked for: each costs memory."""

import argparse
import functools
import importlib
import sys

from shared import logs
from shared.bootstrap.assembly import assemble, find_service
from shared.bootstrap.process import Process, explain, run
from shared.errors import ConfigurationInvalid, StoreUnavailable
from shared.settings import ProcessSettings, load, load_all

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
    # All settings of the process and of every service are read before anything fails, so that one look mends them all.
    load_all(
        lambda: load(ProcessSettings),
        *(functools.partial(load, service.settings, service=service.name) for service in services),
    )
    process = Process(role, load(ProcessSettings))
    runtimes = [assemble(service, process=role) for service in services]
    start = importlib.import_module(f"shared.bootstrap.{role}").start
    return run(process, lambda: start(process, runtimes), names)


def _migrate(names: list[str]) -> int:
    logs.configure("info", "auto", process="migrate")
    importlib.import_module("shared.bootstrap.migrate").migrate([find_service(name) for name in names])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
