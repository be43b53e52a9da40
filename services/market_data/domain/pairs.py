"""Owns which trading pair speaks for a token. It must never return another token's price."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.market_data.domain.chains import Chain, address_key
from services.market_data.domain.quotes import positive_number, price_of, quotient
from shared.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Pair:
    """A pool as a provider reports it. `chain_id` is the provider's spelling; the two prices are as sent, unchecked.

    `price_usd` is of one base token in USD, `price_native` of one base token in quote tokens.
    """

    chain_id: str
    pair_address: str | None
    base_address: str
    quote_address: str
    price_usd: object
    price_native: object
    liquidity_usd: Decimal | None
    volume_24h_usd: Decimal | None
    change_24h_fraction: Decimal | None


@dataclass(frozen=True, slots=True)
class PairPrice:
    """The chosen pair and what one asked token costs; inverted when the asked token is the pair's quote token."""

    pair: Pair
    price_usd: Decimal
    is_inverted: bool


def choose_pair(pairs: Sequence[Pair], chain: Chain, address: str) -> PairPrice:
    """The price of `address` by the deepest pair that has it as base token, else by the deepest that has it as quote.

    A pair that carries no price is passed over. A pair whose price is nonsense (0, NaN, below 0) refuses the coin:
    what is left below it may be a pool of ninety dollars with any price its owner likes.
    Raises InvalidArgument naming the reason.
    """
    wanted = address_key(chain, address)
    here = [pair for pair in pairs if pair.chain_id == chain.dexscreener and pair.price_usd is not None]
    as_base = [pair for pair in here if address_key(chain, pair.base_address) == wanted]
    if as_base:
        best = max(as_base, key=_depth)
        return PairPrice(best, price_of(best.price_usd, field="priceUsd"), is_inverted=False)
    as_quote = [
        pair for pair in here if address_key(chain, pair.quote_address) == wanted and pair.price_native is not None
    ]
    if as_quote:
        best = max(as_quote, key=_depth)
        base_price = positive_number(best.price_usd, field="priceUsd")
        price = quotient(base_price, positive_number(best.price_native, field="priceNative"))
        return PairPrice(best, price_of(price, field="priceUsd / priceNative"), is_inverted=True)
    raise InvalidArgument(f"no priced pair of this token among {len(pairs)} pairs", field="pairs")


def _depth(pair: Pair) -> Decimal:
    return pair.liquidity_usd or Decimal(0)
