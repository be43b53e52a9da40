"""Owns the job check-specific-alert. It must never call market-data inside a transaction."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from services.alerts.clients import MarketData
from services.alerts.queues import ALERT_PROCESSING
from services.alerts.store import AlertStore, WatchStore
from shared.errors import NotFound, PeerUnavailable, Unrecoverable
from shared.jobs import Arguments, Cancel, JobContext, Result, Snooze, exponential, job, seconds

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
#: How long to wait when market-data does not answer.
PEER_PAUSE = seconds(15)


class CheckSpecificAlert(Arguments, frozen=True, kw_only=True):
    """Which alert, or which coin's alerts. `tick`: nothing to do once prices up to it were looked at."""

    alert_id: Id | None = None
    coin_id: Id | None = None
    tick: Instant | None = None

    def __post_init__(self) -> None:
        if self.alert_id is None and self.coin_id is None:
            raise ValueError("alert_id or coin_id is needed")


class AlertChecked(Result, frozen=True, kw_only=True):
    """How many prices were new, and how many triggers they led to."""

    coin_id: int
    ticks: int
    triggered: int


@job(queue=ALERT_PROCESSING, name="check-specific-alert", timeout=seconds(30), attempts=5, backoff=exponential(2))
def check_specific_alert(ctx: JobContext, args: CheckSpecificAlert) -> AlertChecked:
    """Look at the prices of one coin that no alert has met yet, in the order of their ticks.

    When: market-data asks for it with every price it commits; on request for one alert.
    How long: milliseconds; one call to market-data when somebody waits for this coin's price.
    A second run is harmless: a coin knows up to which tick its prices were looked at, and (alert, tick) is unique.

    Raises:
        Cancel: the alert or the coin is gone, or the alert is switched off.
        Unrecoverable: the alert is on another coin.
        Snooze: market-data does not answer; costs no attempt.
    """
    with ctx.transaction() as work:
        coin_id = _coin_of(AlertStore(work.connection), args)
        position = WatchStore(work.connection).position(coin_id)
    if position is None or (args.tick is not None and args.tick <= position):
        return AlertChecked(coin_id=coin_id, ticks=0, triggered=0)
    try:
        points = ctx.resource(MarketData).prices_after(coin_id, position)
    except PeerUnavailable as error:
        raise Snooze(PEER_PAUSE, reason=str(error)) from error
    except NotFound as error:
        raise Cancel(str(error)) from error
    with ctx.unit_of_work() as work:
        checked = WatchStore(work.connection).check(coin_id, points, job_id=UUID(ctx.id))
    return AlertChecked(coin_id=coin_id, ticks=checked.ticks, triggered=checked.triggered)


def _coin_of(alerts: AlertStore, args: CheckSpecificAlert) -> int:
    if args.alert_id is None:
        return args.coin_id or 0  # __post_init__ has refused neither
    try:
        alert = alerts.get(args.alert_id)
    except NotFound as error:
        raise Cancel(str(error)) from error
    if args.coin_id not in (None, alert.coin_id):
        raise Unrecoverable(f"coin_id: alert {alert.id} is on coin {alert.coin_id}, not {args.coin_id}")
    if not alert.active:
        raise Cancel(f"alert {alert.id} is switched off")
    return alert.coin_id
