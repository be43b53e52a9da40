"""Owns the values that cross the border to the index: pushes, claims, and the right to write about an attempt.

They must never reach a store by themselves.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from shared import clock
from shared.jobs.entries import Entry, decode_kept
from shared.jobs.index_ids import from_index

#: What a claim says of a queue whose limit on running jobs is reached while more is ready.
_HELD_BACK = -2


class Push(msgspec.Struct, frozen=True, gc=False):
    """One job on its way into the index. Times are Redis milliseconds; body is what messages.py writes."""

    id: str
    generation: int
    queue: str
    name: str
    priority: int
    due_ms: int
    attempts_max: int
    timeout_ms: int
    body: str
    attempts: int = 0
    crashes: int = 0
    must_check: bool = False
    is_durable: bool = True
    wait_reason: str = ""
    state: str = "scheduled"
    group: str = ""
    #: When it was submitted.
    created_ms: int = 0


class Held(msgspec.Struct, frozen=True, gc=False):
    """The right to one running attempt: what every later write about it must show."""

    id: str
    generation: int
    token: str
    queue: str
    #: The id as the index has it (index_ids.py), for who learned it there; empty = it is made of the id.
    index_id: str = ""


class Claimed(msgspec.Struct, frozen=True, gc=False):
    """One leased job as the claim handed it out: its record as it stands now, and its body."""

    held: Held
    entry: Entry
    body: bytes
    received: float

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self.entry.attempts

    @property
    def crashes(self) -> int:
        """How many of its processes have died."""
        return self.entry.crashes

    @property
    def must_check(self) -> bool:
        """True when the row decides whether there is still something to run."""
        return bool(self.entry.check)

    @property
    def enqueued_ms(self) -> int:
        """When it came into the index."""
        return self.entry.enqueued

    @property
    def started_ms(self) -> int:
        """When this attempt was claimed."""
        return self.entry.started

    def now_ms(self) -> int:
        """Redis' clock as this process can tell it: the time of the claim plus what has passed since."""
        return self.entry.started + int((clock.monotonic() - self.received) * 1000)


class Claim(msgspec.Struct, frozen=True):
    """The answer to a claim: jobs, and per queue the ms until it may have more (None = an enqueue decides)."""

    is_closed: bool
    now_ms: int
    jobs: tuple[Claimed, ...]
    waits: dict[str, int | None]
    #: Points of shared limiters that more starts would cost.
    wanted: "dict[str, Wanted]"
    #: Queues of which more is ready, held back by a limit on running jobs alone.
    held_back: frozenset[str] = frozenset()

    def soonest_ms(self, longest: int) -> int:
        """Until time alone may give more to one of the queues asked for, at most `longest`; an enqueue may before."""
        return min((wait for wait in self.waits.values() if wait is not None), default=longest)


class Wanted(msgspec.Struct, frozen=True):
    """Points of a limiter that a claim could use, and how many of them its first job needs."""

    points: int
    first: int


#: By limiter: points leased, valid until, refused until; times in Redis milliseconds of the service's index, 0 = never.
Credits: TypeAlias = dict[str, tuple[int, int, int]]


class GateCopy(msgspec.Struct, frozen=True):
    """What the index is told of a gate, 'j:' and a job's name or 'g:' and a group; until_ms -1 = paused for good."""

    gate: str
    version: int
    until_ms: int = 0
    max_running: int = 0
    limiter: str = ""
    cost: int = 1


class Completion(msgspec.Struct, frozen=True, gc=False):
    """One attempt that ended well. `outcome` is the encoded record for the settler; empty when it is settled."""

    held: Held
    outcome: str
    is_settled: bool


def claim_of(queues: Sequence[str], answer: Any) -> Claim:
    """What lua/claim.lua answered about these queues."""
    status, now_ms, jobs, waits, wanted = answer
    return Claim(
        is_closed=status == b"closed",
        now_ms=now_ms,
        jobs=tuple(_claimed(queues, jobs)),
        waits={queue: None if wait < 0 else wait for queue, wait in zip(queues, waits, strict=False)},
        held_back=frozenset(queue for queue, wait in zip(queues, waits, strict=False) if wait == _HELD_BACK),
        wanted={wanted[at].decode(): Wanted(wanted[at + 1], wanted[at + 2]) for at in range(0, len(wanted), 3)},
    )


def _claimed(queues: Sequence[str], flat: Sequence[Any]) -> Iterator[Claimed]:
    received = clock.monotonic()
    for at in range(0, len(flat), 4):
        name, kept = flat[at + 1], decode_kept(flat[at + 2])
        entry, body = kept.entry, kept.body if kept.body is not None else flat[at + 3]
        held = Held(from_index(name), entry.generation, entry.token, queues[flat[at] - 1], name.decode())
        yield Claimed(held, entry, body or b"", received)
