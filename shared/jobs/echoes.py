"""Owns who may still run although his row is cancelled. It must never hold a line up for longer than a lease lasts."""

from collections.abc import Sequence

from shared.db import UnitOfWork
from shared.errors import StoreUnavailable
from shared.jobs.index_reads import entries_of
from shared.jobs.ledger import lines
from shared.jobs.scripts import Scripts
from shared.jobs.states import State


def echoes(work: UnitOfWork, scripts: Scripts, keys: Sequence[str]) -> set[str]:
    """Those of these lines in which a cancelled job's function may still run: its worker has not let go of it.

    While Redis does not answer that is all of them that had one cancelled: nothing could start there anyway.
    """
    cancelled = lines.just_cancelled(work, keys) if keys else []
    if not cancelled:
        return set()
    try:
        entries = entries_of(scripts, [job_id for _, job_id in cancelled])
    except StoreUnavailable:
        return {key for key, _ in cancelled}
    return {
        key
        for (key, _), entry in zip(cancelled, entries, strict=True)
        if entry is not None and entry.state == State.RUNNING
    }
