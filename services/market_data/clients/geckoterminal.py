"""Owns GeckoTerminal's wire format. It must never take a token of another network or address for the asked one."""

from collections.abc import Sequence
from typing import Any

import structlog

from services.market_data.clients.batches import Batch, batch_of
from services.market_data.clients.wire import entry, text
from services.market_data.domain.chains import address_key
from services.market_data.domain.quotes import CoinRef, Quote, price_of, usd_or_none
from shared.errors import InvalidArgument, UpstreamUnavailable
from shared.outbound import OutboundClient

log = structlog.get_logger()

#: Without it the provider may answer in another version's shape.
HEADERS = {"accept": "application/json;version=20230302"}


class GeckoTerminal:
    """`GET /networks/{network}/tokens/multi/{addresses}` answers JSON:API resources of type token."""

    name = "geckoterminal"

    def __init__(self, http: OutboundClient) -> None:
        self._http = http

    def fetch(self, coins: Sequence[CoinRef]) -> dict[int, Quote]:
        """Quotes by coin id of 1 to 30 coins of one chain; coins without a sound price are absent."""
        batch = batch_of(coins)
        answer = self._http.get(f"/networks/{batch.chain.geckoterminal}/tokens/multi/{','.join(batch.addresses)}")
        tokens = _tokens(answer.value, batch)
        quotes = {}
        for coin in batch.coins:
            token = tokens.get(address_key(batch.chain, coin.address))
            try:
                price = price_of(entry(token, "attributes", "price_usd"))
            except InvalidArgument as refusal:
                log.warning("quote refused", provider=self.name, coin_id=coin.coin_id, reason=str(refusal))
                continue
            quotes[coin.coin_id] = Quote(
                coin_id=coin.coin_id,
                price_usd=price,
                provider=self.name,
                pair_address=_top_pool(token, batch.chain.geckoterminal),
                liquidity_usd=usd_or_none(entry(token, "attributes", "total_reserve_in_usd")),
                volume_24h_usd=usd_or_none(entry(token, "attributes", "volume_usd", "h24")),
                change_24h_fraction=None,
                fetched_at=answer.received_at,
                answer_sha256=answer.sha256,
            )
        return quotes

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _tokens(value: Any, batch: Batch) -> dict[str, Any]:
    """The answer's tokens by address; a resource whose id and address do not agree belongs to nobody."""
    data = entry(value, "data")
    if not isinstance(data, list):
        raise UpstreamUnavailable("geckoterminal answered without a list named data")
    tokens = {}
    for item in data:
        address, identity = text(item, "attributes", "address"), text(item, "id")
        if address is None or identity is None or entry(item, "type") != "token":
            continue
        key = address_key(batch.chain, address)
        if address_key(batch.chain, identity) == address_key(batch.chain, f"{batch.chain.geckoterminal}_{address}"):
            tokens[key] = item
    if data and not tokens:
        raise UpstreamUnavailable(
            f"geckoterminal answered {len(data)} entries, none of them a token of {batch.chain.name}"
        )
    return tokens


def _top_pool(token: Any, network: str) -> str | None:
    pools = entry(token, "relationships", "top_pools", "data")
    identity = text(pools[0], "id") if isinstance(pools, list) and pools else None
    return identity.removeprefix(f"{network}_") if identity else None
