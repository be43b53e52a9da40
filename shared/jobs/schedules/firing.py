"""Owns turning due schedules into jobs: tick, job and next run are one transaction. It must never fire from memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.db import UnitOfWork
from shared.jobs.control.cancellations import cancel_rows, withdraw
from shared.jobs.crash_points import crash_point
from shared.jobs.ledger.records import Job
from shared.jobs.schedules.declaration import GRACE, Overlap
from shared.jobs.schedules.misfires import Plan, plan
from shared.jobs.schedules.overlaps import Outcome, Standing, decide, is_tracked, standing
from shared.jobs.schedules.rows import COLUMNS, ScheduleRow, due, readable
from shared.jobs.schedules.ticking import Tick, Written, check_again, encode, made, opened, states_of, write
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 200
#: A turn ends here however many more are due: missed ticks that are made up for come in numbers.
TICKS_MAX = 1_000
#: A scheduler that is frozen in the middle keeps its rows no longer than this; PostgreSQL then ends its transaction.
_FROZEN = sa.text("SET LOCAL idle_in_transaction_session_timeout = '10s'")

#: now() and not clock_timestamp(): an index is only searched for what holds still during the statement.
_DUE = sa.text(f"""
SELECT {COLUMNS}, date_trunc('milliseconds', clock_timestamp()) AS now
FROM schedule WHERE is_enabled AND stopped_at IS NULL AND next_run_at <= now()
ORDER BY next_run_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
""")  # noqa: S608  # constants of this package
_ADVANCE = sa.text("""
UPDATE schedule SET
  next_run_at = s.next_run_at, next_jitter_ms = s.next_jitter_ms, last_run_at = coalesce(s.tick, schedule.last_run_at),
  last_fired_at = coalesce(s.fired_at, schedule.last_fired_at), last_job_id = coalesce(s.job_id, schedule.last_job_id),
  runs_made = schedule.runs_made + s.runs, failures = s.failures, open_jobs = s.open_jobs,
  buffered = schedule.buffered + s.buffered, check_at = s.check_at, missed_at = NULL, last_error = s.last_error,
  stopped_at = s.stopped_at, stop_reason = s.stop_reason
FROM json_to_recordset(CAST(:batch AS json))
  AS s (name text, next_run_at timestamptz, next_jitter_ms bigint, tick timestamptz, fired_at timestamptz, job_id uuid,
        runs integer, failures integer, open_jobs uuid[], buffered integer, check_at timestamptz, last_error text,
        stopped_at timestamptz, stop_reason text)
