"""When a price triggers an alert."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.alerts.domain.conditions import Kind, PricePoint, Verdict, Watch, look, look_at_all

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ABOVE, BELOW = Kind.PRICE_ABOVE, Kind.PRICE_BELOW


def watching(kind: Kind = ABOVE, *, hysteresis: str = "0", cooldown: int = 0, one_shot: bool = False) -> Watch:
    return Watch(
        kind=kind, threshold_usd=Decimal(100), hysteresis_fraction=Decimal(hysteresis),
        cooldown=timedelta(seconds=cooldown), is_one_shot=one_shot, is_active=True, is_armed=True,
        last_triggered_tick=None,
    )  # fmt: skip


def verdicts(watch: Watch, *prices: str) -> list[str]:
    """What prices a second apart mean."""
    found = []
    for second, price in enumerate(prices):
        watch, verdict = look(watch, PricePoint(NOON + timedelta(seconds=second), Decimal(price)))
        found.append(verdict.value)
    return found


@pytest.mark.parametrize(
    ("kind", "price", "verdict"),
    [(ABOVE, "100", "not_met"), (ABOVE, "100.000000000000000001", "triggered"), (ABOVE, "99", "not_met"),
     (BELOW, "100", "not_met"), (BELOW, "99.999999999999999999", "triggered"), (BELOW, "101", "not_met")],
)  # fmt: skip
def test_the_threshold_itself_does_not_trigger(kind: Kind, price: str, verdict: str) -> None:
    assert verdicts(watching(kind), price) == [verdict]


def test_a_price_that_stays_beyond_triggers_once() -> None:
    assert verdicts(watching(), "101", "102", "150") == ["triggered", "disarmed", "disarmed"]


@pytest.mark.parametrize(("kind", "beyond", "near", "back"), [(ABOVE, "101", "99", "98"), (BELOW, "99", "101", "102")])
def test_an_alert_is_armed_again_only_when_the_price_has_come_back_far_enough(
    kind: Kind, beyond: str, near: str, back: str
) -> None:
    found = verdicts(watching(kind, hysteresis="0.02"), beyond, near, beyond, back, beyond)

    assert found == ["triggered", "disarmed", "disarmed", "rearmed", "triggered"]


def test_between_two_triggers_lies_the_cooldown_and_what_it_held_back_comes_after_it() -> None:
    found = verdicts(watching(cooldown=4), "101", "99", "101", "102", "103")

    assert found == ["triggered", "rearmed", "cooling", "cooling", "triggered"]


def test_a_one_shot_alert_is_over_after_its_first_trigger() -> None:
    assert verdicts(watching(one_shot=True), "101", "1", "101") == ["triggered", "inactive", "inactive"]


def test_a_batch_of_prices_means_the_same_as_one_after_the_other() -> None:
    points = [PricePoint(NOON + timedelta(seconds=n), Decimal(100 + (-1) ** n * n)) for n in range(50)]
    one_by_one, triggered = watching(hysteresis="0.05", cooldown=7), []
    for point in points:
        one_by_one, verdict = look(one_by_one, point)
        triggered += [point] if verdict is Verdict.TRIGGERED else []

    assert look_at_all(watching(hysteresis="0.05", cooldown=7), points) == (one_by_one, triggered)
    assert len(triggered) > 3
