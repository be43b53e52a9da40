"""Owns when a price triggers an alert: condition, hysteresis, cooldown, one-shot. It must never look at a clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from enum import StrEnum

#: Digits that hold the product of two stored amounts exactly.
_PRECISION = 80


class Kind(StrEnum):
    """Which side of the threshold meets the condition."""

    PRICE_ABOVE = "price_above"
    PRICE_BELOW = "price_below"


class Verdict(StrEnum):
    """What one price meant for one alert, and why it did not trigger if it did not."""

    TRIGGERED = "triggered"
    NOT_MET = "not_met"
    COOLING = "cooling"
    DISARMED = "disarmed"
    REARMED = "rearmed"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What a coin cost at one tick, US dollars."""

    tick: datetime
    price_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """An alert as its prices change it."""

    kind: Kind
    threshold_usd: Decimal
    hysteresis_fraction: Decimal
    cooldown: timedelta
    is_one_shot: bool
    is_active: bool
    is_armed: bool
    last_triggered_tick: datetime | None

    def is_met(self, price_usd: Decimal) -> bool:
        """Strictly beyond the threshold."""
        if self.kind is Kind.PRICE_ABOVE:
            return price_usd > self.threshold_usd
        return price_usd < self.threshold_usd

    def is_back(self, price_usd: Decimal) -> bool:
        """Far enough on the other side to trigger again: at most T·(1−h) for above, at least T·(1+h) for below.

        Source: hysteresis as in reference/domain-crypto 2.3, "fire at T, clear at T(1−h)".
        """
        with localcontext(prec=_PRECISION):
            if self.kind is Kind.PRICE_ABOVE:
                return price_usd <= self.threshold_usd * (1 - self.hysteresis_fraction)
            return price_usd >= self.threshold_usd * (1 + self.hysteresis_fraction)


def look(watch: Watch, point: PricePoint) -> tuple[Watch, Verdict]:
    """The alert after one price, and what the price meant. Time is the prices' own: a repeated look decides alike."""
    if not watch.is_active:
        return watch, Verdict.INACTIVE
    if not watch.is_armed:
        if watch.is_back(point.price_usd):
            return replace(watch, is_armed=True), Verdict.REARMED
        return watch, Verdict.DISARMED
    if not watch.is_met(point.price_usd):
        return watch, Verdict.NOT_MET
    last = watch.last_triggered_tick
    if last is not None and point.tick - last < watch.cooldown:
        return watch, Verdict.COOLING
    triggered = replace(watch, is_armed=False, is_active=not watch.is_one_shot, last_triggered_tick=point.tick)
    return triggered, Verdict.TRIGGERED


def look_at_all(watch: Watch, points: Iterable[PricePoint]) -> tuple[Watch, list[PricePoint]]:
    """The alert after prices in the order of their ticks, and those that triggered it."""
    triggers = []
    for point in points:
        watch, verdict = look(watch, point)
        if verdict is Verdict.TRIGGERED:
            triggers.append(point)
    return watch, triggers
