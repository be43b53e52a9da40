"""Owns the words of the answer: every reason for which a job may not be running. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared import clock


class Reason(StrEnum):
    """One for every cause; in the order in which they are asked where several hold."""

    ENDED = "ended"
    ENDING = "ending"
    RUNNING = "running"
    LEASE_EXPIRED = "lease_expired"
    INDEX_UNREACHABLE = "index_unreachable"
    INDEX_CLOSED = "index_closed"
    BLOCKED = "blocked"
    NOT_PUSHED = "not_pushed"
    NOT_IN_INDEX = "not_in_index"
    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    RETRYING = "retrying"
    QUEUE_PAUSED = "queue_paused"
    QUEUE_CLOSED = "queue_closed"
    NO_WORKER = "no_worker"
    QUEUE_LIMIT = "queue_limit"
    QUEUE_RATE = "queue_rate"
    JOB_PAUSED = "job_paused"
    JOB_LIMIT = "job_limit"
    GROUP_PAUSED = "group_paused"
    GROUP_LIMIT = "group_limit"
    LIMITER_PAUSED = "limiter_paused"
    LIMITER_CLOSED = "limiter_closed"
    LIMITER_SPENT = "limiter_spent"
    GATE_OPENED = "gate_opened"
    SLOTS_TAKEN = "slots_taken"
    BEHIND_OTHERS = "behind_others"
    NEXT = "next"
    MESSAGE_WAITING = "message_waiting"
    MESSAGE_SENT = "message_sent"
    MESSAGE_FAILED = "message_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that keeps a job from running, in words and numbers. `until` = when it ends by time alone."""

    reason: Reason
    text: str
    until: datetime | None = None
    #: Jobs that run at this gate, and how many may; 0 where there is no such number.
    running: int = 0
    limit: int = 0
    #: Jobs that start before this one.
    ahead: int = 0


def at(ms: int) -> str:
    """An instant of Redis' clock as people read it."""
    return clock.from_epoch_ms(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ending(ms: int) -> str:
    """How a pause goes on: -1 means that it has no end."""
    return "until somebody resumes it" if ms < 0 else f"until {at(ms)}"


def instant(ms: int) -> datetime | None:
    """The instant, None for never and for without an end."""
    return clock.from_epoch_ms(ms) if ms > 0 else None
