"""Owns what a message that will not be delivered means for the flow whose node it carried. It must never send one."""

from shared.db import UnitOfWork
from shared.jobs.ledger import remote_rows
from shared.jobs.states import State
from shared.jobs.submission import Jobs


def end_refused(jobs: Jobs, work: UnitOfWork, message_id: str, *, peer: str, text: str) -> None:
    """End the node that this message was sent for, if it still waits, in the transaction that gives the message up."""
    ended = remote_rows.end(
        work, message_id, state=State.DEAD, result=None, error=f"{peer} did not take it: {text}"[:2_000]
    )
    if ended is not None and ended[1]:
        jobs.ended(work, [(ended[0], State.DEAD)])
