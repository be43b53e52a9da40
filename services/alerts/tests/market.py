"""Owns a market-data that answers over real gRPC from memory, so that a test says what a coin costs and when.

It must never be taken for the service: tests/faults/test_price_triggers.py has both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from protos.market_data.v1 import market_data_pb2 as pb
from protos.market_data.v1 import market_data_pb2_grpc
from shared import clock
from shared.errors import NotFound
from shared.rpc import RpcServer, Servicer
from shared.settings import Secret

TOKEN = Secret("a-service-token-for-tests-only-0123456789")
COIN = 7


@dataclass
class StandInMarket(market_data_pb2_grpc.MarketDataServiceServicer):
    """Coins by id, their prices oldest first, and which methods were called."""

    prices: dict[int, list[pb.Price]] = field(default_factory=lambda: {COIN: []})
    calls: list[str] = field(default_factory=list)
    #: Later than every alert made so far, and a second more with every price.
    tick: datetime = field(default_factory=lambda: clock.now() + timedelta(seconds=60))

    def cost(self, *prices: str, coin_id: int = COIN) -> list[datetime]:
        """So much at the next ticks."""
        ticks = []
        for price in prices:
            self.tick += timedelta(seconds=1)
            made = pb.Price(coin_id=coin_id, tick=self.tick, price_usd=price, provider="dexscreener")
            self.prices.setdefault(coin_id, []).append(made)
            ticks.append(self.tick)
        return ticks

    def GetCoin(self, request: pb.GetCoinRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # gRPC's name
        self._known(request.id)
        return pb.GetCoinResponse(coin=pb.Coin(id=request.id))

    def ListCoins(self, request: pb.ListCoinsRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the same
        self.calls.append("ListCoins")
        coins = [
            pb.GetCoinResponse(coin=pb.Coin(id=coin_id), latest_price=prices[-1] if prices else None)
            for coin_id, prices in sorted(self.prices.items())
            if coin_id > int(request.page_token or 0)
        ]
        more = str(coins[0].coin.id) if len(coins) > 1 else ""
        return pb.ListCoinsResponse(coins=coins[:1], next_page_token=more)  # one a page, so that paging is seen

    def ListPrices(self, request: pb.ListPricesRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the same
        self.calls.append("ListPrices")
        start = getattr(request, "from").ToDatetime(tzinfo=UTC)
        found = [price for price in self._known(request.coin_id) if price.tick.ToDatetime(tzinfo=UTC) >= start]
        return pb.ListPricesResponse(prices=found[::-1][: request.page_size])

    def _known(self, coin_id: int) -> list[pb.Price]:
        if coin_id not in self.prices:
            raise NotFound(f"no coin has id {coin_id}")
        return self.prices[coin_id]


@contextmanager
def served(market: StandInMarket) -> Iterator[tuple[str, RpcServer]]:
    """The stand-in's real gRPC server, and where it listens."""
    add = market_data_pb2_grpc.add_MarketDataServiceServicer_to_server
    contract = Servicer(add, market, "millrace.market_data.v1.MarketDataService")
    server = RpcServer((contract,), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    yield f"127.0.0.1:{server.start()}", server
    server.stop(grace=0)
