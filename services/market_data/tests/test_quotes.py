"""Promises about the numbers that may become a quote."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.market_data.domain.quotes import fraction_or_none, price_of, quotient, stored, usd_or_none
from shared.errors import InvalidArgument

NONSENSE: list[object] = [
    None,
    "",
    "NaN",
    "Infinity",
    "-1",
    "0",
    "0.0",
    "1e-19",
    "1e21",
    "1_000",
    " 1",
    "١",
    "abc",
    1.5,
    True,
    [],
    {},
]


@pytest.mark.parametrize("value", [*NONSENSE, Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-1), 0, -1])
def test_nonsense_is_never_a_price(value: object) -> None:
    with pytest.raises(InvalidArgument, match="price_usd"):
        price_of(value)


@pytest.mark.parametrize(
    ("value", "price"),
    [
        ("0.00018", "0.00018"),
        ("1.8e-4", "0.00018"),
        (42, "42"),
        (Decimal("3120.5"), "3120.5"),
        ("0.0000000000000000019", "0.000000000000000002"),
        ("99999999999999999999.123456789012345678", "99999999999999999999.123456789012345678"),
    ],
)
def test_a_price_keeps_the_digits_that_are_stored(value: object, price: str) -> None:
    assert price_of(value) == Decimal(price)


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.decimals(), st.lists(st.none())))
def test_whatever_a_provider_sends_a_price_is_finite_and_above_zero_or_refused(value: object) -> None:
    try:
        price = price_of(value)
    except InvalidArgument:
        return

    assert price.is_finite()
    assert price >= Decimal("1e-18")
    assert stored(price) == price


@pytest.mark.parametrize(
    ("percent", "fraction"), [("5", "0.05"), (Decimal("-12.34"), "-0.1234"), (0, "0"), (-100, "-1")]
)
def test_percent_becomes_a_fraction_exactly(percent: object, fraction: str) -> None:
    assert fraction_or_none(percent) == Decimal(fraction)


@pytest.mark.parametrize("value", [None, "NaN", -101, "x", 1.5, {}])
def test_a_change_that_makes_no_sense_is_left_out(value: object) -> None:
    assert fraction_or_none(value) is None


@pytest.mark.parametrize("value", [None, "NaN", -1, "x", 1.5, {}, "1e30"])
def test_a_secondary_figure_that_makes_no_sense_is_left_out(value: object) -> None:
    assert usd_or_none(value) is None


def test_a_quotient_is_rounded_once_to_the_stored_digits() -> None:
    assert quotient(Decimal(1), Decimal(3)) == Decimal("0.333333333333333333")
    assert quotient(Decimal(99999999999999999999), Decimal(7)) == Decimal("14285714285714285714.142857142857142857")


def test_rounding_to_the_stored_digits_is_done_once() -> None:
    value = stored(Decimal("1.00000000000000000049"))

    assert value == 1
    assert stored(value) == value
