"""Promises of the DexScreener client alone."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from services.market_data.tests.worlds import coins_of, source_of
from tools.sandbox.dexscreener import LYING_FACTOR, LYING_LIQUIDITY
from tools.sandbox.sandbox import Options, Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(seed=11)) as world:
        yield world


def test_the_deep_pool_speaks_and_not_the_lying_the_unmeasured_or_the_inverted_one(sandbox: Sandbox) -> None:
    coin = coins_of(sandbox, "solana")[0]
    token = sandbox.market.find(coin.chain, coin.address)
    assert token is not None

    quote = source_of(sandbox, "dexscreener").fetch([coin])[coin.coin_id]

    assert quote.liquidity_usd == Decimal(str(token.liquidity_usd))
    assert quote.liquidity_usd > Decimal(str(LYING_LIQUIDITY))
    assert quote.pair_address is not None
    assert quote.volume_24h_usd is not None
    assert quote.change_24h_fraction is not None
    assert abs(quote.price_usd / Decimal(token.base_price) - 1) < LYING_FACTOR - 1


def test_a_coin_that_is_only_ever_the_quote_token_is_priced_by_inverting(sandbox: Sandbox) -> None:
    only_quoted = {token.address for token in sandbox.market.listed() if token.only_quoted}
    [coin] = [coin for coin in coins_of(sandbox, "solana") if coin.address in only_quoted]

    quote = source_of(sandbox, "dexscreener").fetch([coin])[coin.coin_id]

    token = sandbox.market.find(coin.chain, coin.address)
    assert token is not None
    near = sandbox.market.price(token, sandbox.market.second())
    assert abs(quote.price_usd / near - 1) < Decimal("0.05")
    assert quote.change_24h_fraction is None
