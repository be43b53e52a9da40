"""check-specific-alert and check-alerts on the real runtime: each tick meets each alert once, in order, or waits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.alerts import clients
from services.alerts.domain.conditions import PricePoint
from services.alerts.store import AlertStore, Checked, WatchStore
from services.alerts.tables import alert_trigger
from services.alerts.tests.conftest import House
from services.alerts.tests.market import COIN
from shared import clock
from shared.errors import InvalidArgument
from shared.jobs import submit
from shared.jobs.outcomes import Again, Buried, Cancelled
from shared.jobs.testing import drain
from tests.runtime.jobs.waiting import eventually

_WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def test_a_price_beyond_the_threshold_triggers_once_however_often_it_is_looked_at(house: House) -> None:
    alert = house.alert("10")
    (tick,) = house.market.cost("10.000000000000000001")

    for _ in range(3):
        house.check()
    house.check_all()

    assert house.triggers == [(alert.id, tick, Decimal("10.000000000000000001"))]
    shown = house("GetAlert", id=alert.id).alert
    assert (shown.armed, shown.active) == (False, True)
    assert shown.last_triggered_at.ToMicroseconds() == round(tick.timestamp() * 1e6)


def test_many_workers_at_once_find_each_tick_once(house: House) -> None:
    alerts = [house.alert("10"), house.alert("10", below=True)]
    ticks = house.market.cost(*("11", "9") * 20)
    for _ in range(8):
        submit(house.runtime.jobs, "check-specific-alert", {"coin_id": COIN})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: drain(house.runtime), range(8)))

    assert [(alert, tick) for alert, tick, _ in house.triggers] == [
        *((alerts[0].id, tick) for tick in ticks[::2]), *((alerts[1].id, tick) for tick in ticks[1::2]),
    ]  # fmt: skip


def test_prices_that_somebody_else_has_just_looked_at_are_left_out(house: House) -> None:
    house.alert("10")
    at = clock.now()
    points = [PricePoint(at + timedelta(seconds=n), Decimal(price)) for n, price in enumerate((11, 9, 12), start=1)]

    def look(*seen: PricePoint) -> Checked:
        with house.runtime.database.unit_of_work() as work:
            return WatchStore(work.connection).check(COIN, seen, job_id=UUID(int=1))

    assert [look(*points[:2]), look(*points[:2]), look(*points)] == [Checked(2, 1), Checked(0, 0), Checked(1, 1)]


def test_who_looks_at_a_coin_waits_for_whoever_looks_at_it_already(house: House) -> None:
    house.alert("10")
    points = [PricePoint(clock.now() + timedelta(seconds=60), Decimal(11))]

    def look() -> Checked:
        with house.runtime.database.unit_of_work() as work:
            return WatchStore(work.connection).check(COIN, points, job_id=UUID(int=1))

    with ThreadPoolExecutor(1) as pool, house.runtime.database.unit_of_work() as work:
        first = WatchStore(work.connection).check(COIN, points, job_id=UUID(int=1))
        looking = pool.submit(look)
        eventually(lambda: work.connection.execute(_WAITING).scalar_one() or looking.done())
        work.commit()  # the other thread has to see it before this block ends
        second = looking.result()

    assert (first, second) == (Checked(1, 1), Checked(0, 0))


def test_a_price_exactly_at_the_way_back_arms_again_tick_by_tick(house: House) -> None:
    house.alert("10", hysteresis_fraction="0.1")
    house.alert("10", below=True, hysteresis_fraction="0.1")

    for price in ("11", "9", "11", "9"):
        house.market.cost(price)
        house.check()

    assert sorted(price for _, _, price in house.triggers) == [9, 9, 11, 11]


def test_prices_that_came_while_nobody_looked_are_met_in_order(house: House) -> None:
    alert = house.alert("10", hysteresis_fraction="0.1", cooldown_seconds=2)
    ticks = house.market.cost("11", "9.5", "11", "9", "11", "8", "12")

    house.check_all()

    assert [tick for _, tick, _ in house.triggers] == [ticks[0], ticks[4], ticks[6]]
    assert house("GetAlert", id=alert.id).alert.armed is False


def test_after_a_long_gap_the_newest_prices_count(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MAX_POINTS", 3)
    house.alert("10")
    ticks = house.market.cost("11", "9", "9", "12")

    house.check()

    assert [tick for _, tick, _ in house.triggers] == [ticks[3]]


def test_a_late_message_about_an_old_tick_costs_no_call(house: House) -> None:
    house.alert("10")
    ticks = house.market.cost("11", "9")
    house.check()
    house.market.calls.clear()

    found = house.check(coin_id=COIN, tick=ticks[0].isoformat())

    assert (found.counts, house.market.calls) == ({"completed": 1}, [])
    assert len(house.triggers) == 1


def test_a_coin_that_nobody_waits_for_costs_no_call(house: House) -> None:
    alert = house.alert("10")
    house("UpdateAlert", id=alert.id, active=False)
    house.market.cost("11")

    house.check()
    house.check_all()

    assert (house.market.calls, house.triggers) == ([], [])


def test_a_price_of_before_the_alert_does_not_trigger_it(house: House) -> None:
    house.market.tick -= timedelta(hours=1)
    house.market.cost("11")
    alert = house.alert("10")

    house.check()
    house.check_all()

    assert house.triggers == []
    assert house("GetAlert", id=alert.id).alert.armed


def test_a_changed_alert_does_not_look_back(house: House) -> None:
    alert, _unchanged = house.alert("100"), house.alert("100")
    house.market.tick = clock.now() - timedelta(seconds=1)
    house.market.cost("11")

    house("UpdateAlert", id=alert.id, threshold_usd="10")
    house.check()

    assert house.triggers == []


def test_who_switches_an_alert_off_while_prices_meet_it_has_it_off(house: House) -> None:
    alert = house.alert("10")
    house.market.cost("11")

    with ThreadPoolExecutor(1) as pool, house.runtime.database.unit_of_work() as work:
        AlertStore(work.connection).update(alert.id, {"active": False})
        checking = pool.submit(house.check)
        eventually(lambda: work.connection.execute(_WAITING).scalar_one() or checking.done())
        work.commit()  # the other thread has to see it before this block ends
        checking.result()

    assert house.triggers == []
    assert not house("GetAlert", id=alert.id).alert.active


def test_while_market_data_does_not_answer_the_job_waits_without_an_attempt_and_decides_nothing(house: House) -> None:
    house.alert("10")
    house.market.cost("11")
    house.market_server.stop(0)

    (outcome,) = house.check().outcomes

    assert isinstance(outcome, Again)
    assert (outcome.counts, outcome.delay) == (False, timedelta(seconds=15))
    assert house.triggers == []


def test_while_market_data_does_not_answer_the_minutely_run_is_left_to_the_next(house: House) -> None:
    house.alert("10")
    house.market_server.stop(0)

    (outcome,) = house.check_all().outcomes

    assert isinstance(outcome, Cancelled)
    assert "the next minute asks again" in outcome.reason


def test_what_is_no_price_decides_nothing_and_hides_no_other(house: House) -> None:
    house.alert("10", below=True)
    ticks = house.market.cost("NaN", "-1", "", "0", "5")

    house.check()

    assert [tick for _, tick, _ in house.triggers] == ticks[4:]


def test_who_names_an_alert_gets_it_checked_or_told_why_not(house: House) -> None:
    alert, gone = house.alert("10"), house.alert("10", one_shot=True)
    house.market.cost("11")

    completed = house.check(alert_id=alert.id).counts
    outcomes = [
        house.check(alert_id=gone.id).outcomes[0],
        house.check(alert_id=999).outcomes[0],
        house.check(alert_id=alert.id, coin_id=8).outcomes[0],
    ]

    assert completed == {"completed": 1}
    assert outcomes[:2] == [Cancelled(f"alert {gone.id} is switched off"), Cancelled("no alert has id 999")]
    assert isinstance(outcomes[2], Buried)
    assert "coin_id" in outcomes[2].failure.message
    assert len(house.triggers) == 2


def test_a_coin_that_is_gone_ends_the_job_and_harms_no_other(house: House) -> None:
    house.market.cost("5", coin_id=8)
    lost, other = house.alert("10", coin_id=8), house.alert("10")
    house.market.cost("11", coin_id=8)
    house.market.cost("11")
    del house.market.prices[8]

    gone = house.check(alert_id=lost.id).outcomes
    house.check_all()

    assert gone == [Cancelled("no coin has id 8")]
    assert [alert for alert, _, _ in house.triggers] == [other.id]


@pytest.mark.parametrize("args", [{}, {"tick": "2026-01-01T00:00:00Z"}, {"coin_id": 0}, {"alert_id": "1"}, {"coin": 1}])
def test_arguments_that_name_nothing_are_refused(house: House, args: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        submit(house.runtime.jobs, "check-specific-alert", args)


def test_old_triggers_go(house: House) -> None:
    house.alert("10")
    house.market.cost("11", "9", "12")
    house.check()
    with house.runtime.database.unit_of_work() as work:
        old = sa.func.clock_timestamp() - timedelta(days=91)
        work.connection.execute(
            sa.update(alert_trigger).where(alert_trigger.c.price_usd == 11).values(triggered_at=old)
        )

    house.check_all()

    assert [price for _, _, price in house.triggers] == [Decimal(12)]
