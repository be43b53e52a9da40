"""An alert from REST to its trigger, over two services; and what their deaths may do to the messages between them."""

import os
import signal
from typing import Any

import pytest

from tests.acceptance.polling import eventually
from tests.acceptance.product import Product

#: The demonstration's coins have a price every ten seconds.
TRIGGERED_WITHIN_SECONDS = 45
#: A killed scheduler's messages are free again after 30 s, a killed worker's jobs after 35 s.
RECOVERY_SECONDS = 120
ROUNDS = 10 if os.environ.get("MILLRACE_TEST_LONG", "") == "1" else 1
ROLES = ("scheduler", "api", "worker")

#: Prices that were told not once; the newest may be on their way, and a message is known here as long as its job.
NOT_TOLD_ONCE = """
SELECT p.coin_id, p.tick, count(j.id) FROM market_data.coin_price p
LEFT JOIN alerts.job j ON j.name = 'check-specific-alert'
  AND (j.args->>'coin_id')::bigint = p.coin_id AND (j.args->>'tick')::timestamptz = p.tick
WHERE p.tick > %s AND p.tick <= %s GROUP BY 1, 2 HAVING count(j.id) <> 1
"""
#: Triggers of a price that market-data does not have, or has otherwise.
MADE_UP = """
SELECT t.alert_id, t.tick FROM alerts.alert_trigger t
LEFT JOIN market_data.coin_price p ON p.coin_id = t.coin_id AND p.tick = t.tick AND p.price_usd = t.price_usd
WHERE p.coin_id IS NULL
"""


def test_an_alert_made_over_rest_triggers_by_itself_and_shows_it(product: Product) -> None:
    coin = product.read("/coins?limit=1")["items"][0]

    made = product.rest("POST", "/alerts", json=_new(coin, "price_above", "0.000000000000000001", one_shot=True))
    never = product.rest("POST", "/alerts", json=_new(coin, "price_below", "0.000000000000000001"))
    where = f"/alerts/{made.json()['id']}"
    (trigger,) = eventually(
        lambda: product.read(f"{where}/triggers")["items"], "a trigger", seconds=TRIGGERED_WITHIN_SECONDS
    )

    assert (made.status_code, made.headers["location"]) == (201, f"/api/v1{where}")
    assert trigger["tick"] > made.json()["created_at"]
    found = product.rows(
        "SELECT price_usd::text FROM market_data.coin_price WHERE coin_id = %s AND tick = %s",
        coin["id"],
        trigger["tick"],
    )
    assert [row[0].rstrip("0") for row in found] == [trigger["price_usd"]]
    job = product.finished(trigger["job_id"])
    assert (job["service"], job["queue"], job["result"]["triggered"]) == ("alerts", "alert-processing", 1)
    alert = product.read(where)
    assert (alert["active"], alert["last_triggered_at"]) == (False, trigger["tick"])
    assert product.read(f"/alerts/{never.json()['id']}/triggers")["items"] == []
    assert product.rest("DELETE", where).status_code == 204


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [({"coin_id": 999_999}, 404, None), ({"threshold_usd": "-1"}, 422, "threshold_usd"),
     ({"kind": "price_equal"}, 422, "kind"), ({"hysteresis_fraction": "1"}, 422, "hysteresis_fraction")],
)  # fmt: skip
def test_a_bad_alert_is_refused_and_not_written(
    product: Product, change: dict[str, Any], status: int, field: str | None
) -> None:
    coin = product.read("/coins?limit=1")["items"][0]
    before = product.rows("SELECT count(*) FROM alerts.alert")

    answer = product.rest("POST", "/alerts", json=_new(coin, "price_above", "1") | change)

    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert product.rows("SELECT count(*) FROM alerts.alert") == before


@pytest.mark.full
def test_each_price_is_told_once_whatever_is_killed_between_the_two_services(
    product: Product, report: list[str]
) -> None:
    coins = product.read("/coins?limit=20")["items"]
    alerts = [product.rest("POST", "/alerts", json=_swinging(coin)).json()["id"] for coin in coins]
    # One process a role, or in the split topology one a role and service.
    running = [line["process"] for line in product.status()["processes"]]
    names = [name for role in ROLES for name in running if name == role or name.endswith(f"-{role}")]
    began = product.now()

    for _ in range(ROUNDS):
        for name in names:
            _kill(product, name)
    ended = product.now()

    eventually(lambda: not product.rows(NOT_TOLD_ONCE, began, ended), "each price told once", seconds=RECOVERY_SECONDS)
    prices = product.rows("SELECT count(*) FROM market_data.coin_price WHERE tick > %s AND tick <= %s", began, ended)
    looked_at = "SELECT count(*) FROM alerts.watched_coin WHERE checked_until < %s"
    eventually(lambda: product.rows(looked_at, ended) == [(0,)], "each price met its alerts", seconds=RECOVERY_SECONDS)
    assert product.rows(MADE_UP) == []
    triggers = product.rows("SELECT count(*) FROM alerts.alert_trigger WHERE alert_id = ANY(%s)", alerts)
    kills = f"{len(names) * ROUNDS} kills of {', '.join(names)}"
    report.append(f"{kills}: {prices[0][0]} prices told once each, {triggers[0][0]} triggers")


def _new(coin: dict[str, Any], kind: str, threshold: str, **more: Any) -> dict[str, Any]:
    return {"owner": "acceptance", "coin_id": coin["id"], "kind": kind, "threshold_usd": threshold, **more}


def _swinging(coin: dict[str, Any]) -> dict[str, Any]:
    """Triggers whenever the coin rises above what it costs now."""
    return _new(
        coin, "price_above", coin["latest_price"]["price_usd"], hysteresis_fraction="0", cooldown_seconds=0
    )  # fmt: skip


def _kill(product: Product, name: str) -> None:
    pid = product.process(name)["pid"]
    os.kill(pid, signal.SIGKILL)

    def again() -> bool:
        return any(
            line["process"] == name and line["health"] == "well" and line["pid"] != pid
            for line in product.status()["processes"]
        )

    eventually(again, f"another {name} that is well")
