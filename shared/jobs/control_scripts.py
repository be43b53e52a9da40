"""Owns the calls of the scripts by which people change what waits.

They must never be called before the row is committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.jobs.connection import store_errors
from shared.jobs.index_ids import to_index
from shared.jobs.scripts import TOMB_MS, Scripts

#: Entries one call may touch, so that no call keeps Redis busy for long.
CANCEL_BATCH = 500
DRAIN_PAGE = 500


@dataclass(frozen=True, slots=True)
class Move:
    """What a change asks of an entry. Priority 0, due -1 and empty text mean: as it is; due 0 means now."""

    priority: int = 0
    due_ms: int = -1
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """A job whose row has ended. The rest tells of it should the index not have it; an empty queue tells nothing."""

    id: str
    generation: int
    queue: str = ""
    name: str = ""
    extra: str = ""


class ControlScripts(Scripts):
    """The transitions that people ask for; each method is one atomic call and safe to repeat."""

    def cancel(self, gone: Sequence[Gone], *, queues: Sequence[str], kind: str = "dropped") -> list[int]:
        """Take entries out: 1 dropped, 2 doomed while it runs, 0 nothing there.

        `kind` is the event that tells it: dropped for a cancel, expired or dead for a time that is over.
        """
        entries = [[to_index(one.id), one.generation, one.queue, one.name, one.extra] for one in gone]
        return list(self._run("cancel", queues, [TOMB_MS, queues, entries, kind], self.keys.unwanted()))

    def change(self, job_id: str, generation: int, move: Move, *, queues: Sequence[str]) -> int:
        """Move a waiting entry: 1 moved, 0 not there yet, -1 it runs or has ended."""
        arguments = [queues, to_index(job_id), generation, move.priority, move.due_ms, move.queue]
        return int(self._run("change", queues, arguments))

    def drain(self, queue: str, *, place: str, states: Sequence[str], start: int, is_dry: bool) -> tuple[int, int]:
        """Remove, or only count, what has no row in one page of `place` (ready or delayed): (found, looked at)."""
        arguments = [place, start, DRAIN_PAGE, int(is_dry), dict.fromkeys(states, 1)]
        found, looked_at = self._run("drain", [queue], arguments)
        return found, looked_at

    def unwanted(self) -> int:
        """How many running jobs have been cancelled ever: a worker that sees it grow asks for its own at once."""
        with store_errors():
            return int(self.client.get(self.keys.unwanted()) or 0)


def control_of(scripts: Scripts) -> ControlScripts:
    """The same index, for people's verbs."""
    return ControlScripts(scripts.client, scripts.keys.service)
