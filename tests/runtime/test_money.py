"""Promises of amounts: exact decimals or a refusal, never a binary float, never more text than it is worth."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidArgument
from shared.money import MAX_AMOUNT, QUANTUM, amount, plain, positive

LARGEST = "9" * 20 + "." + "9" * 18


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", "0.1"), ("42", "42"), (42, "42"), (Decimal("1.50"), "1.50"), ("-3", "-3"), ("1e-18", "1e-18"),
     ("1E3", "1000"), ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999")],
)  # fmt: skip
def test_decimal_text_is_taken_exactly(text: object, value: str) -> None:
    assert amount(text) == Decimal(value)


@pytest.mark.parametrize("value", [0.1, 1.0, float("nan"), True, None, b"1", [1], 1j])
def test_what_has_lost_digits_or_is_no_number_is_refused_by_kind(value: object) -> None:
    with pytest.raises(InvalidArgument, match=type(value).__name__) as refused:
        amount(value, field="price")

    assert refused.value.field == "price"


@pytest.mark.parametrize("text", ["", "abc", "1,5", "0x10", "1.2.3", "--1", "1\0", "$5", "1e1000000000000000000000"])
def test_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a number"):
        amount(text)


@pytest.mark.parametrize("text", ["1_000", " 12 ", "１２", "12\n"])
def test_text_that_only_python_takes_for_a_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a number"):
        amount(text)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-inf", Decimal("NaN")])
def test_what_is_not_finite_is_refused(text: object) -> None:
    with pytest.raises(InvalidArgument, match="finite"):
        amount(text)


@pytest.mark.parametrize("text", ["1e20", "-1e20", str(10**20), 10**20, "1e999"])
def test_what_the_column_cannot_hold_is_refused(text: object) -> None:
    with pytest.raises(InvalidArgument, match="too large"):
        amount(text)


def test_a_refusal_stays_short_however_long_the_number() -> None:
    with pytest.raises(InvalidArgument) as refused:
        amount("9" * 100_000)

    assert len(str(refused.value)) < 200


def test_a_number_with_a_huge_negative_exponent_does_not_become_a_huge_text() -> None:
    with pytest.raises(InvalidArgument):
        amount("1e-999999")


@pytest.mark.parametrize("text", ["0", "-1", "0.0000000000000000009", "-0"])
def test_a_price_that_would_be_stored_as_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="above 0"):
        positive(text)


def test_the_smallest_and_the_largest_price_are_kept() -> None:
    assert positive("0.000000000000000001") == QUANTUM
    assert positive(LARGEST) == Decimal(LARGEST) < MAX_AMOUNT


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.00018", "0.00018"), ("1.8E-4", "0.00018"), ("42", "42"), ("42.000", "42"), ("1E+3", "1000"), ("100", "100"),
     ("0", "0"), ("0.000", "0"), ("0E+5", "0"), ("-1.50", "-1.5")],
)  # fmt: skip
def test_plain_text_has_no_exponent_and_no_trailing_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@given(st.decimals(-MAX_AMOUNT + 1, MAX_AMOUNT - 1, places=18))
def test_plain_text_is_the_same_amount_again(value: Decimal) -> None:
    assert amount(plain(value)) == value
