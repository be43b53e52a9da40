"""A price that market-data has committed is told to alerts once, and triggers once, whoever dies between."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from services.market_data.clients.listeners import PriceListeners
from shared import clock
from shared.bootstrap import ServiceRuntime
from shared.jobs.exchange import delivery
from shared.jobs.exchange.delivery import deliver_once
from shared.jobs.testing import crash_at, drain
from tests.faults.two_services import Deployment, open_deployment
from tests.stores import flush


@pytest.fixture
def deployment(runtime_for: Callable[..., ServiceRuntime]) -> Iterator[Deployment]:
    with open_deployment(runtime_for) as opened:
        yield opened


def check(deployment: Deployment, *triggers: tuple[int, str]) -> None:
    """Each committed price was told once; these and no other prices triggered, each once."""
    assert deployment.told == deployment.prices
    assert deployment.triggers == [(alert, Decimal(price)) for alert, price in triggers]


def test_every_price_is_told_once_and_triggers_once(deployment: Deployment) -> None:
    alert = deployment.alert("10")
    for price in ("11", "12", "9", "13"):
        deployment.cost(price)
        deployment.heal()

    assert len(deployment.prices) == 4
    check(deployment, (alert, "11"), (alert, "13"))


def test_a_tick_that_two_jobs_stand_for_is_told_once(deployment: Deployment) -> None:
    alert = deployment.alert("10")
    tick = clock.now() + timedelta(seconds=1)
    for price in ("11", "12"):
        deployment.cost(price, tick=tick)
        deployment.heal()

    assert len(deployment.prices) == 1
    check(deployment, (alert, "11"))


@pytest.mark.parametrize("point", ["attempt.returned", "attempt.marked", "attempt.committed", "attempt.hooked"])
def test_a_worker_of_market_data_dies_around_the_commit_of_a_price(deployment: Deployment, point: str) -> None:
    alert = deployment.alert("10")
    deployment.cost("11")
    with crash_at(point):
        drain(deployment.market_data.runtime)
    told_at_once = len(deployment.market_data.sql("SELECT FROM outbox"))
    written_at_once = len(deployment.prices)

    deployment.heal()

    assert told_at_once == written_at_once, "a message without its price, or a price without its message"
    assert len(deployment.prices) == 1
    check(deployment, (alert, "11"))


def test_a_scheduler_of_market_data_dies_before_it_sends_and_after(deployment: Deployment) -> None:
    alert = deployment.alert("10")
    deployment.cost("11")
    drain(deployment.market_data.runtime)
    assert len(deployment.claim_messages()) == 1  # and then it is gone
    deployment.market_data.sql("UPDATE outbox SET next_at = clock_timestamp()")
    (message,) = deployment.claim_messages()
    delivery._send(
        deployment.market_data.runtime.jobs, deployment.market_data.peers, "alerts", message
    )  # nothing noted
    assert len(deployment.told) == 1

    deployment.heal()

    check(deployment, (alert, "11"))


def test_an_api_of_alerts_is_down_while_prices_come(deployment: Deployment) -> None:
    alert = deployment.alert("10")
    deployment.alerts.server.stop(0)
    for price in ("11", "9", "12"):
        deployment.cost(price)
        drain(deployment.market_data.runtime)
        deliver_once(deployment.market_data.runtime.jobs, deployment.market_data.peers)
    assert deployment.told == []

    deployment.alerts.restart()
    deployment.alert("1000")  # waits until the channel has found the new server
    deployment.heal()

    assert len(deployment.prices) == 3
    check(deployment, (alert, "11"), (alert, "12"))


def test_an_api_of_market_data_is_down_while_alerts_asks_for_prices(deployment: Deployment) -> None:
    alert = deployment.alert("10")
    deployment.cost("11")
    drain(deployment.market_data.runtime)
    deployment.market_data.server.stop(0)
    deliver_once(deployment.market_data.runtime.jobs, deployment.market_data.peers)
    waiting = drain(deployment.alerts.runtime)
    undecided = deployment.triggers

    deployment.market_data.restart()
    deployment.alert("1000")  # asks market-data for the coin: waits until the channel has found the new server
    deployment.heal()

    assert (waiting.counts, undecided) == ({"scheduled": 1}, [])
    check(deployment, (alert, "11"))


@pytest.mark.parametrize("point", ["attempt.returned", "attempt.marked", "attempt.committed"])
def test_a_worker_of_alerts_dies_around_the_commit_of_a_trigger(deployment: Deployment, point: str) -> None:
    alert = deployment.alert("10")
    deployment.cost("11")
    drain(deployment.market_data.runtime)
    deliver_once(deployment.market_data.runtime.jobs, deployment.market_data.peers)
    with crash_at(point):
        drain(deployment.alerts.runtime)

    deployment.heal()

    check(deployment, (alert, "11"))


def test_both_lose_redis_between_commit_and_delivery(deployment: Deployment, index_url: str) -> None:
    alert = deployment.alert("10")
    deployment.cost("11")
    drain(deployment.market_data.runtime)
    flush(index_url)
    deliver_once(deployment.market_data.runtime.jobs, deployment.market_data.peers)
    flush(index_url)

    deployment.heal()

    check(deployment, (alert, "11"))


def test_a_deployment_without_alerts_has_prices_and_no_messages(deployment: Deployment) -> None:
    deployment.market_data.runtime.resources[PriceListeners] = PriceListeners(())
    deployment.cost("11")

    drain(deployment.market_data.runtime)

    assert (len(deployment.prices), deployment.market_data.sql("SELECT FROM outbox")) == (1, [])
