"""Owns what alerts asks market-data, over gRPC. It must never make up a price that was not answered."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Self

import structlog

from protos.market_data.v1 import market_data_pb2 as pb
from protos.market_data.v1 import market_data_pb2_grpc
from services.alerts.domain.conditions import PricePoint
from services.alerts.settings import AlertsSettings
from shared import clock
from shared.errors import InvalidArgument, PeerUnavailable, UnknownService
from shared.money import positive
from shared.rpc import Peers, translated

log = structlog.get_logger(__name__)
MARKET_DATA = "market-data"
#: After a gap only so many of the newest prices are looked at; an alert on yesterday's price helps nobody.
MAX_POINTS = 500
PAGE = 500
MAX_PAGES = 200
#: A tick can be ahead of this process' clock; the default end of a span is the answering process' "now".
AHEAD = timedelta(days=1)
#: Spans include their start, and PostgreSQL counts microseconds.
INSTANT = timedelta(microseconds=1)


class MarketData:
    """Coins and prices as market-data answers. Every call has a deadline; PeerUnavailable when it does not answer."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    @classmethod
    def from_settings(cls, settings: AlertsSettings) -> Self:
        """Made once at boot of each process; a channel opens with the first call."""
        return cls(Peers(settings.addresses, settings.service_token))

    def check_coin(self, coin_id: int) -> None:
        """Raises NotFound when there is no such coin."""
        with translated(MARKET_DATA):
            self._stub().GetCoin(pb.GetCoinRequest(id=coin_id))

    def prices_after(self, coin_id: int, tick: datetime) -> list[PricePoint]:
        """The newest prices of later ticks, oldest first, at most MAX_POINTS. Raises NotFound for an unknown coin."""
        request = pb.ListPricesRequest(coin_id=coin_id, to=clock.now() + AHEAD, page_size=MAX_POINTS)
        # `from` is a word of the language, so it cannot be a keyword argument.
        getattr(request, "from").FromDatetime(tick + INSTANT)
        with translated(MARKET_DATA):
            answer = self._stub().ListPrices(request)
        return list(_points(reversed(answer.prices)))

    def newest_ticks(self) -> Iterator[tuple[int, datetime]]:
        """Every coin that has a price, and the tick of its newest one."""
        token = ""
        for _ in range(MAX_PAGES):
            with translated(MARKET_DATA):
                page = self._stub().ListCoins(pb.ListCoinsRequest(page_size=PAGE, page_token=token))
            for each in page.coins:
                if each.HasField("latest_price"):
                    yield each.coin.id, each.latest_price.tick.ToDatetime(tzinfo=UTC)
            token = page.next_page_token
            if not token:
                return

    def close(self) -> None:
        """Close the channels."""
        self._peers.close()

    def _stub(self) -> market_data_pb2_grpc.MarketDataServiceStub:
        try:
            return self._peers.stub(market_data_pb2_grpc.MarketDataServiceStub, MARKET_DATA)
        except UnknownService as error:
            raise PeerUnavailable(f"MILLRACE_SERVICES names no {MARKET_DATA}; alerts cannot know a price") from error


def _points(prices: Iterable[pb.Price]) -> Iterator[PricePoint]:
    for price in prices:
        tick = price.tick.ToDatetime(tzinfo=UTC)
        try:
            yield PricePoint(tick, positive(price.price_usd, field="price_usd"))
        except InvalidArgument as error:
            log.error("no price", peer=MARKET_DATA, coin_id=price.coin_id, tick=tick.isoformat(), reason=str(error))
