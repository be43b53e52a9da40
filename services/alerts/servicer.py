"""Owns AlertsService: request to value, store, value to response. It must never hold SQL or a formula."""

# ruff: noqa: N802  the names of RPCs are the proto's

import grpc

from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import alerts_pb2_grpc
from services.alerts.clients import MarketData
from services.alerts.domain import terms
from services.alerts.domain.conditions import Kind
from services.alerts.settings import AlertsSettings
from services.alerts.store import Alert, AlertStore, NewAlert, Trigger
from shared.db import Database
from shared.errors import InvalidArgument
from shared.money import plain
from shared.rpc import pages

KINDS = {pb.ALERT_KIND_PRICE_ABOVE: Kind.PRICE_ABOVE, pb.ALERT_KIND_PRICE_BELOW: Kind.PRICE_BELOW}
_WIRE_KINDS = {kind: number for number, kind in KINDS.items()}


class AlertsServicer(alerts_pb2_grpc.AlertsServiceServicer):
    """Alerts and their triggers, over gRPC. Errors of the platform are raised; the server maps them to status codes."""

    def __init__(self, database: Database, market_data: MarketData, settings: AlertsSettings) -> None:
        self._database = database
        self._market_data = market_data
        self._max_per_owner = settings.max_per_owner

    def CreateAlert(self, request: pb.CreateAlertRequest, _context: grpc.ServicerContext) -> pb.CreateAlertResponse:
        """Register an alert on a coin that exists."""
        hysteresis, cooldown = terms.DEFAULT_HYSTERESIS, terms.DEFAULT_COOLDOWN_SECONDS
        if request.HasField("hysteresis_fraction"):
            hysteresis = terms.hysteresis_of(request.hysteresis_fraction)
        if request.HasField("cooldown_seconds"):
            cooldown = terms.cooldown_of(request.cooldown_seconds)
        new = NewAlert(
            owner=terms.owner_of(request.owner),
            coin_id=pages.id_of(request.coin_id, "coin_id"),
            kind=_kind(request.kind),
            threshold_usd=terms.threshold_of(request.threshold_usd),
            hysteresis_fraction=hysteresis,
            cooldown_seconds=cooldown,
            one_shot=request.one_shot,
        )
        # Asked before the transaction: no row may wait for another service.
        self._market_data.check_coin(new.coin_id)
        with self._database.unit_of_work() as work:
            alert = AlertStore(work.connection).add(new, most=self._max_per_owner)
        return pb.CreateAlertResponse(alert=_alert(alert))

    def GetAlert(self, request: pb.GetAlertRequest, _context: grpc.ServicerContext) -> pb.GetAlertResponse:
        """One alert."""
        with self._database.unit_of_work() as work:
            alert = AlertStore(work.connection).get(pages.id_of(request.id, "id"))
        return pb.GetAlertResponse(alert=_alert(alert))

    def ListAlerts(self, request: pb.ListAlertsRequest, _context: grpc.ServicerContext) -> pb.ListAlertsResponse:
        """A page of alerts by id."""
        size = pages.page_size(request.page_size)
        after_id = pages.after_id(request.page_token)
        owner = terms.owner_of(request.owner) if request.owner else ""
        coin_id = pages.id_of(request.coin_id, "coin_id") if request.coin_id else 0
        with self._database.unit_of_work() as work:
            found = AlertStore(work.connection).page(
                owner=owner, coin_id=coin_id, after_id=after_id, limit=size + 1
            )  # fmt: skip
        page = found[:size]
        more = pages.after_id_token(page[-1].id) if len(found) > size else ""
        return pb.ListAlertsResponse(alerts=[_alert(each) for each in page], next_page_token=more)

    def UpdateAlert(self, request: pb.UpdateAlertRequest, _context: grpc.ServicerContext) -> pb.UpdateAlertResponse:
        """Change the fields that are set; without any, the alert as it is."""
        alert_id = pages.id_of(request.id, "id")
        changes = _changes(request)
        with self._database.unit_of_work() as work:
            alerts = AlertStore(work.connection)
            alert = alerts.update(alert_id, changes) if changes else alerts.get(alert_id)
        return pb.UpdateAlertResponse(alert=_alert(alert))

    def DeleteAlert(self, request: pb.DeleteAlertRequest, _context: grpc.ServicerContext) -> pb.DeleteAlertResponse:
        """Remove an alert with its triggers."""
        with self._database.unit_of_work() as work:
            AlertStore(work.connection).delete(pages.id_of(request.id, "id"))
        return pb.DeleteAlertResponse()

    def ListTriggers(self, request: pb.ListTriggersRequest, _context: grpc.ServicerContext) -> pb.ListTriggersResponse:
        """A page of one alert's triggers, newest first."""
        alert_id = pages.id_of(request.alert_id, "alert_id")
        size = pages.page_size(request.page_size)
        before = pages.before(request.page_token)
        with self._database.unit_of_work() as work:
            found = AlertStore(work.connection).triggers(alert_id, before=before, limit=size + 1)
        page = found[:size]
        more = pages.before_token(page[-1].tick) if len(found) > size else ""
        return pb.ListTriggersResponse(triggers=[_trigger(each) for each in page], next_page_token=more)


def _kind(value: pb.AlertKind) -> Kind:
    if value not in KINDS:
        allowed = [kind.value for kind in KINDS.values()]
        raise InvalidArgument(f"kind must be one of {', '.join(allowed)}", field="kind", allowed=allowed)
    return KINDS[value]


def _changes(request: pb.UpdateAlertRequest) -> dict[str, object]:
    changes: dict[str, object] = {}
    if request.HasField("threshold_usd"):
        changes["threshold_usd"] = terms.threshold_of(request.threshold_usd)
    if request.HasField("hysteresis_fraction"):
        changes["hysteresis_fraction"] = terms.hysteresis_of(request.hysteresis_fraction)
    if request.HasField("cooldown_seconds"):
        changes["cooldown_seconds"] = terms.cooldown_of(request.cooldown_seconds)
    for name in ("one_shot", "active"):
        if request.HasField(name):
            changes[name] = getattr(request, name)
    return changes


def _alert(alert: Alert) -> pb.Alert:
    return pb.Alert(
        id=alert.id,
        owner=alert.owner,
        coin_id=alert.coin_id,
        kind=_WIRE_KINDS[alert.kind],
        threshold_usd=plain(alert.threshold_usd),
        hysteresis_fraction=plain(alert.hysteresis_fraction),
        cooldown_seconds=alert.cooldown_seconds,
        one_shot=alert.one_shot,
        active=alert.active,
        armed=alert.armed,
        last_triggered_at=alert.last_triggered_tick,
        created_at=alert.created_at,
        updated_at=alert.updated_at,
    )


def _trigger(trigger: Trigger) -> pb.Trigger:
    return pb.Trigger(
        alert_id=trigger.alert_id,
        tick=trigger.tick,
        coin_id=trigger.coin_id,
        kind=_WIRE_KINDS[trigger.kind],
        threshold_usd=plain(trigger.threshold_usd),
        price_usd=plain(trigger.price_usd),
        job_id=str(trigger.job_id),
        triggered_at=trigger.triggered_at,
    )
