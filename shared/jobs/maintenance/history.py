"""Owns which events of the stream are worth a write. It must never leave out what no outcome will tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.jobs.ledger.ledger import FINAL_KINDS
from shared.jobs.ledger.records import Event

#: How long an event waits for its job's end; a list may lag two seconds, and most jobs are over in less than this.
HOLD_MS = 500
#: Events that may wait; beyond it the oldest are written whatever their age.
HELD_MAX = 10_000
#: The end of an attempt, as an outcome tells it; who ends a job otherwise says nothing about its attempt.
_SETTLED = FINAL_KINDS - {"dropped"}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the stream with its events, none if it was unreadable."""

    entry_id: bytes
    events: tuple[Event, ...]

    @property
    def at_ms(self) -> int:
        """Redis time at which it was told."""
        return int(self.entry_id.partition(b"-")[0])


def ripe(told: Sequence[Told], *, now_ms: int, hold_ms: int) -> int:
    """How many entries from the oldest have waited long enough, or must go because too many events wait."""
    waiting = 0
    for at in range(len(told) - 1, -1, -1):
        waiting += len(told[at].events)
        if waiting > HELD_MAX or told[at].at_ms <= now_ms - hold_ms:
            return at + 1
    return 0


def worth_writing(events: Sequence[Event], known: Sequence[Event]) -> list[Event]:
    """Those of `events` that are not told again by the outcome of a job that ended within `known`.

    The settler, or the job's own unit of work, writes the row and the last attempt of a job that ended; what came
    before in the same generation would be overwritten. Its earlier attempts and its progress are told by nobody else.
    """
    ended: dict[str, int] = {}
    settled: set[tuple[str, str]] = set()
    for event in known:
        if event.kind in FINAL_KINDS:
            ended[event.job_id] = max(event.generation, ended.get(event.job_id, 0))
            if event.kind in _SETTLED:
                settled.add((event.job_id, event.token))
    return [
        event
        for event in events
        if event.generation > ended.get(event.job_id, 0)
        or event.kind == "progress"
        or (event.token and (event.job_id, event.token) not in settled)
    ]
