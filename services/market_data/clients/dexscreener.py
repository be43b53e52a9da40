"""Owns DexScreener's wire format. It must never price a coin by a pair of another token."""

from collections.abc import Sequence
from typing import Any

import structlog

from services.market_data.clients.batches import batch_of
from services.market_data.clients.wire import entry, text
from services.market_data.domain.pairs import Pair, choose_pair
from services.market_data.domain.quotes import CoinRef, Quote, fraction_or_none, usd_or_none
from shared.errors import InvalidArgument, UpstreamUnavailable
from shared.outbound import OutboundClient

log = structlog.get_logger()


class DexScreener:
    """`GET /tokens/v1/{chain}/{addresses}` answers a list of pairs, several a token."""

    name = "dexscreener"

    def __init__(self, http: OutboundClient) -> None:
        self._http = http

    def fetch(self, coins: Sequence[CoinRef]) -> dict[int, Quote]:
        """Quotes by coin id of 1 to 30 coins of one chain; coins without a sound price are absent."""
        batch = batch_of(coins)
        answer = self._http.get(f"/tokens/v1/{batch.chain.dexscreener}/{','.join(batch.addresses)}")
        pairs = _pairs(answer.value)
        quotes = {}
        for coin in batch.coins:
            try:
                found = choose_pair(pairs, batch.chain, coin.address)
            except InvalidArgument as refusal:
                log.warning("quote refused", provider=self.name, coin_id=coin.coin_id, reason=str(refusal))
                continue
            # The 24 h change is the base token's; inverted it says nothing about ours.
            change = None if found.is_inverted else found.pair.change_24h_fraction
            quotes[coin.coin_id] = Quote(
                coin_id=coin.coin_id,
                price_usd=found.price_usd,
                provider=self.name,
                pair_address=found.pair.pair_address,
                liquidity_usd=found.pair.liquidity_usd,
                volume_24h_usd=found.pair.volume_24h_usd,
                change_24h_fraction=change,
                fetched_at=answer.received_at,
                answer_sha256=answer.sha256,
            )
        return quotes

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _pairs(value: Any) -> list[Pair]:
    if not isinstance(value, list):
        raise UpstreamUnavailable(f"dexscreener answered {type(value).__name__}, not a list of pairs")
    pairs = [pair for item in value if (pair := _pair(item)) is not None]
    if value and not pairs:
        raise UpstreamUnavailable(f"dexscreener answered {len(value)} entries, none of them a pair")
    return pairs


def _pair(item: Any) -> Pair | None:
    chain_id = text(item, "chainId")
    base, quote = text(item, "baseToken", "address"), text(item, "quoteToken", "address")
    if chain_id is None or base is None or quote is None:
        return None
    return Pair(
        chain_id=chain_id,
        pair_address=text(item, "pairAddress"),
        base_address=base,
        quote_address=quote,
        price_usd=entry(item, "priceUsd"),
        price_native=entry(item, "priceNative"),
        liquidity_usd=usd_or_none(entry(item, "liquidity", "usd")),
        volume_24h_usd=usd_or_none(entry(item, "volume", "h24")),
        change_24h_fraction=fraction_or_none(entry(item, "priceChange", "h24")),
    )
