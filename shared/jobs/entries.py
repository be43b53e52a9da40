"""Owns the shape of what the index keeps of a job, as lua/kept.lua writes it. It must never be written from Python."""

import msgspec

TOMB = "tomb"


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One job's live record; fields in the order of lua/record.lua, times in Redis milliseconds, 0 = never.

    A tombstone has its generation and the state "tomb" alone. One that is ready for its first start ends before `due`,
    has the state 0, and a score without its priority's part.
    """

    generation: int
    kept_state: str | int
    queue: str = ""
    name: str = ""
    priority: int = 0
    score: float = 0.0
    attempts_max: int = 0
    enqueued: int = 0
    timeout: int = 0
    durable: int = 1
    #: How long before `enqueued` it was submitted; negative where clocks differ.
    age: int = 0
    due: int = 0
    wait_reason: str = ""
    group: str = ""
    attempts: int = 0
    crashes: int = 0
    check: int = 0
    token: str = ""
    started: int = 0
    doomed: int = 0
    progress: str = ""
    worker: str = ""
    #: Its member of the queue's parked set while a gate keeps it from starting: gate, score, id.
    parked: str = ""

    @property
    def state(self) -> str:
        """One of states.State, or "tomb"."""
        return self.kept_state if isinstance(self.kept_state, str) else "queued"

    @property
    def is_tomb(self) -> bool:
        """True for what is left of a finished job."""
        return self.kept_state == TOMB


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A field of the hash of jobs: the record, and its body unless that is long and has a field among the bodies."""

    entry: Entry
    body: bytes | None = None


#: A packed record, as events have it; raises msgspec.DecodeError for what kept.lua did not write.
decode_record = msgspec.msgpack.Decoder(Entry).decode
#: A field of the hash of jobs; raises msgspec.DecodeError for what kept.lua did not write.
decode_kept = msgspec.msgpack.Decoder(Kept).decode


def decode_entry(kept: bytes) -> Entry:
    """The record within a field of the hash of jobs; raises msgspec.DecodeError for what kept.lua did not write."""
    return decode_kept(kept).entry


def lua_string(packed: bytes) -> bytes:
    """What a msgpack string holds, which need not be text: Lua knows one kind of string."""
    head = {0xD9: 2, 0xDA: 3, 0xDB: 5}.get(packed[0], 1)
    return packed[head:]
