"""Promises about which pair speaks for a token."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.market_data.domain.chains import chain_named
from services.market_data.domain.pairs import Pair, choose_pair
from shared.errors import InvalidArgument

BASE = chain_named("base")
SOLANA = chain_named("solana")
TOKEN = "0xAbCd000000000000000000000000000000000001"
OTHER = "0x1111111111111111111111111111111111111111"
WETH = "0x4200000000000000000000000000000000000006"


def pair(
    base: str = TOKEN,
    quote: str = WETH,
    *,
    usd: object = "2",
    native: object = "0.5",
    liquidity: str | None = "100",
    chain: str = "base",
) -> Pair:
    depth = None if liquidity is None else Decimal(liquidity)
    return Pair(chain, "0xpool", base, quote, usd, native, depth, None, None)


def test_the_deepest_pair_speaks() -> None:
    pairs = [pair(usd="9", liquidity="87"), pair(usd="2", liquidity="100000"), pair(usd="8", liquidity=None)]

    assert choose_pair(pairs, BASE, TOKEN).price_usd == 2


def test_a_pair_without_liquidity_counts_as_empty_but_counts() -> None:
    assert choose_pair([pair(usd="3", liquidity=None)], BASE, TOKEN).price_usd == 3


def test_evm_addresses_are_compared_without_case() -> None:
    assert choose_pair([pair(base=TOKEN.lower())], BASE, TOKEN.upper().replace("0X", "0x")).price_usd == 2


def test_solana_addresses_are_compared_exactly() -> None:
    mint = "BWreWvPTEyb6YNGuyEcM99DpSL6FRbS8QoV9QbMXaYGT"

    with pytest.raises(InvalidArgument, match="no priced pair"):
        choose_pair([pair(base=mint.swapcase(), chain="solana")], SOLANA, mint)


def test_a_pair_that_has_the_token_as_quote_is_inverted() -> None:
    found = choose_pair([pair(base=WETH, quote=TOKEN, usd="3000", native="1500000")], BASE, TOKEN)

    assert found.is_inverted
    assert found.price_usd == Decimal("0.002")


def test_a_base_pair_is_preferred_to_a_deeper_inverted_one() -> None:
    deep = pair(base=WETH, quote=TOKEN, usd="3000", native="1", liquidity="999999999")

    assert choose_pair([deep, pair(liquidity="1")], BASE, TOKEN).price_usd == 2


def test_a_pair_of_the_same_address_on_another_chain_says_nothing() -> None:
    with pytest.raises(InvalidArgument, match="no priced pair"):
        choose_pair([pair(chain="ethereum")], BASE, TOKEN)


def test_a_pair_of_another_token_says_nothing() -> None:
    with pytest.raises(InvalidArgument, match="no priced pair of this token among 2 pairs"):
        choose_pair([pair(base=OTHER), pair(base=WETH, quote=OTHER)], BASE, TOKEN)


def test_a_pair_without_a_price_is_passed_over() -> None:
    assert choose_pair([pair(usd=None, liquidity="500"), pair(usd="4")], BASE, TOKEN).price_usd == 4


@pytest.mark.parametrize("nonsense", ["0", "-1", "NaN", "Infinity", "", "1e-30", 1.5, [], True])
def test_a_nonsense_price_in_the_deepest_pair_refuses_the_coin(nonsense: object) -> None:
    with pytest.raises(InvalidArgument, match="priceUsd"):
        choose_pair([pair(usd=nonsense, liquidity="500"), pair(usd="4", liquidity="90")], BASE, TOKEN)


@pytest.mark.parametrize("nonsense", ["0", "-1", "NaN", "", 1.5])
def test_an_inversion_by_nonsense_refuses_the_coin(nonsense: object) -> None:
    with pytest.raises(InvalidArgument, match="priceNative"):
        choose_pair([pair(base=WETH, quote=TOKEN, native=nonsense)], BASE, TOKEN)


addresses = st.sampled_from([TOKEN, TOKEN.lower(), OTHER, WETH])
prices = st.sampled_from(["0", "NaN", None, "0.5", "7", "3000", "1e-12", "-2"])
pairs = st.builds(
    pair,
    base=addresses,
    quote=addresses,
    usd=prices,
    native=prices,
    liquidity=st.sampled_from([None, "0", "87.31", "5000", "1e9"]),
    chain=st.sampled_from(["base", "ethereum"]),
)


@given(st.lists(pairs, max_size=12))
def test_the_chosen_pair_is_always_of_the_asked_token_and_its_price_is_real(candidates: list[Pair]) -> None:
    try:
        found = choose_pair(candidates, BASE, TOKEN)
    except InvalidArgument:
        return

    own_side = found.pair.quote_address if found.is_inverted else found.pair.base_address
    assert own_side.lower() == TOKEN.lower()
    assert found.pair.chain_id == "base"
    assert found.price_usd.is_finite()
    assert found.price_usd > 0
    as_base = [each for each in candidates if each.base_address.lower() == TOKEN.lower() and each.chain_id == "base"]
    deepest = max((each.liquidity_usd or Decimal(0) for each in as_base if each.price_usd is not None), default=None)
    assert found.is_inverted == (deepest is None)
    if deepest is not None:
        assert (found.pair.liquidity_usd or Decimal(0)) == deepest


@given(st.lists(pairs, max_size=8))
def test_the_order_of_pairs_of_different_depth_does_not_matter(candidates: list[Pair]) -> None:
    distinct = list({each.liquidity_usd or Decimal(0): each for each in candidates}.values())

    def outcome(order: list[Pair]) -> object:
        try:
            return choose_pair(order, BASE, TOKEN)
        except InvalidArgument as refusal:
            return str(refusal)

    assert outcome(distinct) == outcome(distinct[::-1])
