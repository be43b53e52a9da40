"""Owns market-data's own knobs. It must never read the environment itself; shared.settings does."""

from dataclasses import dataclass

from shared.settings import HTTP_SCHEMES, Secret, ServiceSettings, setting


@dataclass(frozen=True, slots=True)
class MarketDataSettings(ServiceSettings):
    """Where prices come from, and how old one may be."""

    dexscreener_base_url: str = setting(
        "DEXSCREENER_BASE_URL", default="https://api.dexscreener.com", schemes=HTTP_SCHEMES
    )
    coingecko_base_url: str = setting(
        "COINGECKO_BASE_URL", default="https://api.coingecko.com/api/v3", schemes=HTTP_SCHEMES
    )
    coingecko_api_key: Secret | None = setting("COINGECKO_API_KEY", default=None)
    geckoterminal_base_url: str = setting(
        "GECKOTERMINAL_BASE_URL", default="https://api.geckoterminal.com/api/v2", schemes=HTTP_SCHEMES
    )
    dexscreener_rate_per_minute: int = setting("DEXSCREENER_RATE_PER_MINUTE", default=300, minimum=1, maximum=100_000)
    coingecko_rate_per_minute: int = setting("COINGECKO_RATE_PER_MINUTE", default=30, minimum=1, maximum=100_000)
    geckoterminal_rate_per_minute: int = setting(
        "GECKOTERMINAL_RATE_PER_MINUTE", default=30, minimum=1, maximum=100_000
    )
    #: Total deadline of one call; three providers in turn must fit into the job's 60 seconds.
    provider_timeout_seconds: int = setting("PROVIDER_TIMEOUT_SECONDS", default=10, minimum=1, maximum=15)
    #: Of coins that state no interval of their own.
    price_interval_seconds: int = setting("PRICE_INTERVAL_SECONDS", default=300, minimum=1, maximum=86_400)
    #: A quote older than this, or than half the coin's interval, is fetched again.
    quote_max_age_seconds: int = setting("QUOTE_MAX_AGE_SECONDS", default=60, minimum=1, maximum=86_400)
