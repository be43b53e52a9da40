"""Owns the ends of attempts that wait to be written, so that many travel in one call. It must never drop one."""

from collections import deque

import msgspec

from shared.jobs.running import Running
from shared.jobs.scripts import Completion

BATCH = 500


class Ended(msgspec.Struct, frozen=True):
    """One attempt that ended well, and what is still kept for it until Redis has confirmed."""

    completion: Completion
    running: Running


class Completions:
    """A buffer that any job thread fills and whoever speaks to Redis next empties.

    Until an end is confirmed its attempt stays among the running ones, so the heartbeat keeps its lease.
    """

    def __init__(self) -> None:
        self._waiting: deque[Ended] = deque()
        #: How often somebody took what waited.
        self.takes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, ended: Ended) -> None:
        """Hand an end over; returns at once."""
        self._waiting.append(ended)

    def take(self) -> list[Ended]:
        """Up to a batch, oldest first; whoever takes them writes them or puts them back."""
        self.takes += 1
        taken: list[Ended] = []
        while len(taken) < BATCH:
            try:
                taken.append(self._waiting.popleft())
            except IndexError:
                break
        return taken

    def put_back(self, taken: list[Ended]) -> None:
        """What could not be written, in front again."""
        self._waiting.extendleft(reversed(taken))
