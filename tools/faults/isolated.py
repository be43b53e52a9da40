"""Owns the entry of a process for the run's isolated jobs; a worker starts it. It must never be forked from one."""

import os
import socket
import sys

from shared import logs
from shared.jobs.isolated_process import Parts, die_with, serve
from shared.settings import load
from tools.faults.assembly import NAME, SHORT, FaultSettings, assemble
from tools.faults.timings import shorten

POOL_SIZE = 2


def command_for(_service: str) -> list[str]:
    """How a worker starts it, as shared.bootstrap.isolated does for services that discovery finds."""
    return [sys.executable, "-u", "-X", "faulthandler", "-m", "tools.faults.isolated"]


def main(arguments: list[str]) -> int:
    """Run jobs until the worker ends the wire."""
    wire, lifeline, log_output = map(int, arguments)
    die_with(lifeline)
    logs.configure("warning", "json", process="isolated", stream=os.fdopen(log_output, "w", buffering=1))
    settings = load(FaultSettings, service=NAME)
    if settings.timings == SHORT:
        shorten()
    runtime = assemble(settings, process="isolated", pool_size=POOL_SIZE)
    serve(Parts(runtime.jobs, runtime.broker, runtime.resources), socket.socket(fileno=wire))
    runtime.database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
