"""Owns running a schedule by hand: once now, or for the ticks of a past time. It must never move its next run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument, NotReady, WrongState
from shared.jobs.ledger.records import Job
from shared.jobs.schedules.declaration import Schedule
from shared.jobs.schedules.overlaps import Outcome
from shared.jobs.schedules.rhythms import MS
from shared.jobs.schedules.rows import ScheduleRow, held, instant_now, tell
from shared.jobs.schedules.ticking import Tick, check_again, made, opened, write
from shared.jobs.submission import Jobs

BACKFILL_MAX = 1_000
TRIES = 100
_NOTE = sa.text("""
UPDATE schedule SET open_jobs = CAST(:open_jobs AS uuid[]), last_job_id = coalesce(CAST(:job_id AS uuid), last_job_id),
  buffered = buffered + :buffered, check_at = coalesce(:check_at, check_at)
WHERE name = :name
""")


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What a backfill came to."""

    #: Ticks whose jobs are submitted now.
    fired: int
    #: Ticks that wait for each other.
    buffered: int
    #: Ticks that had been run before.
    known: int
    #: Ticks whose unique key meant a job that was there, or that of another of them.
    coalesced: int = 0


def trigger(jobs: Jobs, name: str) -> Job:
    """Submit a schedule's job now, whatever its state, its rhythm and its other jobs are; a unique one may be there.

    Raises NotFound, and what submit raises.
    """
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        row, at = held(work, name), instant_now(work)
        for _ in range(TRIES):
            # Never on the grid: the clock's own tick of that instant must still be fired.
            if row.schedule.rhythm.after(at - MS) == at or at == row.next_tick:
                at += MS
            wanted = [_accepted(made(jobs, row, at, cause="trigger"))]
            written = write(jobs, work, wanted, deadline_ms=deadline_ms)
            if written.ticks:
                break
            at += MS
        else:
            raise NotReady(f"schedule {name} is triggered too often; repeat the call")
        _note(work, row, written.ticks, at)
        work.after_commit(lambda: jobs.push(written.jobs, deadline_ms=deadline_ms))
    return [*written.jobs, *written.keyed][0]


def backfill(jobs: Jobs, name: str, *, start: datetime, end: datetime, in_turn: bool = False) -> Backfilled:
    """Run the ticks from `start` on and before `end` that have no job; beside each other, or one after the other.

    Raises NotFound; InvalidArgument for a time that is not over, or has more than 1,000 ticks; WrongState for ticks in
    turn of a schedule that is stopped. Ticks older than what history keeps (7 days) are run again.
    """
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        row, now = held(work, name), instant_now(work)
        if in_turn and not row.fires:
            raise WrongState(
                f"schedule {name} is stopped; start it, or run the ticks beside each other", state="stopped"
            )
        ticks = ticks_between(row.schedule, start, end, now=now)
        if in_turn:
            wanted = [Tick(name, at, Outcome.BUFFERED, cause="backfill") for at in ticks]
        else:
            wanted = [_accepted(made(jobs, row, at, cause="backfill")) for at in ticks]
        written = write(jobs, work, wanted, deadline_ms=deadline_ms)
        if written.ticks:
            _note(work, row, written.ticks, now)
            tell(work)
            work.after_commit(lambda: jobs.push(written.jobs, deadline_ms=deadline_ms))
    fired, buffered, met = (len(written.of(name, one)) for one in (Outcome.FIRED, Outcome.BUFFERED, Outcome.COALESCED))
    return Backfilled(fired, buffered, len(ticks) - len(written.ticks), met)


def ticks_between(schedule: Schedule, start: datetime, end: datetime, *, now: datetime) -> list[datetime]:
    """The ticks of a time that is over. Raises InvalidArgument."""
    if end <= start:
        message = f"end must be after start, got {end.isoformat()} and {start.isoformat()}"
        raise InvalidArgument(message, field="end")
    if end > now + timedelta(seconds=1):
        raise InvalidArgument(f"end must not be in the future, got {end.isoformat()}", field="end")
    found = list(islice(schedule.rhythm.ticks(start - MS, until=end), BACKFILL_MAX + 1))
    if len(found) > BACKFILL_MAX:
        message = f"there are more than {BACKFILL_MAX:,} ticks from start to end; give a shorter time"
        raise InvalidArgument(message, field="start")
    return found


def _accepted(tick: Tick) -> Tick:
    if tick.outcome is Outcome.REFUSED:
        raise InvalidArgument(f"the schedule cannot be submitted: {tick.reason}", field="schedule")
    return tick


def _note(work: UnitOfWork, row: ScheduleRow, ticks: Sequence[Tick], now: datetime) -> None:
    """Its new jobs count as its own: the next tick sees them."""
    buffered = sum(1 for tick in ticks if tick.outcome is Outcome.BUFFERED)
    ids = [tick.submission.id for tick in ticks if tick.submission]
    is_watched = buffered or row.schedule.pause_after is not None
    values = {
        "name": row.schedule.name, "open_jobs": opened(row.open_jobs, ticks), "buffered": buffered,
        "job_id": ids[-1] if ids else None, "check_at": check_again(now, since=now) if is_watched else None,
    }  # fmt: skip
    work.connection.execute(_NOTE, values)
