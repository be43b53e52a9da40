"""Owns the named places at which a process can be made to die, so that tests see what survives. Off by default.

It must never do anything at a point but compare a name, unless a test has armed it.
"""

import os
import signal
from collections.abc import Callable

from shared.errors import ConfigurationInvalid

#: Every point and what is true there. Its number in CRASH_AT is its place in this table, from 1.
POINTS: dict[str, str] = {
    "submit.checked": "the submission is valid; no store has been touched",
    "submit.key_taken": "the idempotency key is taken; no job row yet, nothing committed",
    "submit.opened": "the job row is written; nothing committed",
    "submit_many.opened": "all rows of a bulk submission are written; nothing committed",
    "submit.committed": "rows are committed; nothing is pushed",
    "submit.batch_pushed": "one batch of 500 is on its way into the index; others may not be",
    "submit.pushed": "everything is on its way into the index, or waits a moment for more; the caller has no answer",
    "relay.locked": "unpushed rows are locked; nothing is pushed",
    "relay.pushed": "rows are in the index; not stamped",
    "relay.stamped": "rows are stamped; the stamp is not committed",
    "claim.asking": "ends and wants are collected; nothing is sent",
    "claim.answered": "jobs are leased; nobody in this process has them",
    "claim.handed_over": "the heartbeat names the attempt; no slot has it",
    "attempt.beginning": "the function has not been called",
    "attempt.returned": "the function has returned; its unit of work is open",
    "attempt.marked": "domain writes and outcome are written; nothing committed",
    "attempt.committed": "domain writes and outcome are committed; the index knows nothing, children are not pushed",
    "attempt.hooked": "children are pushed; the index does not know the outcome",
    "step.written": "a step and its value are written; nothing committed",
    "step.committed": "a step and its value are committed; the function goes on",
    "settle.decided": "the outcome of an attempt that did not go well is known; nothing is written",
    "settle.written": "the index has that outcome; this process still counts the attempt as running",
    "complete.written": "the index has the ends that went well; this process still counts the attempts as running",
    "settler.read": "outcome records are read; nothing is written",
    "settler.applied": "outcomes are in their rows; nothing committed",
    "settler.committed": "outcomes are committed; their entries are still in the index",
    "settler.removed": "the entries are gone",
    "reap.looking": "no expired lease is taken back",
    "reap.reclaimed": "one queue's expired leases are taken back; the next queue's are not",
    "history.read": "events are this consumer's; nothing is written",
    "history.applied": "events are in their rows; nothing committed",
    "history.committed": "events are committed; not acknowledged",
    "history.acknowledged": "events are acknowledged",
    "fire.ticked": "a schedule's tick is written; no job, it has not moved on, nothing committed",
    "fire.opened": "schedule, tick and job are written; nothing committed",
    "fire.fired": "tick and job are committed and pushed",
    "follow.opened": "a buffered tick has its job; nothing committed",
    "reconcile.marked": "claims are closed by the rebuild's mark; nothing is put back",
    "reconcile.pushed": "one page of missing jobs is in the index; not stamped, others may be missing",
    "reconcile.compared": "index and rows agree; claims are still closed",
    "reconcile.recorded": "the new identity is written; not committed, and the index has the mark",
    "reconcile.adopted": "the index has the new identity; PostgreSQL has not committed it",
    "flow.opened": "all rows of a flow and their edges are written; nothing committed",
    "flow.ended": "all of a flow is cancelled in its rows; nothing committed",
    "flow.retried": "the failed part of a flow has begun anew in its rows; nothing committed",
    "edges.followed": "an end and what follows from it for others are written; nothing committed",
}


class _Trap:
    """The one armed point of this process; `name` is None while none is."""

    __slots__ = ("act", "name")

    def __init__(self) -> None:
        self.name: str | None = None
        self.act: Callable[[str], None] = _die


def _die(_name: str) -> None:
    """Nothing runs after this: no handler, no finally, no buffer is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


_trap = _Trap()


def crash_point(name: str) -> None:
    """Die here if this point is armed; else do nothing."""
    if _trap.name is not None and _trap.name == name:
        _trap.act(name)


def arm(which: str, act: Callable[[str], None] | None = None) -> None:
    """Arm the point of this name or number, "" none; `act` replaces the death of the process by SIGKILL.

    Raises ConfigurationInvalid naming CRASH_AT for anything else.
    """
    _trap.act = act or _die
    _trap.name = _named(which) if which else None


def armed() -> str | None:
    """The armed point."""
    return _trap.name


def _named(which: str) -> str:
    if which in POINTS:
        return which
    if which.isascii() and which.isdigit() and 1 <= int(which) <= len(POINTS):
        return list(POINTS)[int(which) - 1]
    allowed = ", ".join(POINTS)
    raise ConfigurationInvalid([f"CRASH_AT must be from 1 to {len(POINTS)} or one of {allowed}; got {which[:60]!r}"])
