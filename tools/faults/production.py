"""Owns the command line of the process that submits. It is a process of its own: what forks must not speak gRPC."""

import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from shared import logs
from shared.rpc.channel import Peers
from shared.settings import Secret, load, setting
from tools.faults.acknowledgements import Acknowledgements
from tools.faults.assembly import NAME, FaultSettings, assemble, put_schedules
from tools.faults.producers import Producers
from tools.faults.timings import shorten
from tools.stores.ports import HOST


@dataclass(frozen=True, slots=True)
class ProductionSettings(FaultSettings):
    """Where promises are noted, what chooses the load, and the token to call with."""

    promises_file: str = setting("PROMISES_FILE")
    seed: int = setting("SEED")
    service_token: Secret = setting("MILLRACE_SERVICE_TOKEN")


def main() -> int:
    """Submit until SIGTERM, then finish what runs."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    shorten()
    logs.configure("warning", "json", process="producer")
    settings = load(ProductionSettings, service=NAME)
    runtime = assemble(settings, process="producer", pool_size=8)
    put_schedules(runtime)
    peers = Peers({NAME: f"{HOST}:{settings.grpc_port}"}, settings.service_token)
    notebook = Acknowledgements(Path(settings.promises_file))
    producers = Producers(runtime, notebook, peers, seed=settings.seed)
    producers.start()
    stopping.wait()
    producers.stop()
    peers.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
