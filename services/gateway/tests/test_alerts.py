"""Alerts over HTTP, before an alerts service that answers over real gRPC."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from protos.alerts.v1 import alerts_pb2 as pb
from services.gateway.clients.fleet import Fleet
from services.gateway.domain.roles import Role
from services.gateway.rest.transcoding import answer_model
from services.gateway.tests.conftest import Platform
from services.gateway.tests.stand_in_alerts import StandInAlerts
from services.gateway.tests.stand_ins import TOKEN
from shared.rpc import RpcServer

NEW = {"owner": "ann", "coin_id": 7, "kind": "price_below", "threshold_usd": "0.000000000000000001"}


@pytest.fixture
def alerts(platform: Platform) -> Iterator[StandInAlerts]:
    """The platform's gateway knows this service as well."""
    service = StandInAlerts()
    server = RpcServer((service.servicer,), host="127.0.0.1", port=0, token=TOKEN, name="alerts")
    fleet = Fleet({"alerts": f"127.0.0.1:{server.start()}"}, TOKEN)
    before, platform.app.state.fleet = platform.app.state.fleet, fleet
    yield service
    platform.app.state.fleet = before
    fleet.close()
    server.stop(0)


def test_an_alert_is_created_read_changed_and_deleted(platform: Platform, alerts: StandInAlerts) -> None:
    created = platform.client.post("/api/v1/alerts", json=NEW)
    where = created.headers["location"]
    read = platform.client.get(where).json()
    changed = platform.client.patch(where, json={"active": False, "cooldown_seconds": 0, "threshold_usd": "2"}).json()
    deleted = platform.client.delete(where)

    assert (created.status_code, where) == (201, "/api/v1/alerts/1")
    assert created.json() == read == {
        "id": 1, **NEW, "hysteresis_fraction": "0.01", "cooldown_seconds": 0, "one_shot": False, "active": True,
        "armed": True, "last_triggered_at": None, "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z",
    }  # fmt: skip
    assert changed == {**read, "active": False, "threshold_usd": "2"}
    assert not alerts.requests[0].HasField("cooldown_seconds"), "what was left out is the service's to choose"
    assert (deleted.status_code, platform.client.get(where).status_code) == (204, 404)


def test_alerts_and_triggers_are_listed_by_pages(platform: Platform, alerts: StandInAlerts) -> None:
    for _ in range(3):
        platform.client.post("/api/v1/alerts", json=NEW)

    first = platform.client.get("/api/v1/alerts", params={"limit": 2, "owner": "ann", "coin_id": 7}).json()
    rest = platform.client.get("/api/v1/alerts", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    triggers = platform.client.get("/api/v1/alerts/1/triggers").json()

    asked = alerts.requests[-2]
    assert ([each["id"] for each in first["items"] + rest["items"]], rest["next_cursor"]) == ([1, 2, 3], None)
    assert (asked.owner, asked.coin_id, asked.page_size) == ("ann", 7, 2)
    assert (triggers["next_cursor"], triggers["items"][0]["price_usd"]) == ("more", "0.000000000000000002")
    shapes: list[tuple[Any, Any]] = [(pb.Alert, first["items"][0]), (pb.Trigger, triggers["items"][0])]
    for shape, told in shapes:
        answer_model(shape.DESCRIPTOR).model_validate(told, strict=True, extra="forbid")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"kind": "price_equal"}, "kind"), ({"owner": ""}, "owner"), ({"coin_id": "7"}, "coin_id"),
     ({"coin_id": 0}, "coin_id"), ({"threshold_usd": 1.5}, "threshold_usd"),
     ({"cooldown_seconds": -1}, "cooldown_seconds"), ({"one_shot": 1}, "one_shot"), ({"ownr": "x"}, "ownr")],
)  # fmt: skip
def test_a_bad_field_is_named(platform: Platform, alerts: StandInAlerts, change: dict[str, Any], field: str) -> None:
    answer = platform.client.post("/api/v1/alerts", json=NEW | change)

    assert (answer.status_code, answer.json()["field"], alerts.alerts) == (422, field, {})


@pytest.mark.parametrize("path", ["/0", "/x", "/1?owner=ann", "?coin_id=0", "?limit=501", "?owner=a&owner=b"])
def test_a_bad_parameter_is_refused(platform: Platform, alerts: StandInAlerts, path: str) -> None:
    assert platform.client.get(f"/api/v1/alerts{path}").status_code == 422


def test_viewers_look_and_operators_change(platform: Platform, alerts: StandInAlerts) -> None:
    viewer, operator = platform.with_role(Role.VIEWER), platform.with_role(Role.OPERATOR)

    refused = platform.stranger.post("/api/v1/alerts", json=NEW, headers=viewer)
    taken = platform.stranger.post("/api/v1/alerts", json=NEW, headers=operator)
    read = platform.stranger.get("/api/v1/alerts/1", headers=viewer)
    unknown = platform.stranger.get("/api/v1/alerts/1")

    assert [answer.status_code for answer in (refused, taken, read, unknown)] == [403, 201, 200, 401]


def test_a_platform_without_alerts_says_so(start: Callable[..., Platform]) -> None:
    answer = start().client.get("/api/v1/alerts")

    assert (answer.status_code, answer.json()["detail"]) == (503, "alerts is not among the services of this gateway")
