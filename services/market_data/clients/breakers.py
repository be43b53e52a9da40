"""Owns when each price provider is left alone. It must never hold more failures than update-coin-price has attempts:

a job would die of a provider that is down.
"""

from shared.jobs import Breaker

DEXSCREENER = Breaker("dexscreener")
COINGECKO = Breaker("coingecko")
GECKOTERMINAL = Breaker("geckoterminal")
ALL = (DEXSCREENER, COINGECKO, GECKOTERMINAL)
