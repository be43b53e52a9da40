"""Owns word of jobs that ended while the index did not have them, because those they waited for ended.

It must never be asked before their end is committed.
"""

from collections.abc import Sequence

import msgspec
import structlog

from shared.errors import StoreUnavailable
from shared.jobs.control_scripts import CANCEL_BATCH, Gone, control_of
from shared.jobs.ledger.records import Job
from shared.jobs.scripts import Scripts
from shared.jobs.states import State

log = structlog.get_logger(__name__)
#: What their events are called, as for those that ended in the index.
_KINDS = {State.DEAD: "dead", State.CANCELLED: "dropped"}


def tell_ended(scripts: Scripts, ended: Sequence[Job]) -> None:
    """Raise the event of each, at most once a generation. Whoever missed it reads the row, as after any lost event."""
    control = control_of(scripts)
    try:
        for state, kind in _KINDS.items():
            gone = [_gone(job) for job in ended if job.state is state]
            for start in range(0, len(gone), CANCEL_BATCH):
                control.cancel(gone[start : start + CANCEL_BATCH], queues=(), kind=kind)
    except StoreUnavailable as error:
        log.warning("ends of waiting jobs not told", jobs=len(ended), error=str(error))


def _gone(job: Job) -> Gone:
    return Gone(job.id, job.generation, job.queue, job.name, msgspec.json.encode(job.error or {}).decode())
