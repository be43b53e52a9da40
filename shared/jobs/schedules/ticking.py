"""Owns the writing of ticks with their jobs (rule 15). It must never commit: the schedule's advance goes with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import Rejected
from shared.jobs.admission import Request, prepare
from shared.jobs.crash_points import crash_point
from shared.jobs.keyed_submission import submit_keyed
from shared.jobs.ledger import ledger
from shared.jobs.ledger.records import Job, Submission
from shared.jobs.schedules.declaration import Schedule
from shared.jobs.schedules.overlaps import OPEN_MAX, Outcome
from shared.jobs.schedules.rows import ScheduleRow
from shared.jobs.states import State
from shared.jobs.submission import Jobs

ERROR_MAX = 500
#: How soon jobs are looked at again: a tenth of the time since the last tick, within these.
_SOON, _LATE = timedelta(milliseconds=500), timedelta(seconds=10)

#: A tick that was decided on without a job may get one later; one that has its job, or waits for it, never.
_TICKS = sa.text("""
INSERT INTO schedule_tick AS known (schedule, tick, job_id, outcome, cause, stands_for, reason)
SELECT t.schedule, t.tick, t.job_id, t.outcome, t.cause, t.stands_for, t.reason
FROM json_to_recordset(CAST(:batch AS json))
  AS t (schedule text, tick timestamptz, job_id uuid, outcome text, cause text, stands_for integer, reason text)
ORDER BY t.schedule, t.tick
ON CONFLICT (schedule, tick) DO UPDATE
SET job_id = excluded.job_id, outcome = excluded.outcome, cause = excluded.cause, fired_at = clock_timestamp(),
    reason = excluded.reason
WHERE known.job_id IS NULL AND known.outcome <> 'buffered' AND excluded.cause = 'backfill'
RETURNING schedule, tick
""")
_COALESCE = sa.text("""
UPDATE schedule_tick AS known SET outcome = 'coalesced', job_id = t.job_id
FROM json_to_recordset(CAST(:batch AS json)) AS t (schedule text, tick timestamptz, job_id uuid)
WHERE known.schedule = t.schedule AND known.tick = t.tick
""")
_STATES = sa.text("SELECT id::text, state FROM job WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick, decided on."""

    schedule: str
    at: datetime
    outcome: Outcome
    submission: Submission | None = None
    cause: str = "clock"
    stands_for: int = 1
    reason: str = ""

    @property
    def key(self) -> tuple[str, datetime]:
        """What makes it one."""
        return self.schedule, self.at


@dataclass(frozen=True, slots=True)
class Written:
    """The ticks that are ours, and the jobs they opened."""

    ticks: tuple[Tick, ...] = ()
    #: Opened, and to be pushed after the commit.
    jobs: list[Job] = field(default_factory=list)
    #: Those of unique jobs, new or there before; the index is told of them by itself.
    keyed: list[Job] = field(default_factory=list)

    def of(self, schedule: str, *outcomes: Outcome) -> list[Tick]:
        """The ticks of one schedule with these outcomes, in order."""
        return [tick for tick in self.ticks if tick.schedule == schedule and tick.outcome in outcomes]


def submission_of(jobs: Jobs, schedule: Schedule, *, tick: datetime | None) -> Submission:
    """What a schedule submits. Raises Rejected."""
    return prepare(jobs.catalogue, schedule.job, dict(schedule.args), request=Request(tick=tick))


def made(jobs: Jobs, row: ScheduleRow, at: datetime, **more: Any) -> Tick:
    """A tick that submits its job, or is refused with the reason."""
    schedule = row.schedule
    try:
        submission = submission_of(jobs, schedule, tick=at)
    except Rejected as error:
        return Tick(schedule.name, at, Outcome.REFUSED, reason=str(error)[:ERROR_MAX], **more)
    return Tick(schedule.name, at, Outcome.FIRED, submission, **more)


def write(jobs: Jobs, work: UnitOfWork, ticks: Sequence[Tick], *, deadline_ms: int | None) -> Written:
    """Write ticks and the jobs of those that nobody has written before."""
    if not ticks:
        return Written()
    batch = [
        {
            "schedule": tick.schedule, "tick": tick.at.isoformat(), "outcome": tick.outcome, "cause": tick.cause,
            "job_id": tick.submission.id if tick.submission else None, "stands_for": tick.stands_for,
            "reason": tick.reason,
        }
        for tick in ticks
    ]  # fmt: skip
    taken = {(row[0], row[1]) for row in work.connection.execute(_TICKS, {"batch": encode(batch)})}
    crash_point("fire.ticked")
    ours = [tick for tick in ticks if tick.key in taken]
    submissions = [one for tick in ours if (one := tick.submission) is not None and not one.is_keyed]
    opened = ledger.open_jobs(work, submissions) if submissions else []
    keyed = [tick for tick in ours if tick.submission is not None and tick.submission.is_keyed]
    if not keyed:
        return Written(tuple(ours), opened)
    met = meet(jobs, work, keyed, deadline_ms=deadline_ms)
    note_coalesced(work, met)
    ends = {tick.key: tick for tick, _ in met}
    return Written(tuple(ends.get(tick.key, tick) for tick in ours), opened, [job for _, job in met])


def meet(jobs: Jobs, work: UnitOfWork, ticks: Sequence[Tick], *, deadline_ms: int | None) -> list[tuple[Tick, Job]]:
    """Open the unique jobs of these ticks, or find who their keys mean: then the tick is coalesced."""
    asked = [tick.submission for tick in ticks if tick.submission is not None]
    found = submit_keyed(jobs, work, asked, deadline_ms)
    return [
        (replace(tick, outcome=Outcome.COALESCED, submission=None) if job.already_existed else tick, job)
        for tick, job in zip(ticks, found, strict=True)
    ]


def note_coalesced(work: UnitOfWork, met: Sequence[tuple[Tick, Job]]) -> None:
    """Write into ticks which jobs stand in for theirs."""
    batch = [
        {"schedule": tick.schedule, "tick": tick.at.isoformat(), "job_id": job.id}
        for tick, job in met
        if tick.outcome is Outcome.COALESCED
    ]
    if batch:
        work.connection.execute(_COALESCE, {"batch": encode(batch)})


def states_of(work: UnitOfWork, rows: Iterable[ScheduleRow]) -> dict[str, State]:
    """The states of every open job of these schedules, by one statement."""
    ids = [job_id for row in rows for job_id in row.open_jobs]
    if not ids:
        return {}
    return {row[0]: State(row[1]) for row in work.connection.execute(_STATES, {"ids": ids})}


def opened(before: Sequence[str], ticks: Sequence[Tick]) -> list[str]:
    """The open jobs with those of these ticks; of very many the newest."""
    return [*before, *(str(tick.submission.id) for tick in ticks if tick.submission)][-OPEN_MAX:]


def check_again(now: datetime, *, since: datetime | None) -> datetime:
    """When to look at its jobs again."""
    return now + min(_LATE, max(_SOON, (now - (since or now)) / 10))


def encode(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as one JSON text, which json_to_recordset reads."""
    return msgspec.json.encode(rows).decode()
