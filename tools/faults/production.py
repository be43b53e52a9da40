"""Owns the command line of the process that submits. It is a process of its own: what forks must not speak gRPC."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from shared import logs
from shared.rpc import Peers
from shared.settings import Secret, load, setting
from tools.faults.acknowledgements import Acknowledgements
from tools.faults.assembly import NAME, SHORT, FaultSettings, assemble, put_schedules
from tools.faults.backlog import Backlog
from tools.faults.calls import Calls
from tools.faults.graph_people import GraphPeople
from tools.faults.keyed_people import KeyedPeople
from tools.faults.people import People
from tools.faults.producers import Producers
from tools.faults.records import Records
from tools.faults.timed_people import TimedPeople
from tools.faults.timings import shorten
from tools.faults.turns import Door, Turns
from tools.faults.wishes import Wishes

#: Far from the producers' own.
PEOPLE_SEED = 1_000
LABOURS_SEED = 2_000
#: About as many as there are threads: one that waits for a store must not make the others wait.
POOL_SIZE = 24


@dataclass(frozen=True, slots=True)
class ProductionSettings(FaultSettings):
    """Where promises are noted, what chooses the load, and what to call with."""

    promises_file: str = setting("PROMISES_FILE")
    wishes_file: str = setting("WISHES_FILE")
    records_file: str = setting("RECORDS_FILE")
    seed: int = setting("SEED")
    #: How many times as long as usual the pauses between submissions are.
    pace: int = setting("PACE", default=1, minimum=1)
    service_token: Secret = setting("MILLRACE_SERVICE_TOKEN")
    http_port: int = setting("GATEWAY_HTTP_PORT")
    api_key: Secret = setting("MILLRACE_BOOTSTRAP_API_KEY")


def main() -> int:
    """Submit until SIGTERM, then finish what runs."""
    asked: SimpleQueue[int] = SimpleQueue()  # no Event: its set() in a handler may meet its own wait()
    signal.signal(signal.SIGTERM, lambda number, _: asked.put(number))
    logs.configure("warning", "json", process="producer")
    settings = load(ProductionSettings, service=NAME)
    if settings.timings == SHORT:
        shorten()
    runtime = assemble(settings, process="producer", pool_size=POOL_SIZE)
    put_schedules(runtime)
    calls = Calls(
        grpc_port=settings.grpc_port,
        token=settings.service_token,
        http_port=settings.http_port,
        api_key=settings.api_key,
    )
    notebook = Acknowledgements(Path(settings.promises_file))
    producers = Producers(runtime, notebook, calls)
    people = People(runtime, notebook, Wishes(Path(settings.wishes_file)))
    records, door = Records(Path(settings.records_file)), Door(runtime, notebook)
    peers = Peers(settings.addresses, settings.service_token)
    labours = (KeyedPeople(door, records), GraphPeople(door, records, peers), TimedPeople(door, records))
    pace, seed = settings.pace, settings.seed
    crowd = (
        Turns(producers.turns, Backlog(runtime), seed=seed, pace=pace),
        Turns(people.turns, None, seed=seed + PEOPLE_SEED, pace=pace),
        Turns([t for each in labours for t in each.turns], Backlog(runtime), seed=seed + LABOURS_SEED, pace=pace),
    )
    for turns in crowd:
        turns.start()
    asked.get()
    for turns in crowd:
        turns.stop()
    peers.close()
    calls.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
