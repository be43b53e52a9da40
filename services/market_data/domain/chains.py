"""Owns which chains have prices, how each provider spells them, and what an address is. It must never do I/O."""

import re
from dataclasses import dataclass

from shared.errors import InvalidArgument

_EVM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_SOLANA_ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain: our name, and the same chain in each provider's spelling."""

    name: str
    dexscreener: str
    coingecko: str
    geckoterminal: str
    is_evm: bool = True


CHAINS = {
    chain.name: chain
    for chain in (
        Chain("solana", "solana", "solana", "solana", is_evm=False),
        Chain("ethereum", "ethereum", "ethereum", "eth"),
        Chain("base", "base", "base", "base"),
        Chain("bsc", "bsc", "binance-smart-chain", "bsc"),
        Chain("polygon", "polygon", "polygon-pos", "polygon_pos"),
        Chain("arbitrum", "arbitrum", "arbitrum-one", "arbitrum"),
        Chain("avalanche", "avalanche", "avalanche", "avax"),
    )
}


def chain_named(name: str) -> Chain:
    """The chain of this name. Raises InvalidArgument listing the names."""
    chain = CHAINS.get(name)
    if chain is None:
        allowed = tuple(CHAINS)
        raise InvalidArgument(
            f"chain must be one of {', '.join(allowed)}, got {name!r}", field="chain", allowed=allowed
        )
    return chain


def checked_address(chain: Chain, address: str) -> str:
    """The address as given. Raises InvalidArgument when it cannot be a token of this chain."""
    pattern, form = (
        (_EVM_ADDRESS, "0x and 40 hex digits") if chain.is_evm else (_SOLANA_ADDRESS, "32 to 44 base58 digits")
    )
    if not pattern.fullmatch(address):
        raise InvalidArgument(f"address on {chain.name} must be {form}, got {address[:80]!r}", field="address")
    return address


def address_key(chain: Chain, address: str) -> str:
    """What two spellings of one address have in common: EVM addresses differ in case only, Solana's never do."""
    return address.lower() if chain.is_evm else address
