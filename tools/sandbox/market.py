"""Owns what every token costs at every second. It must never depend on who asks or in which order."""

import math
import threading
from collections.abc import Callable
from decimal import Decimal, localcontext

from tools.sandbox.tokens import CHAINS, Token, address_key, is_address, seed_tokens, unknown_token
from tools.sandbox.walk import log_path, uniform

MAX_TOKENS = 5_000
DAY = 86_400
_QUANTUM = Decimal(1).scaleb(-18)


class Market:
    """One seeded market for all providers: the same (seed, token, second) has the same price in every process."""

    def __init__(self, seed: int, *, now: Callable[[], float], price_unknown: bool = True) -> None:
        self.seed = seed
        self._now = now
        self._price_unknown = price_unknown
        self._lock = threading.Lock()
        self._listed = {_key(token): token for token in seed_tokens()}
        self._quoting = {_key(token): token for chain in CHAINS.values() for token in (chain.native, chain.dollar)}

    def second(self) -> int:
        """The present time step."""
        return int(self._now())

    def listed(self) -> list[Token]:
        """The seed tokens and those added since."""
        with self._lock:
            return list(self._listed.values())

    def add(self, token: Token) -> bool:
        """List a token; False when one of this address is listed already."""
        with self._lock:
            if _key(token) in self._listed or len(self._listed) >= MAX_TOKENS:
                return False
            self._listed[_key(token)] = token
            return True

    def find(self, chain: str, address: str) -> Token | None:
        """The token of this address, made up when the market prices unknown ones; None when there is none."""
        if chain not in CHAINS or not is_address(chain, address):
            return None
        key = (chain, address_key(chain, address))
        with self._lock:
            token = self._listed.get(key) or self._quoting.get(key)
        return token or (unknown_token(chain, address) if self._price_unknown else None)

    def price(self, token: Token, second: int, basis: float = 0.0) -> Decimal:
        """USD at a second; `basis` is the provider's own deviation. Nine digits, exactly as every answer spells it."""
        return rounded(self._middle(token, second) * (1 + basis))

    def change_24h_percent(self, token: Token, second: int) -> float:
        """Percent since a day ago."""
        return round((self._middle(token, second) / self._middle(token, second - DAY) - 1) * 100, 2)

    def volume_24h(self, token: Token, second: int) -> float:
        """USD traded in a day; it changes once an hour."""
        return round(token.liquidity_usd * (0.2 + 1.6 * uniform(f"{self.seed}/{token.symbol}/{second // 3600}")), 2)

    def _middle(self, token: Token, second: int) -> float:
        if token.volatility == 0:
            return token.base_price
        key = f"{self.seed}/{token.chain}/{address_key(token.chain, token.address)}"
        return token.base_price * math.exp(log_path(key, second, token.volatility))


def rounded(price: float) -> Decimal:
    """Nine significant digits, never below what 18 decimals can show."""
    # A dear token in units of a cheap one is above 10^10, and 18 decimals of that are more than the usual 28 digits.
    with localcontext(prec=60):
        return max(Decimal(f"{price:.8e}").quantize(_QUANTUM).normalize(), _QUANTUM)


def plain(price: Decimal) -> str:
    """Decimal text without an exponent."""
    return format(price, "f")


def _key(token: Token) -> tuple[str, str]:
    return token.chain, address_key(token.chain, token.address)
