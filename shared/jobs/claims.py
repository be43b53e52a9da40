"""Owns one worker's asking for jobs: its identity, its requests, what to do when an answer is lost or may be old.

It must never run a job, nor decide how many are wanted.
"""

import secrets
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

import msgspec
import structlog

from shared.errors import StoreUnavailable
from shared.jobs.asked import Asked
from shared.jobs.connection import store_errors
from shared.jobs.crash_points import crash_point
from shared.jobs.limiters import Purse
from shared.jobs.recognition import known_identity
from shared.jobs.scripts import Claim, Completion
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
#: Lists to wait on in Redis, and for how many seconds.
Block: TypeAlias = tuple[list[str], float]


class Question(msgspec.Struct, frozen=True, eq=False):
    """One request on its way, and how many servers had been met before."""

    request: str
    wants: dict[str, int]
    met: int
    asked: Asked


class Claims:
    """Asks for the jobs of one service in the name of one worker."""

    def __init__(self, jobs: Jobs, worker: str) -> None:
        self._jobs = jobs
        self._worker = worker
        #: Points of shared limiters, leased for the next claim.
        self.purse = Purse(jobs.scripts)
        self.wake_key = jobs.scripts.keys.worker_wake(worker)
        #: Of the reconciled index; empty while claims are closed (rule 13).
        self.identity = ""
        #: Requests whose answer was lost, to be asked again.
        self._unanswered: deque[tuple[str, dict[str, int]]] = deque()

    def recognise(self) -> bool:
        """True when the server we speak to is the one whose index is reconciled; asks PostgreSQL when in doubt."""
        instance = self._jobs.scripts.client.sightings.instance
        if not self.identity.startswith(f"{instance}:"):
            self.identity = known_identity(self._jobs)
        return bool(self.identity)

    def ask(self, wants: dict[str, int], ended: Sequence[Completion], *, block: Block | None = None) -> "Question":
        """Send ends to write and a claim behind them.

        `block` lets the server wait for a wake-up before it claims, unless there is something to write first. When the
        answer of an earlier claim was lost its request is asked again, so that nothing it leased is stranded.
        """
        request = secrets.token_hex(16)
        with suppress(IndexError):
            (request, wants), block = self._unanswered.popleft(), None
        crash_point("claim.asking")
        met = self._jobs.scripts.client.sightings.changes
        try:
            asked = self._jobs.scripts.ask(
                wants, ended, identity=self.identity, request=request, worker=self._worker,
                block=None if ended else block, leased=self.purse.take(),
            )  # fmt: skip
        except StoreUnavailable:
            self._unanswered.append((request, wants))
            raise
        return Question(request, wants, met, asked)

    def hear(self, question: "Question") -> tuple[list[bool], Claim | None]:
        """Wait for the answer: a status an end, and the claim, None when claims are closed."""
        try:
            statuses, claim = question.asked.receive()
        except StoreUnavailable:
            self._unanswered.append((question.request, question.wants))
            raise
        if not claim.is_closed and self._jobs.scripts.client.sightings.changes == question.met:
            self.purse.fill(claim)
            return statuses, claim
        # A server we had not met may have answered from an older state: nothing of this claim starts.
        self.identity = ""
        self.give_back(claim)
        return statuses, None

    def ring(self) -> None:
        """Wake this worker's own loop out of its block."""
        try:
            with store_errors():
                pipeline = self._jobs.scripts.client.pipeline(transaction=False)
                pipeline.lpush(self.wake_key, "1")
                pipeline.ltrim(self.wake_key, 0, 0)
                pipeline.expire(self.wake_key, 60)
                pipeline.execute()
        except StoreUnavailable:
            log.debug("own wake-up failed; the loop looks again by itself")

    def give_back(self, claim: Claim) -> None:
        """Release what a claim leased, before anything of it has started."""
        for claimed in claim.jobs:
            self._jobs.scripts.release(claimed.held)
