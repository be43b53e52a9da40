"""Owns the gateway's calls to market-data. It must never keep a coin or a price."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from protos.market_data.v1 import market_data_pb2 as pb
from protos.market_data.v1 import market_data_pb2_grpc
from services.gateway.clients.fleet import Fleet, ask
from shared.errors import PeerUnavailable

SERVICE = "market-data"


class Coins:
    """Coins and their prices, as market-data has them."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def create(self, request: pb.CreateCoinRequest) -> pb.Coin:
        """Register a coin. Raises AlreadyExists for a known (chain, address)."""
        return self._ask("CreateCoin", request).coin  # type: ignore[no-any-return]  # stubs are untyped

    def get(self, coin_id: int) -> pb.GetCoinResponse:
        """A coin with its newest price."""
        return self._ask("GetCoin", pb.GetCoinRequest(id=coin_id))  # type: ignore[no-any-return]  # stubs are untyped

    def list(self, *, limit: int, cursor: str) -> pb.ListCoinsResponse:
        """One page of coins with their newest prices, by id."""
        request = pb.ListCoinsRequest(page_size=limit, page_token=cursor)
        return self._ask("ListCoins", request)  # type: ignore[no-any-return]  # stubs are untyped

    def update(self, request: pb.UpdateCoinRequest) -> pb.GetCoinResponse:
        """Change the fields that are set, then read the coin with its newest price."""
        self._ask("UpdateCoin", request)
        return self.get(request.id)

    def delete(self, coin_id: int) -> None:
        """Remove a coin, its schedule and its prices."""
        self._ask("DeleteCoin", pb.DeleteCoinRequest(id=coin_id))

    def latest_price(self, coin_id: int) -> pb.Price:
        """The newest price. Raises NotReady before the first."""
        request = pb.GetLatestPriceRequest(coin_id=coin_id)
        return self._ask("GetLatestPrice", request).price  # type: ignore[no-any-return]  # stubs are untyped

    def prices(
        self, coin_id: int, *, start: datetime | None, end: datetime | None, limit: int, cursor: str
    ) -> pb.ListPricesResponse:
        """One page of the prices in [start, end), newest first."""
        request = pb.ListPricesRequest(coin_id=coin_id, to=end, page_size=limit, page_token=cursor)
        if start is not None:
            # `from` is a word of the language, so it cannot be a keyword argument.
            getattr(request, "from").FromDatetime(start)
        return self._ask("ListPrices", request)  # type: ignore[no-any-return]  # stubs are untyped

    def trigger_update(self, coin_id: int) -> pb.TriggerPriceUpdateResponse:
        """Submit update-coin-price for one coin."""
        request = pb.TriggerPriceUpdateRequest(coin_id=coin_id)
        return self._ask("TriggerPriceUpdate", request)  # type: ignore[no-any-return]  # stubs are untyped

    def _ask(self, method: str, request: object) -> Any:
        if SERVICE not in self._fleet.names:
            raise PeerUnavailable(f"{SERVICE} is not among the services of this gateway")
        stub = self._fleet.stub(market_data_pb2_grpc.MarketDataServiceStub, SERVICE)
        call: Callable[..., Any] = getattr(stub, method)
        return ask(call, request, peer=SERVICE)
