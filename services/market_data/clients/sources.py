"""Owns the order in which price providers are asked. It must never hide that a provider failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, Self

import structlog

from services.market_data.clients import breakers
from services.market_data.clients.coingecko import KEY_HEADER, CoinGecko
from services.market_data.clients.dexscreener import DexScreener
from services.market_data.clients.geckoterminal import HEADERS, GeckoTerminal
from services.market_data.domain.quotes import CoinRef, Quote
from shared.errors import CircuitOpen, UpstreamRateLimited, UpstreamUnavailable
from shared.jobs import Breaker, Budget, Guards
from shared.outbound import Guard, OutboundClient, Rate

log = structlog.get_logger()

#: When one provider says "wait an hour" and another merely failed, the failed one is worth asking again by then.
RETRY_AFTER_OUTAGE = timedelta(seconds=30)


class Revealable(Protocol):
    """A secret that has to be asked for its text."""

    def reveal(self) -> str:
        """The secret's text."""
        ...


class ProviderSettings(Protocol):
    """What of market-data's settings the providers need."""

    @property
    def dexscreener_base_url(self) -> str: ...
    @property
    def coingecko_base_url(self) -> str: ...
    @property
    def coingecko_api_key(self) -> Revealable | None: ...
    @property
    def geckoterminal_base_url(self) -> str: ...
    @property
    def dexscreener_rate_per_minute(self) -> float: ...
    @property
    def coingecko_rate_per_minute(self) -> float: ...
    @property
    def geckoterminal_rate_per_minute(self) -> float: ...
    @property
    def provider_timeout_seconds(self) -> float: ...


class PriceSource(Protocol):
    """One provider of prices."""

    @property
    def name(self) -> str: ...

    def fetch(self, coins: Sequence[CoinRef]) -> dict[int, Quote]:
        """Quotes by coin id; raises UpstreamUnavailable when the provider as a whole failed."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True, slots=True)
class FetchedQuotes:
    """Quotes by coin id, and one sentence per provider that failed on the way."""

    quotes: dict[int, Quote]
    failures: tuple[str, ...]
    #: The shortest wait of a provider that was not asked or refused for now: what is missing may be had then.
    refusal: UpstreamRateLimited | None = None


class PriceSources:
    """Providers in order of trust; each is asked for the coins that those before it left unpriced."""

    def __init__(self, *sources: PriceSource) -> None:
        self._sources = sources

    @classmethod
    def from_settings(cls, settings: ProviderSettings, guards: Guards | None = None) -> Self:
        """DexScreener first, then CoinGecko, then GeckoTerminal. Raises ConfigurationInvalid for a bad base URL.

        Without `guards` a provider that is down is called again and again.
        """

        def guard(breaker: Breaker, budget: Budget | None = None) -> Guard | None:
            return guards.of(breaker=breaker, budget=budget) if guards is not None else None

        timeout = timedelta(seconds=settings.provider_timeout_seconds)
        key = settings.coingecko_api_key
        return cls(
            DexScreener(
                OutboundClient(
                    DexScreener.name,
                    settings.dexscreener_base_url,
                    timeout=timeout,
                    rate=pace(settings.dexscreener_rate_per_minute),
                    guard=guard(breakers.DEXSCREENER, breakers.DEXSCREENER_CALLS),
                )
            ),
            CoinGecko(
                OutboundClient(
                    CoinGecko.name,
                    settings.coingecko_base_url,
                    timeout=timeout,
                    rate=pace(settings.coingecko_rate_per_minute),
                    guard=guard(breakers.COINGECKO),
                    secret_headers={KEY_HEADER: key.reveal()} if key else None,
                )
            ),
            GeckoTerminal(
                OutboundClient(
                    GeckoTerminal.name,
                    settings.geckoterminal_base_url,
                    timeout=timeout,
                    rate=pace(settings.geckoterminal_rate_per_minute),
                    guard=guard(breakers.GECKOTERMINAL),
                    headers=HEADERS,
                )
            ),
        )

    def fetch(self, coins: Sequence[CoinRef]) -> FetchedQuotes:
        """Quotes of 1 to 30 coins of one chain.

        Raises only when nothing at all came back and a provider failed: UpstreamRateLimited when one of them said
        so (the shortest wait counts), else the last error.
        """
        quotes: dict[int, Quote] = {}
        errors: list[UpstreamUnavailable] = []
        for source in self._sources:
            missing = [coin for coin in coins if coin.coin_id not in quotes]
            if not missing:
                break
            try:
                quotes |= source.fetch(missing)
            except UpstreamUnavailable as error:
                log.warning("price source failed", provider=source.name, coins=len(missing), error=str(error))
                errors.append(error)
        if errors and not quotes:
            raise _worst(errors)
        refused = [error for error in errors if isinstance(error, UpstreamRateLimited)]
        shortest = min(refused, key=lambda error: error.retry_after, default=None)
        return FetchedQuotes(quotes, tuple(str(error) for error in errors), shortest)

    def close(self) -> None:
        """Close all connections."""
        for source in self._sources:
            source.close()


def pace(per_minute: float) -> Rate:
    """Short bursts, yet in no minute more than `per_minute` calls: what the burst takes, the refill leaves out."""
    burst = min(max(1, int(per_minute // 6)), 1000)
    return Rate(per_minute=max(per_minute - burst, per_minute / 2), burst=burst)


def _worst(errors: Sequence[UpstreamUnavailable]) -> UpstreamUnavailable:
    waits = [error.retry_after for error in errors if isinstance(error, UpstreamRateLimited)]
    if not waits:
        return errors[-1]
    wait = min(waits) if len(waits) == len(errors) else min(*waits, RETRY_AFTER_OUTAGE)
    kind = CircuitOpen if any(isinstance(error, CircuitOpen) for error in errors) else UpstreamRateLimited
    return kind("; ".join(str(error) for error in errors), retry_after=wait)
