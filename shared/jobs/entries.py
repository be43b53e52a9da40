"""Owns the shape of a job's record in the index, as lua/record.lua packs it. It must never be written from Python."""

import msgspec

TOMB = "tomb"


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One job's live record; fields in the order of lua/record.lua, times in Redis milliseconds, 0 = never.

    A tombstone has its generation and the state "tomb" alone.
    """

    generation: int
    state: str
    queue: str = ""
    name: str = ""
    priority: int = 0
    score: float = 0.0
    attempts: int = 0
    attempts_max: int = 0
    crashes: int = 0
    token: str = ""
    due: int = 0
    started: int = 0
    doomed: int = 0
    check: int = 0
    enqueued: int = 0
    durable: int = 1
    progress: str = ""
    wait_reason: str = ""
    worker: str = ""
    timeout: int = 0
    group: str = ""
    #: Its member of the queue's parked set while a gate keeps it from starting: gate, score, id.
    parked: str = ""

    @property
    def is_tomb(self) -> bool:
        """True for what is left of a finished job."""
        return self.state == TOMB


#: Bytes to Entry; raises msgspec.DecodeError for what record.lua did not write.
decode_entry = msgspec.msgpack.Decoder(Entry).decode
