"""Owns drain: all that waits in a queue is cancelled, batch by batch, the rows first (rule 15).

It must never touch what runs, beyond what starts in the very moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared import clock
from shared.errors import InvalidArgument
from shared.jobs.control.cancellations import cancel_rows, withdraw
from shared.jobs.control.subjects import checked_reason, known_queue
from shared.jobs.control_scripts import CANCEL_BATCH, DRAIN_PAGE, control_of
from shared.jobs.index_reads import entries_of
from shared.jobs.ledger import commands
from shared.jobs.states import ASKABLE, State, Verb
from shared.jobs.submission import Jobs

DRAIN_MAX = 10_000
#: A call ends about here, with `has_more`, so that its caller does not give up on it.
DRAIN_SECONDS = 2.0
#: Which of the index's sets hold jobs of these states.
_PLACES = {State.QUEUED: ("ready", "parked"), State.SCHEDULED: ("delayed",), State.RETRYING: ("delayed",)}


@dataclass(frozen=True, slots=True)
class Drained:
    """How many were (or would be) cancelled, and whether more wait."""

    jobs: int
    has_more: bool


def drain(
    jobs: Jobs, queue: str, *, reason: str, states: Sequence[State] = (State.QUEUED,), limit: int = DRAIN_MAX,
    is_dry: bool = False,
) -> Drained:  # fmt: skip
    """Cancel, or only count, up to `limit` jobs that wait in a queue. Jobs without a row are removed with them.

    Raises UnknownQueue, InvalidArgument for a state that does not wait, a missing reason, a limit out of bounds.
    """
    known_queue(jobs, queue)
    reason = checked_reason(reason, is_needed=not is_dry)
    _check(states, limit)
    if is_dry:
        with jobs.database.unit_of_work() as work:
            found = commands.count_waiting(work, queue, states, limit=limit + 1)
        found += _without_row(jobs, queue, states, limit=limit + 1 - found, is_dry=True)
        return Drained(min(found, limit), found > limit)
    drained, after, give_up_at = 0, 0, clock.monotonic() + DRAIN_SECONDS
    while drained < limit and clock.monotonic() < give_up_at:
        size = min(CANCEL_BATCH, limit - drained)
        with jobs.database.unit_of_work() as work:
            page = commands.lock_waiting(work, queue, states, after_seq=after, limit=size)
            cancelled = cancel_rows(jobs, work, _still_waiting(jobs, page, states), reason=f"drained: {reason}")
        withdraw(jobs, cancelled)
        drained += len(cancelled)
        if len(page) < size:
            drained += _without_row(jobs, queue, states, limit=limit - drained, is_dry=False)
            return Drained(drained, has_more=drained >= limit)
        after = page[-1][0]
    return Drained(drained, has_more=True)


def _check(states: Sequence[State], limit: int) -> None:
    allowed = ASKABLE[Verb.DRAIN]
    if not states or not set(states) <= allowed:
        named = [str(state) for state in State if state in allowed]
        raise InvalidArgument(f"states must be some of {', '.join(named)}", field="states", allowed=named)
    if not 1 <= limit <= DRAIN_MAX:
        raise InvalidArgument(f"limit must be from 1 to {DRAIN_MAX:,}, got {limit}", field="limit")


def _still_waiting(jobs: Jobs, page: Sequence[tuple[int, str]], states: Sequence[State]) -> list[str]:
    """Rows lag the index by up to two seconds: what runs by now, or has ended, is left alone."""
    ids = [job_id for _, job_id in page]
    if not ids:
        return []
    found = [entry.state if entry else "" for entry in entries_of(jobs.scripts, ids)]
    return [job_id for job_id, state in zip(ids, found, strict=True) if not state or state in states]


def _without_row(jobs: Jobs, queue: str, states: Sequence[State], *, limit: int, is_dry: bool) -> int:
    """Jobs that only the index knows of; it is walked page by page, no further than the limit asks."""
    control, found = control_of(jobs.scripts), 0
    for place in sorted({place for state in states for place in _PLACES[state]}):
        start, looked_at = 0, DRAIN_PAGE
        while found < limit and looked_at == DRAIN_PAGE:
            gone, looked_at = control.drain(queue, place=place, states=states, start=start, is_dry=is_dry)
            found += gone
            start += looked_at if is_dry else looked_at - gone
    return found