WHERE schedule.name = s.name
""")


@dataclass(frozen=True, slots=True)
class _Due:
    """One due schedule, and what is to become of its ticks."""

    row: ScheduleRow
    plan: Plan
    standing: Standing
    ticks: tuple[Tick, ...]

    @property
    def is_failing(self) -> bool:
        return self.standing.is_failing(self.row.schedule.pause_after)


def fire_once(jobs: Jobs) -> bool:
    """Fire one batch of due schedules; N schedulers fire each tick once, by its unique row (rule 15)."""
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        work.connection.execute(_FROZEN)
        found = work.connection.execute(_DUE).all()
        if not found:
            return False
        now: datetime = found[0].now
        all_due = _decide(jobs, work, found, now)
        written = write(jobs, work, [tick for one in all_due for tick in one.ticks], deadline_ms=deadline_ms)
        cancelled = _cancel_others(jobs, work, all_due, written)
        _advance(work, all_due, written, now)
        crash_point("fire.opened")
        if cancelled:
            work.after_commit(lambda: withdraw(jobs, cancelled))
        if written.jobs:
            work.after_commit(lambda: jobs.push(written.jobs, deadline_ms=deadline_ms))
    crash_point("fire.fired")
    _tell(jobs, all_due, written, now)
    return len(found) == BATCH or len(all_due) < len(found)


def _decide(jobs: Jobs, work: UnitOfWork, found: Sequence[Any], now: datetime) -> list[_Due]:
    rows = [row for raw in found if (row := readable(work, raw)) is not None]
    states = states_of(work, rows)
    all_due: list[_Due] = []
    count = 0
    for row in rows:
        if count >= TICKS_MAX:
            break
        all_due.append(_of(jobs, row, standing(row, states), now))
        count += len(all_due[-1].ticks)
    return all_due


def _of(jobs: Jobs, row: ScheduleRow, stands: Standing, now: datetime) -> _Due:
    schedule = row.schedule
    left = None if schedule.max_runs is None else max(0, schedule.max_runs - row.runs_made)
    planned = plan(schedule, row.next_tick or now, now=now, runs_left=left)
    if stands.is_failing(schedule.pause_after):
        return _Due(row, planned, stands, ())
    if not planned.ticks:
        missed = Tick(schedule.name, planned.newest, Outcome.MISSED, stands_for=max(1, planned.passed))
        return _Due(row, planned, stands, (missed,) if left != 0 else ())
    verdicts = decide(schedule.overlap, planned.ticks, live=len(stands.live), buffered=row.buffered)
    ticks: list[Tick] = []
    for at, verdict in zip(planned.ticks, verdicts, strict=True):
        stands_for = 1 + planned.passed if at == planned.newest else 1
        if verdict is Outcome.FIRED:
            ticks.append(made(jobs, row, at, stands_for=stands_for))
        else:
            ticks.append(Tick(schedule.name, at, verdict, stands_for=stands_for))
    return _Due(row, planned, stands, tuple(ticks))


def _cancel_others(jobs: Jobs, work: UnitOfWork, all_due: Sequence[_Due], written: Written) -> list[Job]:
    ids = [
        job_id
        for one in all_due
        if one.row.schedule.overlap is Overlap.CANCEL_OTHER and written.of(one.row.schedule.name, Outcome.FIRED)
        for job_id in one.standing.live
    ]
    return cancel_rows(jobs, work, ids, reason="the next tick of its schedule came") if ids else []


def _advance(work: UnitOfWork, all_due: Sequence[_Due], written: Written, now: datetime) -> None:
    by_name: dict[str, list[Tick]] = {}
    for tick in written.ticks:
        by_name.setdefault(tick.schedule, []).append(tick)
    batch = [_moved(one, by_name.get(one.row.schedule.name, []), now) for one in all_due]
    work.connection.execute(_ADVANCE, {"batch": encode(batch)})


def _moved(one: _Due, ticks: Sequence[Tick], now: datetime) -> dict[str, object]:
    """Where a schedule stands after these ticks of it."""
    row, schedule = one.row, one.row.schedule
    fired = [tick for tick in ticks if tick.outcome is Outcome.FIRED]
    refused = [tick for tick in ticks if tick.outcome is Outcome.REFUSED]
    buffered = sum(1 for tick in ticks if tick.outcome is Outcome.BUFFERED)
    live = () if schedule.overlap is Overlap.CANCEL_OTHER and fired else one.standing.live
    failures = one.standing.failures + len(refused)
    open_jobs = opened(live, fired) if is_tracked(row) else []
    is_watched = bool(row.buffered + buffered) or (schedule.pause_after is not None and bool(open_jobs))
    return {
        "name": schedule.name,
        **due(schedule, row.next_tick if one.is_failing else one.plan.following),
        "tick": fired[-1].at if fired else None,
        "fired_at": now if fired else None,
        "job_id": fired[-1].submission.id if fired and fired[-1].submission else None,
        "runs": len(fired) + buffered,
        "failures": failures,
        "open_jobs": open_jobs,
        "buffered": buffered,
        "check_at": check_again(now, since=now) if is_watched else None,
        "last_error": refused[-1].reason if refused else "" if fired else row.last_error,
        "stopped_at": now if one.is_failing else None,
        "stop_reason": f"{failures} of its jobs in a row failed" if one.is_failing else "",
    }


def _tell(jobs: Jobs, all_due: Sequence[_Due], written: Written, now: datetime) -> None:
    """Metrics and log events of what has been committed."""
    for tick in written.ticks:
        metrics.SCHEDULE_TICKS.labels(service=jobs.service, outcome=tick.outcome.value).inc()
        if tick.outcome is Outcome.REFUSED:
            log.error("schedule cannot be submitted", schedule=tick.schedule, error=tick.reason)
    fired = sum(1 for tick in written.ticks if tick.outcome is Outcome.FIRED)
    metrics.SCHEDULE_FIRED.labels(service=jobs.service).inc(fired)
    lags = [now - one.row.next_run_at for one in all_due if one.row.next_run_at is not None]
    metrics.SCHEDULE_LAG_SECONDS.labels(service=jobs.service).set(max(lags).total_seconds() if lags else 0)
    for one in all_due:
        first, name = one.row.next_run_at, one.row.schedule.name
        if one.is_failing:
            log.error("schedule stopped after failures", schedule=name, failures=one.standing.failures)
        elif one.plan.passed or (first is not None and now - first > GRACE):
            log.warning(
                "missed ticks", schedule=name, since=str(one.row.next_tick), passed_over=one.plan.passed,
                fired=len(one.plan.ticks),
            )  # fmt: skip
