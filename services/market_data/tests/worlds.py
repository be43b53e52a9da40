"""Owns what the tests of provider clients share: clients of a sandbox. It must never call real providers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from services.market_data.clients.coingecko import KEY_HEADER, CoinGecko
from services.market_data.clients.dexscreener import DexScreener
from services.market_data.clients.geckoterminal import HEADERS, GeckoTerminal
from services.market_data.domain.quotes import CoinRef, Quote
from shared.outbound import OutboundClient, Rate
from tools.sandbox.sandbox import Sandbox
from tools.sandbox.tokens import Token, made_up_address

BASE_PATHS = {"dexscreener": "/dexscreener", "coingecko": "/coingecko/api/v3", "geckoterminal": "/geckoterminal/api/v2"}
NAMES = tuple(BASE_PATHS)
FAST = Rate(per_minute=60_000, burst=1_000)


@dataclass(frozen=True, slots=True)
class Key:
    """A secret as settings hand it out."""

    text: str

    def reveal(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Settings:
    """Provider settings that point at a sandbox."""

    dexscreener_base_url: str
    coingecko_base_url: str
    geckoterminal_base_url: str
    coingecko_api_key: Key | None = None
    dexscreener_rate_per_minute: int = 60_000
    coingecko_rate_per_minute: int = 60_000
    geckoterminal_rate_per_minute: int = 60_000
    provider_timeout_seconds: float = 5.0


def settings_of(sandbox: Sandbox, key: Key | None = None, timeout: float = 5.0) -> Settings:
    urls = {name: sandbox.url + path for name, path in BASE_PATHS.items()}
    return Settings(
        urls["dexscreener"],
        urls["coingecko"],
        urls["geckoterminal"],
        coingecko_api_key=key,
        provider_timeout_seconds=timeout,
    )


def source_of(
    sandbox: Sandbox, name: str, *, timeout: float = 5.0, key: str | None = None
) -> DexScreener | CoinGecko | GeckoTerminal:
    """The client of one provider, pointed at the sandbox."""
    return source_at(sandbox.url + BASE_PATHS[name], name, timeout=timeout, key=key)


def source_at(
    url: str, name: str, *, timeout: float = 5.0, key: str | None = None
) -> DexScreener | CoinGecko | GeckoTerminal:
    """The client of one provider, pointed anywhere."""
    http = OutboundClient(
        name,
        url,
        timeout=timedelta(seconds=timeout),
        rate=FAST,
        headers=HEADERS if name == "geckoterminal" else None,
        secret_headers={KEY_HEADER: key} if key else None,
    )
    if name == "dexscreener":
        return DexScreener(http)
    return CoinGecko(http) if name == "coingecko" else GeckoTerminal(http)


def coins_of(sandbox: Sandbox, chain: str) -> list[CoinRef]:
    """The sandbox's listed coins of one chain, numbered from 1."""
    listed = [token for token in sandbox.market.listed() if token.chain == chain]
    return [ref(number, token) for number, token in enumerate(listed, start=1)]


def unlisted(chain: str, count: int) -> list[CoinRef]:
    """Coins that are on no list, numbered from 1."""
    return [
        CoinRef(number, chain, made_up_address(chain, f"test/{number}"), f"T{number}") for number in range(1, count + 1)
    ]


def ref(number: int, token: Token) -> CoinRef:
    return CoinRef(number, token.chain, token.address, token.symbol)


def told(sandbox: Sandbox, provider: str | None = None) -> dict[str, Decimal]:
    """The true prices of the newest answer in the sandbox's log, by address in lower case."""
    newest = sandbox.log.page(provider=provider, after=0, limit=5_000)["items"][-1]
    return {sent["address"].lower(): Decimal(sent["price"]) for sent in newest["prices"]}


def asked(sandbox: Sandbox) -> list[str]:
    """Which providers were asked, in order."""
    return [entry["provider"] for entry in sandbox.log.page(provider=None, after=0, limit=5_000)["items"]]


def assert_told(sandbox: Sandbox, quotes: dict[int, Quote], coins: Sequence[CoinRef], provider: str) -> None:
    """Every coin has a quote whose price is what the sandbox's log says was sent."""
    truth = told(sandbox, provider)
    assert {coin.coin_id: truth[coin.address.lower()] for coin in coins} == {
        coin_id: quote.price_usd for coin_id, quote in quotes.items()
    }
    assert {quote.provider for quote in quotes.values()} == {provider}
