"""Owns what an alert's terms may be, from the text of a request. It must never let a float or a rounded number in."""

import unicodedata
from decimal import Decimal

from shared.errors import InvalidArgument
from shared.money import amount, positive

MAX_OWNER = 100
MAX_COOLDOWN_SECONDS = 2_592_000
DEFAULT_HYSTERESIS = Decimal("0.01")
DEFAULT_COOLDOWN_SECONDS = 300
#: Of the columns; more would be rounded without a word.
_DIGITS = 18
#: Control characters, surrogates, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def owner_of(text: str) -> str:
    """Whose an alert is. Raises InvalidArgument."""
    if not 1 <= len(text) <= MAX_OWNER:
        raise InvalidArgument(f"owner must have 1 to {MAX_OWNER} characters, got {len(text)}", field="owner")
    if text != text.strip() or any(unicodedata.category(each) in _UNPRINTABLE for each in text):
        raise InvalidArgument("owner must not hold control characters nor start or end with a space", field="owner")
    return text


def threshold_of(text: str) -> Decimal:
    """A price above 0 that the column holds exactly. Raises InvalidArgument."""
    return _exact(positive(text, field="threshold_usd"), "threshold_usd")


def hysteresis_of(text: str) -> Decimal:
    """A fraction from 0 to below 1. Raises InvalidArgument."""
    value = amount(text, field="hysteresis_fraction")
    if not 0 <= value < 1:
        raise InvalidArgument(
            f"hysteresis_fraction must be from 0 to below 1, got {str(value)[:60]}", field="hysteresis_fraction"
        )
    return _exact(value, "hysteresis_fraction")


def cooldown_of(seconds: int) -> int:
    """Seconds between two triggers. Raises InvalidArgument."""
    if not 0 <= seconds <= MAX_COOLDOWN_SECONDS:
        raise InvalidArgument(
            f"cooldown_seconds must be from 0 to {MAX_COOLDOWN_SECONDS}, got {seconds}", field="cooldown_seconds"
        )
    return seconds


def _exact(value: Decimal, field: str) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_DIGITS:
        raise InvalidArgument(f"{field} must have at most {_DIGITS} digits behind the point", field=field)
    return value
