"""Owns what a quote is and which numbers may become one. It must never let a float, a zero or a NaN be a price."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from shared.errors import InvalidArgument
from shared.money import QUANTUM, amount, positive

_NUMBER = re.compile(r"-?\d{1,60}(\.\d{1,60})?([eE][+-]?\d{1,3})?", re.ASCII)
#: Digits that hold every product and quotient of two stored amounts before it is rounded once.
_PRECISION = 80


@dataclass(frozen=True, slots=True)
class CoinRef:
    """The coin that is asked for; `chain` is our name of the chain."""

    coin_id: int
    chain: str
    address: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Quote:
    """One provider's price of one coin. `change_24h_fraction` is 0.05 for +5 %; None: the provider does not say."""

    coin_id: int
    price_usd: Decimal
    provider: str
    pair_address: str | None
    liquidity_usd: Decimal | None
    volume_24h_usd: Decimal | None
    change_24h_fraction: Decimal | None
    fetched_at: datetime
    answer_sha256: str


def price_of(value: object, *, field: str = "price_usd") -> Decimal:
    """A price as it is stored: above zero, 18 digits behind the point. Raises InvalidArgument for anything else."""
    return stored(positive_number(value, field=field))


def positive_number(value: object, *, field: str) -> Decimal:
    """A number above zero with all the digits that were sent. Raises InvalidArgument for anything else."""
    return positive(_plain_number(value, field), field=field)


def usd_or_none(value: object) -> Decimal | None:
    """A secondary figure (liquidity, volume): 0 or more, or None when the provider left it out or sent nonsense."""
    figure = _number_or_none(value)
    return stored(figure) if figure is not None and figure >= 0 else None


def fraction_or_none(percent: object) -> Decimal | None:
    """Percent to fraction, exactly; None when the provider left it out, sent nonsense or less than -100 %."""
    figure = _number_or_none(percent)
    if figure is None or figure < -100:
        return None
    with localcontext(prec=_PRECISION):
        return stored(figure.scaleb(-2))


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    """dividend / divisor, rounded once, to the stored digits."""
    with localcontext(prec=_PRECISION):
        return (dividend / divisor).quantize(QUANTUM)


def stored(value: Decimal) -> Decimal:
    """Rounded half-even to the 18 digits a price column holds, so that what is compared is what is stored."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -18:
        return value
    with localcontext(prec=_PRECISION):
        return value.quantize(QUANTUM)


def _plain_number(value: object, field: str) -> object:
    # Decimal() reads "1_0", " 1 " and other scripts' digits; a provider that writes those is not trusted.
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise InvalidArgument(f"{field} is not a plain number: {value[:40]!r}", field=field)
    if value is None:
        raise InvalidArgument(f"{field} is missing", field=field)
    return value


def _number_or_none(value: object) -> Decimal | None:
    try:
        return amount(_plain_number(value, "figure"), field="figure")
    except InvalidArgument:
        return None
