"""Owns a copy of the index's events, read past the proxy while they are there. It must never write to the index."""

import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec
from redis.exceptions import RedisError

from shared.jobs.keys import Keys
from shared.jobs.ledger.records import Event, events_from_stream
from tools.faults.assembly import NAME
from tools.faults.valkey_faults import FaultyValkey

BLOCK_MS = 200
PAUSE_SECONDS = 0.05
COUNT = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """One event by Redis' clock. `due_ms` is 0 for a job that is ready."""

    at_ms: int
    job_id: str
    queue: str
    state: str
    kind: str
    token: str
    generation: int = 1
    due_ms: int = 0


class Watch:
    """Follows the stream in a thread; what it saw is in `seen`, in the order of the stream, and in a file."""

    def __init__(self, valkey: FaultyValkey, path: Path) -> None:
        self.seen: list[Seen] = []
        self._valkey = valkey
        self._path = path
        self._stopping = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin at the beginning."""
        self._thread.start()

    def stop(self) -> None:
        """End. Raises what ended it before its time, since then nobody has watched."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)
        if self._fault is not None:
            raise self._fault
        self._path.write_bytes(b"\n".join(msgspec.json.encode(each) for each in self.seen))

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:
            self._fault = error
            raise

    def _loop(self) -> None:
        stream, after = Keys(NAME).of("events"), "0-0"
        client = self._valkey.client(protocol=2)
        while not self._stopping.is_set():
            try:
                answer = client.xread({stream: after}, count=COUNT, block=BLOCK_MS)
            except RedisError:
                self._stopping.wait(PAUSE_SECONDS)
                continue
            for _, entries in answer or ():
                self.seen.extend(_seen(event) for entry in entries for event in events_from_stream(*entry))
                after = entries[-1][0].decode()
        client.close()


def _seen(event: Event) -> Seen:
    return Seen(
        event.at_ms,
        event.job_id,
        event.queue,
        str(event.state),
        event.kind,
        event.token,
        event.generation,
        event.due_ms,
    )
