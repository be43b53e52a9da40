"""AlertsService over real gRPC and real PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1.alerts_pb2_grpc import AlertsServiceStub
from services.alerts.app import SERVICE, servicers
from services.alerts.tests.conftest import House
from services.alerts.tests.market import COIN, TOKEN
from shared.bootstrap import ServiceRuntime
from shared.errors import InvalidArgument, NotFound, NotReady, PeerUnavailable
from shared.rpc import Peers, RpcServer, translated

NEW = {"owner": "ann", "coin_id": COIN, "kind": pb.ALERT_KIND_PRICE_ABOVE, "threshold_usd": "0.000000000000000001"}


@contextmanager
def refused(kind: type[Exception], field: str = "", match: str | None = None) -> Iterator[None]:
    with pytest.raises(kind, match=match) as caught:
        yield
    assert getattr(caught.value, "field", "") == field, str(caught.value)


def test_an_alert_keeps_every_digit_and_has_the_defaults(house: House) -> None:
    alert = house("CreateAlert", **NEW).alert

    assert (alert.owner, alert.coin_id, alert.kind) == ("ann", COIN, pb.ALERT_KIND_PRICE_ABOVE)
    assert (alert.threshold_usd, alert.hysteresis_fraction, alert.cooldown_seconds) == (
        NEW["threshold_usd"],
        "0.01",
        300,
    )
    assert (alert.active, alert.armed, alert.one_shot, alert.HasField("last_triggered_at")) == (
        True,
        True,
        False,
        False,
    )
    assert house("GetAlert", id=alert.id).alert == alert


BAD_FIELDS: dict[str, list[Any]] = {
    "owner": ["", "o" * 101, "a\x00b", " ann"],
    "coin_id": [0, -1],
    "kind": [pb.ALERT_KIND_UNSPECIFIED],
    "threshold_usd": ["", "0", "-1", "NaN", "Infinity", "1e20", "ten", "1.0000000000000000001", "1" * 5000],
    "hysteresis_fraction": ["", "1", "-0.1", "NaN", "0.1%", "0.0000000000000000001"],
    "cooldown_seconds": [-1, 2_592_001],
}


def test_a_bad_field_is_named_and_nothing_is_written(house: House) -> None:
    for field, value in ((field, value) for field, values in BAD_FIELDS.items() for value in values):
        with refused(InvalidArgument, field=field):
            house("CreateAlert", **(NEW | {field: value}))
    alert = house("CreateAlert", **NEW).alert
    for field in ("threshold_usd", "hysteresis_fraction", "cooldown_seconds"):
        with refused(InvalidArgument, field=field):
            house("UpdateAlert", id=alert.id, **{field: BAD_FIELDS[field][1]})

    assert list(house("ListAlerts").alerts) == [alert]


def test_an_alert_on_an_unknown_coin_is_refused(house: House) -> None:
    with refused(NotFound, match="no coin has id 999"):
        house("CreateAlert", **(NEW | {"coin_id": 999}))

    assert not house("ListAlerts").alerts


def test_while_market_data_does_not_answer_no_alert_is_made(house: House) -> None:
    house.market_server.stop(0)

    with refused(PeerUnavailable):
        house("CreateAlert", **NEW)

    assert not house("ListAlerts").alerts


def test_a_deployment_without_market_data_says_so(runtime_for: Callable[..., ServiceRuntime]) -> None:
    runtime = runtime_for(SERVICE, MILLRACE_SERVICE_TOKEN=TOKEN.reveal())
    server = RpcServer(servicers(runtime), host="127.0.0.1", port=0, token=TOKEN, name="alerts")
    peers = Peers({"alerts": f"127.0.0.1:{server.start()}"}, TOKEN)
    house = House(runtime, None, server, peers.stub(AlertsServiceStub, "alerts"))  # type: ignore[arg-type]  # there is none

    with refused(PeerUnavailable, match="MILLRACE_SERVICES names no market-data"), translated("alerts"):
        house("CreateAlert", **NEW)
    peers.close()
    server.stop(0)


def test_an_owner_has_a_most(house: House) -> None:
    for _ in range(20):
        house.alert()

    with refused(NotReady, match="'ann' has 20 alerts"):
        house.alert()

    assert house.alert(owner="bob").id


def test_alerts_are_listed_by_pages_owner_and_coin(house: House) -> None:
    house.market.prices[8] = []
    ids = [house.alert(owner=owner, coin_id=coin_id).id for owner in ("ann", "bob") for coin_id in (COIN, 8)]

    first = house("ListAlerts", page_size=3)
    rest = house("ListAlerts", page_size=3, page_token=first.next_page_token)
    bobs = house("ListAlerts", owner="bob", coin_id=8).alerts

    assert [alert.id for alert in (*first.alerts, *rest.alerts)] == ids
    assert (rest.next_page_token, [alert.id for alert in bobs]) == ("", ids[3:])
    for bad in ("x", "e30", first.next_page_token + "x" * 300):
        with refused(InvalidArgument, field="page_token"):
            house("ListAlerts", page_token=bad)
    with refused(InvalidArgument, field="page_size"):
        house("ListAlerts", page_size=501)


def test_an_alert_is_changed_and_deleted_with_its_triggers(house: House) -> None:
    alert = house.alert("10")
    house.market.cost("11")
    house.check()

    changed = house("UpdateAlert", id=alert.id, threshold_usd="20", active=False).alert
    house("DeleteAlert", id=alert.id)

    assert (changed.threshold_usd, changed.active, changed.armed) == ("20", False, True)
    assert house.triggers == []
    for method, name in (
        ("GetAlert", "id"),
        ("ListTriggers", "alert_id"),
        ("UpdateAlert", "id"),
        ("DeleteAlert", "id"),
    ):
        with refused(NotFound, match=f"no alert has id {alert.id}"):
            house(method, **{name: alert.id})


def test_triggers_are_listed_newest_first_by_pages(house: House) -> None:
    alert = house.alert("10")
    ticks = house.market.cost("11", "9", "12", "9", "13")[::2]
    house.check()

    first = house("ListTriggers", alert_id=alert.id, page_size=2)
    rest = house("ListTriggers", alert_id=alert.id, page_size=2, page_token=first.next_page_token)

    found = [(each.price_usd, each.tick.ToMicroseconds()) for each in (*first.triggers, *rest.triggers)]
    assert [price for price, _ in found] == ["13", "12", "11"]
    assert [micros for _, micros in found] == [round(tick.timestamp() * 1e6) for tick in reversed(ticks)]
    assert rest.next_page_token == ""
