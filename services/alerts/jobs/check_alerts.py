"""Owns the job check-alerts, which finds what no trigger has told. It must never look at a tick a second time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from services.alerts.clients import MarketData
from services.alerts.queues import ALERT_PROCESSING
from services.alerts.settings import AlertsSettings
from services.alerts.store import Checked, WatchStore
from shared import clock
from shared.errors import NotFound, PeerUnavailable
from shared.jobs import Arguments, Cancel, JobContext, Result, cron, job, seconds

log = structlog.get_logger(__name__)
#: What is left waits a minute for the next run; coins looked at longest ago come first.
MAX_COINS = 10_000
SWEEP = 1_000
#: Stops this long before the time limit, between two coins.
MARGIN = seconds(10)


class CheckAlerts(Arguments, frozen=True, kw_only=True):
    """Nothing to say."""


class AlertsChecked(Result, frozen=True, kw_only=True):
    """Coins that somebody waits for, those that had prices no alert had met, and what these led to."""

    watched: int
    behind: int
    ticks: int
    triggered: int


@dataclass(frozen=True, slots=True)
class TriggerRetention:
    """How long triggers are kept."""

    kept: timedelta

    @classmethod
    def from_settings(cls, settings: AlertsSettings) -> "TriggerRetention":
        """Made once at boot of each process."""
        return cls(timedelta(days=settings.trigger_days))


@job(queue=ALERT_PROCESSING, name="check-alerts", timeout=seconds(50), attempts=2, schedule=cron("* * * * *"))
def check_alerts(ctx: JobContext, args: CheckAlerts) -> AlertsChecked:  # noqa: ARG001  # a job takes its arguments
    """Look at every watched coin that has a price no alert has met.

    When: every minute. Prices normally come with market-data's own triggers, so that little is left.
    How long: one call for 500 coins of market-data, and one for each coin that is behind.
    A second run is harmless: each coin commits by itself up to which tick its prices were looked at.

    Raises Cancel while market-data does not answer; the next minute asks again.
    """
    with ctx.transaction() as work:
        WatchStore(work.connection).sweep(older_than=ctx.resource(TriggerRetention).kept, limit=SWEEP)
        positions = WatchStore(work.connection).positions(MAX_COINS)
    behind = ticks = triggered = 0
    try:
        newest = dict(ctx.resource(MarketData).newest_ticks()) if positions else {}
        for coin_id, position in positions.items():
            if newest.get(coin_id, position) <= position:
                continue
            if ctx.deadline - clock.now() < MARGIN:
                log.warning("coins left to the next minute", watched=len(positions), looked_at=behind)
                break
            checked = _check(ctx, coin_id, position)
            behind, ticks, triggered = behind + 1, ticks + checked.ticks, triggered + checked.triggered
    except PeerUnavailable as error:
        raise Cancel(f"{error}; the next minute asks again") from error
    return AlertsChecked(watched=len(positions), behind=behind, ticks=ticks, triggered=triggered)


def _check(ctx: JobContext, coin_id: int, position: datetime) -> Checked:
    try:
        points = ctx.resource(MarketData).prices_after(coin_id, position)
    except NotFound:  # deleted since it was listed
        return Checked(0, 0)
    with ctx.transaction() as work:
        return WatchStore(work.connection).check(coin_id, points, job_id=UUID(ctx.id))
