"""Owns what one call to a provider may ask for: coins of one chain, few enough, well-formed. It must never do I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.market_data.domain.chains import Chain, address_key, chain_named, checked_address
from services.market_data.domain.quotes import CoinRef
from shared.errors import InvalidArgument

#: All three providers take this many addresses in one call.
MAX_COINS = 30


@dataclass(frozen=True, slots=True)
class Batch:
    """Coins of one chain with the addresses to ask for, each once."""

    chain: Chain
    coins: tuple[CoinRef, ...]
    addresses: tuple[str, ...]


def batch_of(coins: Sequence[CoinRef]) -> Batch:
    """The batch of these coins. Raises InvalidArgument for none, for too many, two chains or a malformed address."""
    if not 1 <= len(coins) <= MAX_COINS:
        raise InvalidArgument(f"coins must be 1 to {MAX_COINS}, got {len(coins)}", field="coins")
    chain = chain_named(coins[0].chain)
    strangers = sorted({coin.chain for coin in coins} - {chain.name})
    if strangers:
        raise InvalidArgument(f"coins must be of one chain, got {chain.name} and {', '.join(strangers)}", field="coins")
    addresses = {address_key(chain, coin.address): checked_address(chain, coin.address) for coin in coins}
    return Batch(chain, tuple(coins), tuple(addresses.values()))
