"""Owns a claim on its way to the index, perhaps with ends before it. It must never decide when it is read."""

from collections.abc import Sequence

from shared.jobs.connection import store_errors
from shared.jobs.grants import Claim, claim_of
from shared.jobs.script_calls import Sent


class Asked:
    """What was asked; its answer is read once, by any thread."""

    def __init__(self, sent: Sent, queues: Sequence[str], *, has_ends: bool) -> None:
        self._sent, self._queues, self._has_ends = sent, queues, has_ends

    def is_answered(self) -> bool:
        """True when receiving does not wait."""
        return self._sent.is_answered()

    def receive(self) -> tuple[list[bool], Claim]:
        """Wait for the answer: False for each end whose lease was not held any more, and the claim."""
        with store_errors():
            answer = self._sent.receive()
        statuses, claim = answer if self._has_ends else ((), answer)
        return [status == 1 for status in statuses], claim_of(self._queues, claim)
