"""Owns an own copy of the index's events, read past the proxy while they are there. It must never write to the index."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from redis.exceptions import RedisError

from shared.jobs.keys import Keys
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
        self._thread = threading.Thread(target=self._loop, name="watch", daemon=True)

    def start(self) -> None:
        """Begin at the beginning."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is there has been read."""
        self._stopping.set()
        self._thread.join(10)
        self._path.write_bytes(b"\n".join(msgspec.json.encode(each) for each in self.seen))

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
                self.seen.extend(_seen(fields) for _, fields in entries)
                after = entries[-1][0].decode()
        client.close()


def _seen(fields: dict[bytes, bytes]) -> Seen:
    text: dict[str, Any] = {key.decode(): value.decode(errors="replace") for key, value in fields.items()}
    return Seen(
        at_ms=int(text["at"]), job_id=text["id"], queue=text["q"], state=text["s"], kind=text["k"], token=text["t"],
        generation=int(text["g"]), due_ms=int(float(text["d"])),
    )  # fmt: skip
