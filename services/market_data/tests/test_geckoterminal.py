"""Promises of the GeckoTerminal client alone."""

from services.market_data.tests.worlds import coins_of, source_of, unlisted
from tools.sandbox.sandbox import Sandbox


def test_reserve_volume_and_top_pool_come_with_the_price() -> None:
    with Sandbox() as sandbox:
        coin = coins_of(sandbox, "solana")[0]

        quote = source_of(sandbox, "geckoterminal").fetch([coin])[coin.coin_id]

    assert quote.liquidity_usd == 1_840_000
    assert quote.volume_24h_usd is not None
    assert quote.pair_address is not None
    assert not quote.pair_address.startswith("solana_")
    assert quote.change_24h_fraction is None


def test_a_network_whose_name_holds_an_underscore_is_read() -> None:
    with Sandbox() as sandbox:
        quotes = source_of(sandbox, "geckoterminal").fetch(unlisted("polygon", 3))

    assert len(quotes) == 3
    assert all((quote.pair_address or "").startswith("0x") for quote in quotes.values())
