"""Owns amounts of money: exact decimals only. It must never let a binary float in."""

from decimal import Decimal, InvalidOperation

from shared.errors import InvalidArgument

#: numeric(38, 18): 20 digits before the point, 18 behind, in every price column.
MAX_AMOUNT = Decimal(10) ** 20
QUANTUM = Decimal(1).scaleb(-18)


def amount(text: object, *, field: str = "amount") -> Decimal:
    """A finite Decimal from a string, int or Decimal.

    Raises InvalidArgument for floats (they have already lost digits), NaN, infinities, text that is no number,
    and magnitudes that numeric(38, 18) cannot hold.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        raise InvalidArgument(f"{field} must be decimal text, not {type(text).__name__}", field=field)
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidArgument(f"{field} is not a number: {str(text)[:60]!r}", field=field) from error
    if not value.is_finite():
        raise InvalidArgument(f"{field} must be finite, got {value}", field=field)
    if abs(value) >= MAX_AMOUNT:
        raise InvalidArgument(f"{field} is too large: {value}", field=field)
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
