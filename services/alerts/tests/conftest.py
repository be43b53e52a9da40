"""Owns the service under test: alerts on real stores, beside a market-data whose prices the test decides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1.alerts_pb2_grpc import AlertsServiceStub
from services.alerts.app import SERVICE, servicers
from services.alerts.clients import MarketData
from services.alerts.tables import alert_trigger
from services.alerts.tests.market import COIN, TOKEN, StandInMarket, served
from shared.bootstrap import ServiceRuntime
from shared.jobs import submit
from shared.jobs.testing import drain, lift_limits
from shared.jobs.testing.drain import Drained
from shared.rpc import Peers, RpcServer, translated


@dataclass(frozen=True, slots=True)
class House:
    """The service, and what is outside."""

    runtime: ServiceRuntime
    market: StandInMarket
    market_server: RpcServer
    stub: AlertsServiceStub

    def __call__(self, method: str, **fields: Any) -> Any:
        """A call of AlertsService as a peer makes it; errors as the platform's."""
        request = getattr(pb, f"{method}Request")(**fields)
        with translated("alerts"):
            return getattr(self.stub, method)(request)

    def alert(self, threshold: str = "10", *, below: bool = False, **fields: Any) -> pb.Alert:
        kind = pb.ALERT_KIND_PRICE_BELOW if below else pb.ALERT_KIND_PRICE_ABOVE
        defaults = {"owner": "ann", "coin_id": COIN, "cooldown_seconds": 0, "hysteresis_fraction": "0"}
        made: pb.Alert = self("CreateAlert", kind=kind, threshold_usd=threshold, **(defaults | fields)).alert
        return made

    def check(self, **args: Any) -> Drained:
        """check-specific-alert, to its end."""
        submit(self.runtime.jobs, "check-specific-alert", args or {"coin_id": COIN})
        return drain(self.runtime)

    def check_all(self) -> Drained:
        submit(self.runtime.jobs, "check-alerts", {})
        return drain(self.runtime, raise_errors=True)

    @property
    def triggers(self) -> list[tuple[int, datetime, Decimal]]:
        """Alert, tick and price of every trigger, in that order."""
        columns = (alert_trigger.c.alert_id, alert_trigger.c.tick, alert_trigger.c.price_usd)
        with self.runtime.database.unit_of_work() as work:
            return [tuple(row) for row in work.connection.execute(sa.select(*columns).order_by(*columns[:2]))]


@pytest.fixture
def house(runtime_for: Callable[..., ServiceRuntime]) -> Iterator[House]:
    market = StandInMarket()
    with served(market) as (address, market_server):
        runtime = runtime_for(
            SERVICE, MILLRACE_SERVICES=f"market-data={address}", MILLRACE_SERVICE_TOKEN=TOKEN.reveal(),
            MAX_PER_OWNER="20",
        )  # fmt: skip
        lift_limits(runtime)
        server = RpcServer(servicers(runtime), host="127.0.0.1", port=0, token=TOKEN, name="alerts")
        peers = Peers({"alerts": f"127.0.0.1:{server.start()}"}, TOKEN)
        yield House(runtime, market, market_server, peers.stub(AlertsServiceStub, "alerts"))
        peers.close()
        server.stop(0)
        runtime.resource(MarketData).close()
