"""Owns market-data and alerts as two services of one deployment: own schemas, real gRPC, and deaths in between.

It must never do the work of a loop of the product; it only turns the loops, and moves times, which stands for waiting.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from protos.alerts.v1 import alerts_pb2, alerts_pb2_grpc
from services.alerts.app import SERVICE as ALERTS
from services.market_data.app import SERVICE as MARKET_DATA
from services.market_data.domain.quotes import Quote
from services.market_data.store import CoinStore, NewCoin, PriceStore
from shared import clock
from shared.bootstrap import Service, ServiceRuntime
from shared.bootstrap.api import server_of
from shared.bootstrap.process import Process
from shared.jobs import submit
from shared.jobs.admission import Request
from shared.jobs.exchange import line
from shared.jobs.exchange.delivery import deliver_once
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import identity_changed, reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.testing import drain, lift_limits
from shared.rpc import Peers, RpcServer, translated
from shared.settings import ProcessSettings, Secret
from tools.stores.ports import free_port

TOKEN = Secret("a-service-token-for-tests-only-0123456789")
ROUNDS = 10


@dataclass
class House:
    """One service with its gRPC server; `peers` is how its scheduler reaches the other."""

    runtime: ServiceRuntime
    peers: Peers
    server: RpcServer

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.runtime.database.unit_of_work() as work:
            found = work.connection.execute(sa.text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def turn(self) -> None:
        """What the loops of the scheduler and a worker do while time passes."""
        jobs = self.runtime.jobs
        if identity_changed(jobs):
            reconcile_once(jobs)
            lift_limits(self.runtime)
        self.sql("UPDATE job SET created_at = created_at - interval '1 minute'")
        self.sql("UPDATE outbox SET next_at = clock_timestamp() WHERE state = 'waiting'")
        relay_once(jobs)
        for queue in jobs.catalogue.queues:
            key = jobs.scripts.keys.of_queue(queue, "running")
            for job_id in jobs.scripts.client.zrange(key, 0, -1):
                jobs.scripts.client.zadd(key, {job_id: 1})
        reap_once(jobs)
        drain(self.runtime, with_scheduled=True)
        deliver_once(jobs, self.peers)

    def restart(self) -> None:
        """Its api process is gone and another one is there."""
        self.server.stop(0)
        self.server = serve(self.runtime)


@dataclass
class Deployment:
    """Both services, one coin."""

    market_data: House
    alerts: House
    coin_id: int

    def alert(self, threshold: str) -> int:
        """Triggers whenever the price goes above."""
        request = alerts_pb2.CreateAlertRequest(
            owner="ann", coin_id=self.coin_id, kind=alerts_pb2.ALERT_KIND_PRICE_ABOVE, threshold_usd=threshold,
            hysteresis_fraction="0", cooldown_seconds=0,
        )  # fmt: skip
        with translated("alerts"):
            stub: Any = self.market_data.peers.stub(alerts_pb2_grpc.AlertsServiceStub, "alerts")
            return int(stub.CreateAlert(request, wait_for_ready=True).alert.id)

    def cost(self, price: str, *, tick: datetime | None = None) -> None:
        """Ask for a price update while providers say this; nothing has run yet."""
        at = clock.now()
        quote = Quote(self.coin_id, Decimal(price), "dexscreener", None, None, None, None, at, "0" * 64)
        with self.market_data.runtime.database.unit_of_work() as work:
            PriceStore(work.connection).record_quotes([quote], asked=[self.coin_id], asked_at=at)
        args = {"coin_id": self.coin_id}
        submit(self.market_data.runtime.jobs, "update-coin-price", args, request=Request(tick=tick))

    def claim_messages(self) -> list[line.Claimed]:
        """What a scheduler of market-data holds in its hands when it dies next."""
        with self.market_data.runtime.database.unit_of_work() as work:
            return line.claim(work, "alerts", limit=20)

    def heal(self) -> None:
        """Time passes until no message waits and no job is left; AssertionError when that never comes."""
        for _ in range(ROUNDS):
            self.market_data.turn()
            self.alerts.turn()
            if not self.unfinished():
                return
        raise AssertionError(f"never ended: {self.unfinished()}")

    def unfinished(self) -> list[Any]:
        live = "SELECT name, state FROM job WHERE finished_at IS NULL"
        waiting = self.market_data.sql("SELECT job, state FROM outbox WHERE state <> 'sent'")
        return [*waiting, *self.market_data.sql(live), *self.alerts.sql(live)]

    @property
    def prices(self) -> list[tuple[int, datetime]]:
        """(coin, tick) of every committed price."""
        return self.market_data.sql("SELECT coin_id, tick FROM coin_price ORDER BY 1, 2")

    @property
    def told(self) -> list[tuple[int, datetime]]:
        """(coin, tick) of every job that a message of market-data has made at alerts."""
        return self.alerts.sql(
            "SELECT (args->>'coin_id')::bigint, (args->>'tick')::timestamptz FROM job "
            "WHERE name = 'check-specific-alert' ORDER BY 1, 2"
        )

    @property
    def triggers(self) -> list[tuple[int, Decimal]]:
        """Alert and price of every trigger, by tick."""
        return self.alerts.sql("SELECT alert_id, price_usd FROM alert_trigger ORDER BY tick, alert_id")


def serve(runtime: ServiceRuntime) -> RpcServer:
    """The api role's server of one service, at the port of its settings."""
    server = server_of(Process("api", ProcessSettings(service_token=TOKEN)), runtime)
    server.start()
    return server


@contextmanager
def open_deployment(runtime_for: Callable[..., ServiceRuntime]) -> Iterator[Deployment]:
    """Both on fresh stores, with one coin."""
    ports = {service.display: free_port() for service in (MARKET_DATA, ALERTS)}
    addresses = ",".join(f"{name}=127.0.0.1:{port}" for name, port in ports.items())

    def house(service: Service) -> House:
        runtime = runtime_for(
            service, MILLRACE_SERVICES=addresses, MILLRACE_SERVICE_TOKEN=TOKEN.reveal(),
            GRPC_PORT=str(ports[service.display]), QUOTE_MAX_AGE_SECONDS="3600",
        )  # fmt: skip
        lift_limits(runtime)
        return House(runtime, Peers(runtime.settings.addresses, TOKEN), serve(runtime))

    market_data, alerts = house(MARKET_DATA), house(ALERTS)
    new = NewCoin(symbol="C", name="C", chain="base", address=f"0x{uuid.uuid4().hex:0>40}", price_interval_seconds=300)
    with market_data.runtime.database.unit_of_work() as work:
        coin = CoinStore(work.connection).add(new)
    yield Deployment(market_data, alerts, coin.id)
    for each in (market_data, alerts):
        each.peers.close()
        each.server.stop(0)
