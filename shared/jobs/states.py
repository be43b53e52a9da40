"""Owns the states of a job, the allowed transitions and which states are final.

It must never learn where they are stored.
"""

from enum import StrEnum


class State(StrEnum):
    """The one vocabulary (ARCHITECTURE §4); PostgreSQL, Redis, gRPC and REST all speak it."""

    SCHEDULED = "scheduled"
    BLOCKED = "blocked"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    DEAD = "dead"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


FINAL = frozenset({State.COMPLETED, State.DEAD, State.CANCELLED, State.EXPIRED})
LIVE = frozenset(State) - FINAL
#: Live states whose jobs belong into the Redis index; blocked ones wait for their parents in PostgreSQL.
DISPATCHED = LIVE - {State.BLOCKED}

#: from -> to. A final state changes only by an operator's requeue, which starts a new generation; in a sequence it may
#: have to wait for others there.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.SCHEDULED: frozenset({State.QUEUED, State.RUNNING, State.CANCELLED, State.EXPIRED}),
    State.BLOCKED: frozenset({State.QUEUED, State.SCHEDULED, State.CANCELLED, State.DEAD, State.EXPIRED}),
    State.QUEUED: frozenset({State.RUNNING, State.SCHEDULED, State.CANCELLED, State.EXPIRED, State.DEAD}),
    State.RUNNING: frozenset(
        # Expired: who takes it finds that it should have begun before.
        {State.COMPLETED, State.RETRYING, State.SCHEDULED, State.QUEUED, State.DEAD, State.CANCELLED, State.EXPIRED}
    ),
    State.RETRYING: frozenset({State.QUEUED, State.RUNNING, State.CANCELLED, State.DEAD}),
    State.COMPLETED: frozenset({State.QUEUED, State.BLOCKED}),
    State.DEAD: frozenset({State.QUEUED, State.BLOCKED}),
    State.CANCELLED: frozenset({State.QUEUED, State.BLOCKED}),
    State.EXPIRED: frozenset({State.QUEUED, State.BLOCKED}),
}


def is_allowed(before: State, after: State) -> bool:
    """True when a job may go from `before` to `after`."""
    return after in TRANSITIONS[before]


class Verb(StrEnum):
    """What a person may ask of jobs, one by one or by the queue."""

    CANCEL = "cancel"
    REQUEUE = "requeue"
    CHANGE = "change"
    REMOVE = "remove"
    DRAIN = "drain"
    CLEAN = "clean"


#: verb -> the states in which it may be asked. A repeated cancel is answered with the job as it is.
ASKABLE: dict[Verb, frozenset[State]] = {
    Verb.CANCEL: LIVE | {State.CANCELLED},
    Verb.REQUEUE: FINAL,
    Verb.CHANGE: DISPATCHED - {State.RUNNING},
    Verb.REMOVE: FINAL,
    Verb.DRAIN: DISPATCHED - {State.RUNNING},
    Verb.CLEAN: FINAL,
}
