"""Owns when each price provider is left alone, and how much of it may be used. It must never call one."""

from shared.jobs import Breaker, Budget, minutes

DEXSCREENER = Breaker("dexscreener")
COINGECKO = Breaker("coingecko")
GECKOTERMINAL = Breaker("geckoterminal")
#: What DexScreener allows, over all processes and services; its answers price thirty coins a call.
DEXSCREENER_CALLS = Budget("dexscreener-calls", points=300, per=minutes(1))
ALL = (DEXSCREENER, COINGECKO, GECKOTERMINAL)
