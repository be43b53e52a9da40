"""Promises of the order in which providers are asked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from services.market_data.clients import PriceSources
from services.market_data.clients.sources import pace
from services.market_data.domain.quotes import CoinRef
from services.market_data.tests.worlds import NAMES, Key, asked, assert_told, coins_of, settings_of, unlisted
from shared.errors import ConfigurationInvalid, UpstreamRateLimited, UpstreamUnavailable
from tools.sandbox.sandbox import Options, Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(seed=11)) as world:
        yield world


@pytest.fixture
def sources(sandbox: Sandbox) -> Iterator[PriceSources]:
    made = PriceSources.from_settings(settings_of(sandbox))
    yield made
    made.close()


@pytest.fixture
def coins(sandbox: Sandbox) -> list[CoinRef]:
    return coins_of(sandbox, "solana")


def test_a_healthy_first_provider_is_the_only_one_asked(
    sandbox: Sandbox, sources: PriceSources, coins: list[CoinRef]
) -> None:
    fetched = sources.fetch(coins)

    assert_told(sandbox, fetched.quotes, coins, "dexscreener")
    assert fetched.failures == ()
    assert asked(sandbox) == ["dexscreener"]


@pytest.mark.parametrize(
    "kind", ["server_error", "rate_limited", "truncated_json", "html", "drop_connection", "missing_fields"]
)
def test_the_next_provider_answers_when_the_first_fails(
    sandbox: Sandbox, sources: PriceSources, coins: list[CoinRef], kind: str
) -> None:
    sandbox.faults.add({"provider": "dexscreener", "kind": kind})

    fetched = sources.fetch(coins)

    assert_told(sandbox, fetched.quotes, coins, "coingecko")
    assert asked(sandbox) == ["dexscreener", "coingecko"]


@pytest.mark.parametrize("kind", ["wrong_token", "zero_price", "nan_price"])
def test_the_last_provider_answers_when_the_others_lie(
    sandbox: Sandbox, sources: PriceSources, coins: list[CoinRef], kind: str
) -> None:
    sandbox.faults.add({"provider": "dexscreener", "kind": kind})
    sandbox.faults.add({"provider": "coingecko", "kind": kind})

    fetched = sources.fetch(coins)

    assert_told(sandbox, fetched.quotes, coins, "geckoterminal")
    assert asked(sandbox) == list(NAMES)


def test_a_rate_limited_provider_is_skipped_without_asking_it_again(
    sandbox: Sandbox, sources: PriceSources, coins: list[CoinRef]
) -> None:
    sandbox.faults.add({"provider": "dexscreener", "kind": "rate_limited", "retry_after": 60, "count": 1})

    first, second = sources.fetch(coins), sources.fetch(coins)

    assert asked(sandbox) == ["dexscreener", "coingecko", "coingecko"]
    assert "answered 429" in first.failures[0]
    assert "may not be called" in second.failures[0]


def test_only_coins_without_a_quote_are_asked_of_the_next_provider() -> None:
    with Sandbox(Options(price_unknown=False)) as sandbox:
        sources = PriceSources.from_settings(settings_of(sandbox))
        known = coins_of(sandbox, "base")[:2]
        stranger = CoinRef(99, *_identity(unlisted("base", 1)[0]))

        fetched = sources.fetch([*known, stranger])

        pages = sandbox.log.page(provider="coingecko", after=0, limit=10)["items"]
    assert set(fetched.quotes) == {coin.coin_id for coin in known}
    assert fetched.failures == ()
    assert [stranger.address in page["query"] for page in pages] == [True]
    assert not any(coin.address in page["query"] for coin in known for page in pages)


def test_nothing_is_raised_when_no_provider_failed_and_none_knows_the_coin() -> None:
    with Sandbox(Options(price_unknown=False)) as sandbox:
        fetched = PriceSources.from_settings(settings_of(sandbox)).fetch(unlisted("base", 2))

    assert fetched.quotes == {}
    assert fetched.failures == ()


def test_the_last_error_is_raised_when_every_provider_fails(
    sandbox: Sandbox, sources: PriceSources, coins: list[CoinRef]
) -> None:
    for name in NAMES:
        sandbox.faults.add({"provider": name, "kind": "server_error", "status": 502})

    with pytest.raises(UpstreamUnavailable, match="geckoterminal answered 502") as caught:
        sources.fetch(coins)

    assert not isinstance(caught.value, UpstreamRateLimited)


def test_the_shortest_wait_counts_when_every_provider_is_rate_limited(
    sandbox: Sandbox, sources: PriceSources, coins: list[CoinRef]
) -> None:
    for name, seconds in zip(NAMES, (900, 45, 3600), strict=True):
        sandbox.faults.add({"provider": name, "kind": "rate_limited", "retry_after": seconds})

    with pytest.raises(UpstreamRateLimited) as caught:
        sources.fetch(coins)

    assert caught.value.retry_after == timedelta(seconds=45)


def test_an_hour_of_rate_limit_does_not_outweigh_a_provider_that_merely_failed(
    sandbox: Sandbox, sources: PriceSources, coins: list[CoinRef]
) -> None:
    sandbox.faults.add({"provider": "dexscreener", "kind": "rate_limited", "retry_after": 3600})
    sandbox.faults.add({"provider": "coingecko", "kind": "server_error"})
    sandbox.faults.add({"provider": "geckoterminal", "kind": "server_error"})

    with pytest.raises(UpstreamRateLimited) as caught:
        sources.fetch(coins)

    assert caught.value.retry_after == timedelta(seconds=30)


def test_a_stalling_first_provider_costs_its_deadline_once(sandbox: Sandbox, coins: list[CoinRef]) -> None:
    sources = PriceSources.from_settings(settings_of(sandbox, timeout=0.3))
    sandbox.faults.add({"provider": "dexscreener", "kind": "stall"})

    fetched = sources.fetch(coins)

    assert_told(sandbox, fetched.quotes, coins, "coingecko")
    assert fetched.failures == ("dexscreener did not answer in full within 0.3 s",)


def test_the_key_of_the_settings_reaches_the_provider() -> None:
    with Sandbox(Options(coingecko_key="CG-right", seed=11)) as sandbox:
        sandbox.faults.add({"provider": "dexscreener", "kind": "server_error"})

        fetched = PriceSources.from_settings(settings_of(sandbox, key=Key("CG-right"))).fetch(coins_of(sandbox, "base"))

    assert {quote.provider for quote in fetched.quotes.values()} == {"coingecko"}


def test_a_bad_base_url_is_refused_at_boot(sandbox: Sandbox) -> None:
    good = settings_of(sandbox)
    bad = type(good)("ftp://x", good.coingecko_base_url, good.geckoterminal_base_url)

    with pytest.raises(ConfigurationInvalid, match="base URL of dexscreener"):
        PriceSources.from_settings(bad)


@pytest.mark.parametrize("per_minute", [1, 2, 5, 30, 300, 100_000])
def test_burst_and_refill_together_stay_within_the_rate_of_a_minute(per_minute: int) -> None:
    rate = pace(per_minute)

    assert rate.burst + rate.per_minute <= max(per_minute, 2)


def test_threads_share_one_client_without_mixing_up_answers(sandbox: Sandbox, sources: PriceSources) -> None:
    coins = coins_of(sandbox, "solana")

    with ThreadPoolExecutor(16) as threads:
        fetched = list(threads.map(lambda coin: (coin.coin_id, sources.fetch([coin])), coins * 12))

    assert all(list(each.quotes) == [coin_id] for coin_id, each in fetched)
    pages = sandbox.log.page(provider="dexscreener", after=0, limit=500)["items"]
    sent = {(page["prices"][0]["address"], Decimal(page["prices"][0]["price"])) for page in pages}
    by_id = {coin.coin_id: coin.address for coin in coins}
    assert {(by_id[coin_id], each.quotes[coin_id].price_usd) for coin_id, each in fetched} == sent


def _identity(coin: CoinRef) -> tuple[str, str, str]:
    return coin.chain, coin.address, coin.symbol
