"""Owns the command line of one process of a run: a real role on the run's service. Started by exec, never by fork."""

import faulthandler
import importlib
import signal
import sys

from shared.bootstrap.process import Process, run
from shared.errors import StoreUnavailable
from shared.settings import ProcessSettings, load
from tools.faults.assembly import NAME, SHORT, FaultSettings, assemble
from tools.faults.children import EXIT_UNAVAILABLE
from tools.faults.isolated import command_for
from tools.faults.timings import shorten


def main(role: str) -> int:
    """Run `api`, `worker` or `scheduler` until told to stop; 69 when a store does not answer at boot."""
    faulthandler.register(signal.SIGUSR1)
    settings = load(FaultSettings, service=NAME)
    if settings.timings == SHORT:
        shorten()
    process = Process(role, load(ProcessSettings))
    runtime = assemble(settings, process=role)
    module = importlib.import_module(f"shared.bootstrap.{role}")
    if role == "worker":
        module.command_for = command_for  # type: ignore[attr-defined]  # discovery does not know this service
    start = module.start
    try:
        return run(process, lambda: start(process, [runtime]), [NAME])
    except StoreUnavailable as error:
        sys.stderr.write(f"nemesis: {error}\n")
        return EXIT_UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
