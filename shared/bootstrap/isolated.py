"""Owns the entry of a process for isolated jobs; only a worker starts it. It must never be forked from one."""

import os
import socket
import sys

from shared import logs
from shared.bootstrap.assembly import ISOLATED, assemble, find_service
from shared.bootstrap.process import explain
from shared.errors import ConfigurationInvalid
from shared.jobs.isolated_process import Parts, die_with, serve
from shared.rpc import Peers
from shared.settings import ProcessSettings, load

#: One for the final transaction, one for what a job commits beside it.
POOL_SIZE = 2


def command_for(service: str) -> list[str]:
    """How a worker starts it; three descriptors follow: the wire, the lifeline, where logs go."""
    return [sys.executable, "-u", "-X", "faulthandler", "-m", "shared.bootstrap.isolated", service]


def main(arguments: list[str]) -> int:
    """Assemble the service and run its jobs until the worker ends the wire. 78 = bad settings."""
    name, *descriptors = arguments
    wire, lifeline, log_output = map(int, descriptors)
    die_with(lifeline)
    try:
        settings = load(ProcessSettings)
        stream = os.fdopen(log_output, "w", buffering=1)
        logs.configure(settings.log_level, settings.log_format, process="isolated", stream=stream)
        runtime = assemble(find_service(name), process=ISOLATED, pool_size=POOL_SIZE)
        runtime.resources[Peers] = Peers(runtime.settings.addresses, settings.service_token)
    except ConfigurationInvalid as error:
        sys.stderr.write(explain(error))
        return error.exit_code
    serve(Parts(runtime.jobs, runtime.broker, runtime.resources), socket.socket(fileno=wire))
    runtime.database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
