"""Owns amounts of money: exact decimals only. It must never let a binary float in."""

import re
from decimal import Decimal, InvalidOperation

from shared.errors import InvalidArgument

#: numeric(38, 18): 20 digits before the point, 18 behind, in every price column.
MAX_AMOUNT = Decimal(10) ** 20
QUANTUM = Decimal(1).scaleb(-18)
#: What JSON and people write; Decimal alone takes underscores, blanks and other alphabets' digits too.
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?|s?nan|inf(?:inity)?)", re.IGNORECASE)


def amount(text: object, *, field: str = "amount") -> Decimal:
    """A finite Decimal from a string, int or Decimal.

    Raises InvalidArgument for floats (they have already lost digits), NaN, infinities, text that is no number,
    and magnitudes that numeric(38, 18) cannot hold.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        raise InvalidArgument(f"{field} must be decimal text, not {type(text).__name__}", field=field)
    if isinstance(text, str) and not _NUMBER.fullmatch(text):
        raise InvalidArgument(f"{field} is not a number: {text[:60]!r}", field=field)
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidArgument(f"{field} is not a number: {str(text)[:60]!r}", field=field) from error
    if not value.is_finite():
        raise InvalidArgument(f"{field} must be finite, got {value}", field=field)
    # abs() would round to the context's 28 digits.
    if value.copy_abs() >= MAX_AMOUNT:
        raise InvalidArgument(f"{field} is too large: {str(value)[:60]}", field=field)
    return value


def positive(text: object, *, field: str = "amount") -> Decimal:
    """Like `amount`, and above zero at the 18 digits that are stored."""
    value = amount(text, field=field)
    if value < QUANTUM:
        raise InvalidArgument(f"{field} must be above 0, got {value}", field=field)
    return value


def plain(value: Decimal) -> str:
    """Decimal text without an exponent and without trailing zeros: '0.00018', '42'."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
