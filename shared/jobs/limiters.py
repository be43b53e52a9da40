"""Owns limiters that services share: what is set of them, and the points that a worker leases from them.

It must never spend a point: only a claim does, and only points that were leased within their life.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from shared import clock
from shared.db import UnitOfWork
from shared.errors import StoreUnavailable
from shared.jobs.definitions import Catalogue
from shared.jobs.grants import Claim, Credits, Wanted
from shared.jobs.keys import limiter_keys
from shared.jobs.scripts import Scripts
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
MS = timedelta(milliseconds=1)
#: A refused worker asks again after this long at the latest, so that a raised limit takes effect within it.
ASK_AGAIN_MS = 1_000

_DECLARE = sa.text("""
INSERT INTO limiter (name, version, points, window_ms) VALUES (:name, 1, :points, :window_ms)
ON CONFLICT (name) DO UPDATE
SET points = excluded.points, window_ms = excluded.window_ms, version = limiter.version + 1
WHERE limiter.edited_at IS NULL
  AND (limiter.points, limiter.window_ms) IS DISTINCT FROM (excluded.points, excluded.window_ms)
""")

COLUMNS = "name, version, points, window_ms, edited_at, is_paused, paused_until, pause_edited_at"


@dataclass(frozen=True, slots=True)
class LimiterSetting:
    """What this service says of one limiter."""

    name: str
    version: int
    points: int
    window_ms: int
    edited_at: datetime | None
    is_paused: bool = False
    paused_until: datetime | None = None
    #: When an operator of this service last paused or resumed it: the last one of all services holds.
    pause_edited_at: datetime | None = None

    @property
    def pause_ms(self) -> int:
        """0 open, -1 paused without an end, else when the pause ends."""
        ends = clock.epoch_ms(self.paused_until) if self.paused_until else -1
        return ends if self.is_paused else 0


@dataclass(frozen=True, slots=True)
class Lease:
    """Points to be spent within life_ms; without points, when to ask again (-1 = nobody has declared the limiter)."""

    points: int
    life_ms: int
    retry_ms: int


def declare_limiters(work: UnitOfWork, catalogue: Catalogue) -> None:
    """Bring what code says into the table; what an operator changed stays as he left it."""
    for one in sorted(catalogue.limiters.values(), key=lambda one: one.name):
        work.connection.execute(_DECLARE, {"name": one.name, "points": one.points, "window_ms": one.per // MS})


def copy_limiters(jobs: Jobs, *, is_full: bool = False) -> None:
    """Copy what PostgreSQL has into the index; `is_full` after a loss: their windows begin used up (rule 14)."""
    with jobs.database.unit_of_work() as work:
        rows = work.connection.execute(
            sa.text(f"SELECT {COLUMNS} FROM limiter ORDER BY name")  # noqa: S608  # constant columns
        ).all()
    for row in rows:
        configure(jobs.scripts, jobs.service, LimiterSetting(*row), is_full=is_full)


def configure(scripts: Scripts, service: str, setting: LimiterSetting, *, is_full: bool = False) -> bool:
    """Tell the limiter what one service says of it; False when something newer of this service is there."""
    edited_ms = clock.epoch_ms(setting.edited_at) if setting.edited_at else 0
    pause = [setting.pause_ms, clock.epoch_ms(setting.pause_edited_at) if setting.pause_edited_at else 0]
    arguments = [service, setting.version, setting.points, setting.window_ms, edited_ms, int(is_full), *pause]
    return bool(scripts.run_alone("limiter_configure", limiter_keys(setting.name), arguments) == 1)


def lease(scripts: Scripts, limiter: str, wanted: Wanted) -> Lease:
    """Lease points, at most those wanted."""
    points, life_ms, retry_ms = scripts.run_alone("limiter_lease", limiter_keys(limiter), [wanted.points, wanted.first])
    return Lease(points, life_ms, retry_ms)


def close(scripts: Scripts, limiter: str, delay: timedelta) -> None:
    """Give out no points for so long; those leased before run out within their life."""
    scripts.run_alone("limiter_close", limiter_keys(limiter), [max(1, delay // MS)])


class Purse:
    """The points that one worker holds between two claims. Filled after a claim, emptied into the next."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._credits: Credits = {}

    def __bool__(self) -> bool:
        return bool(self._credits)

    def take(self) -> Credits:
        """All of it: what the next claim does not spend is gone."""
        held, self._credits = self._credits, {}
        return held

    def fill(self, claim: Claim) -> None:
        """Lease what a claim asked for. Lives count from that claim, which came before: no two clocks are compared."""
        if claim.wanted:
            self._credits = {**self._credits, **_leased(self._scripts, claim.wanted, claim.now_ms)}


def _leased(scripts: Scripts, wanted: Mapping[str, Wanted], now_ms: int) -> Credits:
    leased: Credits = {}
    for limiter, points in wanted.items():
        try:
            answer = lease(scripts, limiter, points)
        except StoreUnavailable as error:
            log.warning("limiter does not answer", limiter=limiter, error=str(error))
            answer = Lease(0, 0, ASK_AGAIN_MS)
        retry_ms = min(answer.retry_ms, ASK_AGAIN_MS) if answer.retry_ms >= 0 else ASK_AGAIN_MS
        leased[limiter] = (answer.points, now_ms + answer.life_ms, now_ms + retry_ms if answer.points == 0 else 0)
    return leased
