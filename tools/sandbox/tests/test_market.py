"""Promises of the seeded market."""

import itertools
import math
import statistics
from decimal import Decimal

import pytest

from tools.sandbox.market import Market, plain, rounded
from tools.sandbox.tokens import CHAINS, is_address, made_up_address, seed_tokens
from tools.sandbox.walk import PERIOD, log_path, uniform

NOON = 1_790_000_000


def market(seed: int = 1, **options: bool) -> Market:
    return Market(seed, now=lambda: float(NOON), **options)


def test_there_are_20_coins_on_four_chains_with_well_formed_addresses() -> None:
    tokens = seed_tokens()

    assert len({token.address for token in tokens}) == len({token.symbol for token in tokens}) == 20
    assert len({token.chain for token in tokens}) == 4
    assert all(is_address(token.chain, token.address) for token in tokens)


@pytest.mark.parametrize("chain", list(CHAINS))
def test_a_made_up_address_is_well_formed_on_every_chain(chain: str) -> None:
    assert all(is_address(chain, made_up_address(chain, str(number))) for number in range(200))


def test_the_same_seed_token_and_second_cost_the_same_whoever_asks_first() -> None:
    first, second = market(), market()
    tokens = seed_tokens()

    forwards = {(t.symbol, s): first.price(t, s) for t in tokens for s in range(NOON, NOON + 20)}
    backwards = {(t.symbol, s): second.price(t, s) for t in reversed(tokens) for s in range(NOON + 19, NOON - 1, -1)}

    assert forwards == backwards


def test_another_seed_is_another_market() -> None:
    token = seed_tokens()[0]

    assert market(1).price(token, NOON) != market(2).price(token, NOON)


def test_log_returns_of_a_second_have_the_asked_volatility_and_no_drift() -> None:
    paths = [log_path("1/x", NOON + second, 0.001) for second in range(4000)]
    steps = [after - before for before, after in itertools.pairwise(paths)]
    calm = [step for step in steps if abs(step) < 0.01]

    assert statistics.pstdev(calm) == pytest.approx(0.001, rel=0.1)
    assert abs(statistics.fmean(calm)) < 0.0001
    assert len(steps) - len(calm) < 10


def test_paths_jump_now_and_then() -> None:
    seconds = range(NOON, NOON + 40_000)
    path = [log_path("1/jumper", second, 0.0001) for second in seconds]

    jumps = [abs(b - a) for a, b in itertools.pairwise(path) if abs(b - a) > 0.002]

    assert 2 <= len(jumps) <= 40


def test_a_path_is_back_at_its_start_after_each_period_and_never_far_in_between() -> None:
    assert abs(log_path("1/x", 400 * PERIOD, 0.001)) < 0.5
    assert all(abs(log_path("1/x", NOON + hour * 3600, 0.001)) < math.log(200) for hour in range(1000))


def test_prices_are_positive_short_and_survive_a_float() -> None:
    here = market()

    for token in seed_tokens():
        price = here.price(token, NOON, 0.0012)
        assert price > 0
        assert len(price.as_tuple().digits) <= 9
        assert Decimal(repr(float(price))) == price == Decimal(plain(price))


def test_a_price_never_falls_below_what_18_decimals_can_show() -> None:
    assert rounded(1e-30) == Decimal("1e-18")
    assert rounded(6.1e14) == Decimal("6.1e14")


def test_providers_differ_by_less_than_a_third_of_a_percent_yet_recognisably() -> None:
    here, token = market(), seed_tokens()[3]

    prices = [here.price(token, NOON, basis) for basis in (0.0, 0.0012, -0.0018)]

    assert len(set(prices)) == 3
    assert max(prices) / min(prices) - 1 < Decimal("0.0031")


def test_an_unknown_address_has_a_price_of_its_own_unless_switched_off() -> None:
    address = made_up_address("base", "nobody")

    priced = market().find("base", address)
    again = market().find("base", address.lower())

    assert priced is not None
    assert again is not None
    assert market().price(priced, NOON) == market().price(again, NOON)
    assert market(price_unknown=False).find("base", address) is None


@pytest.mark.parametrize(("chain", "address"), [("moon", "0x" + "1" * 40), ("base", "0x12"), ("solana", "0" * 40)])
def test_what_is_no_address_has_no_price(chain: str, address: str) -> None:
    assert market().find(chain, address) is None


def test_uniform_numbers_are_uniform() -> None:
    numbers = [uniform(f"k{i}") for i in range(4000)]

    assert 0 < min(numbers) < 0.01
    assert 0.99 < max(numbers) < 1
    assert statistics.fmean(numbers) == pytest.approx(0.5, abs=0.02)
