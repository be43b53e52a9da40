"""Owns what people change of a limiter that services share: budget, pause; committed, copied, acknowledged (rule 14).

It must never acknowledge what the limiter has not got.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from shared import clock
from shared.db import UnitOfWork
from shared.errors import InvalidArgument, NotReady
from shared.jobs.gate_settings import checked_until
from shared.jobs.limiters import COLUMNS, LimiterSetting, configure
from shared.jobs.limits import LONGEST_WINDOW, MAX_POINTS, SHORTEST_WINDOW
from shared.jobs.submission import Jobs

MS = timedelta(milliseconds=1)

_OPEN = sa.text("""
INSERT INTO limiter (name, version, points, window_ms) VALUES (:name, 1, :points, :window_ms) ON CONFLICT DO NOTHING
""")
_KEEP = sa.text("""
UPDATE limiter SET version = :version, points = :points, window_ms = :window_ms, edited_at = :edited_at,
                   is_paused = :is_paused, paused_until = :paused_until, pause_edited_at = :pause_edited_at
WHERE name = :name
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterChange:
    """What shall be different of a limiter; None leaves a thing as it is."""

    points: int | None = None
    window_ms: int | None = None
    is_paused: bool | None = None
    #: The end of a pause that begins with this change.
    paused_until: datetime | None = None
    #: The budget back to what code declares.
    is_reset: bool = False


def change_limiter(jobs: Jobs, name: str, change: LimiterChange) -> LimiterSetting:
    """Change a limiter that this service declares, for all services that share it; holds when this returns.

    Raises InvalidArgument naming the field; StoreUnavailable: repeat it.
    """
    _check(change)
    known_limiter(jobs, name)
    until = checked_until(change.paused_until)
    with jobs.database.unit_of_work() as work:
        after = _changed(jobs, _locked(jobs, work, name), replace(change, paused_until=until))
        _check_budget(jobs, after)
        values = {field: getattr(after, field) for field in COLUMNS.split(", ")}
        work.connection.execute(_KEEP, values)
    configure(jobs.scripts, jobs.service, after)
    return after


def read_limiter(jobs: Jobs, name: str) -> LimiterSetting:
    """What this service says of one of its limiters. Raises InvalidArgument for one that it does not declare."""
    known_limiter(jobs, name)
    with jobs.database.unit_of_work() as work:
        kept = _read(work, name)
    declared = jobs.catalogue.limiters[name]
    return kept or LimiterSetting(name, 0, declared.points, declared.per // MS, None)


def known_limiter(jobs: Jobs, name: str) -> None:
    """Raise InvalidArgument, naming all, unless this service declares it."""
    if name not in jobs.catalogue.limiters:
        allowed = sorted(jobs.catalogue.limiters)
        message = f"{jobs.service} declares no limiter {name[:60]!r}; allowed: {', '.join(allowed) or 'none'}"
        raise InvalidArgument(message, field="name", allowed=allowed)


def _check(change: LimiterChange) -> None:
    if change == LimiterChange():
        allowed = ["paused", "until", "points", "window_ms", "reset"]
        raise InvalidArgument("nothing is asked for; give at least one of these", field="change", allowed=allowed)
    if change.paused_until is not None and not change.is_paused:
        raise InvalidArgument("until is the end of a pause: give paused with it", field="until")
    if change.is_reset and (change.points, change.window_ms) != (None, None):
        raise InvalidArgument("reset goes back to what code declares; give no budget beside it", field="reset")


def _locked(jobs: Jobs, work: UnitOfWork, name: str) -> LimiterSetting:
    declared = jobs.catalogue.limiters[name]
    work.connection.execute(_OPEN, {"name": name, "points": declared.points, "window_ms": declared.per // MS})
    found = _read(work, name, lock="FOR UPDATE")
    if found is None:
        raise NotReady(f"limiter {name} was just deleted; repeat the call")
    return found


def _read(work: UnitOfWork, name: str, *, lock: str = "") -> LimiterSetting | None:
    statement = f"SELECT {COLUMNS} FROM limiter WHERE name = :name {lock}"  # noqa: S608  # constant columns
    row = work.connection.execute(sa.text(statement), {"name": name}).one_or_none()
    return LimiterSetting(*row) if row is not None else None


def _changed(jobs: Jobs, now: LimiterSetting, change: LimiterChange) -> LimiterSetting:
    after = replace(now, version=now.version + 1)
    if change.is_reset:
        declared = jobs.catalogue.limiters[now.name]
        after = replace(after, points=declared.points, window_ms=declared.per // MS, edited_at=None)
    elif (change.points, change.window_ms) != (None, None):
        points = now.points if change.points is None else change.points
        window_ms = now.window_ms if change.window_ms is None else change.window_ms
        after = replace(after, points=points, window_ms=window_ms, edited_at=clock.now())
    if change.is_paused is not None:
        after = replace(
            after, is_paused=change.is_paused, paused_until=change.paused_until, pause_edited_at=clock.now()
        )
    return after


def _check_budget(jobs: Jobs, after: LimiterSetting) -> None:
    costs = {
        one.cost: one.name for one in jobs.catalogue.jobs.values() if one.limiter and one.limiter.name == after.name
    }
    dearest = max(costs)
    if not dearest <= after.points <= MAX_POINTS:
        raise InvalidArgument(
            f"points must be from {dearest} (what one {costs[dearest]} costs) to {MAX_POINTS:,}, got {after.points}",
            field="points",
        )
    shortest, longest = SHORTEST_WINDOW // MS, LONGEST_WINDOW // MS
    if not shortest <= after.window_ms <= longest:
        raise InvalidArgument(
            f"window_ms must be from {shortest} to {longest:,}, got {after.window_ms}", field="window_ms"
        )
