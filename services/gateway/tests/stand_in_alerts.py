"""Owns an alerts service that answers over real gRPC from memory. It must never be taken for the service."""

from datetime import timedelta
from typing import Any

import grpc

from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import alerts_pb2_grpc
from services.gateway.tests.stand_ins import START, stamp
from shared.errors import NotFound
from shared.rpc import Servicer


class StandInAlerts(alerts_pb2_grpc.AlertsServiceServicer):
    """Alerts by id, and how often each was triggered."""

    def __init__(self) -> None:
        self.alerts: dict[int, pb.Alert] = {}
        self.requests: list[Any] = []

    @property
    def servicer(self) -> Servicer:
        """How a server takes it."""
        return Servicer(
            alerts_pb2_grpc.add_AlertsServiceServicer_to_server, self, "millrace.alerts.v1.AlertsService"
        )  # fmt: skip

    def CreateAlert(self, request: pb.CreateAlertRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # gRPC's name
        self.requests.append(request)
        alert = pb.Alert(
            id=len(self.alerts) + 1, owner=request.owner, coin_id=request.coin_id, kind=request.kind,
            threshold_usd=request.threshold_usd, hysteresis_fraction=request.hysteresis_fraction or "0.01",
            cooldown_seconds=request.cooldown_seconds, one_shot=request.one_shot, active=True, armed=True,
            created_at=stamp(START), updated_at=stamp(START),
        )  # fmt: skip
        self.alerts[alert.id] = alert
        return pb.CreateAlertResponse(alert=alert)

    def GetAlert(self, request: pb.GetAlertRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the same
        return pb.GetAlertResponse(alert=self._known(request.id))

    def ListAlerts(self, request: pb.ListAlertsRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the same
        self.requests.append(request)
        after = [alert for alert in self.alerts.values() if alert.id > int(request.page_token or 0)]
        page = after[: request.page_size]
        return pb.ListAlertsResponse(alerts=page, next_page_token=str(page[-1].id) if len(after) > len(page) else "")

    def UpdateAlert(self, request: pb.UpdateAlertRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the same
        alert = self._known(request.id)
        for name in ("threshold_usd", "hysteresis_fraction", "cooldown_seconds", "one_shot", "active"):
            if request.HasField(name):
                setattr(alert, name, getattr(request, name))
        return pb.UpdateAlertResponse(alert=alert)

    def DeleteAlert(self, request: pb.DeleteAlertRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the same
        del self.alerts[self._known(request.id).id]
        return pb.DeleteAlertResponse()

    def ListTriggers(self, request: pb.ListTriggersRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the same
        alert = self._known(request.alert_id)
        trigger = pb.Trigger(
            alert_id=alert.id, tick=stamp(START + timedelta(minutes=1)), coin_id=alert.coin_id, kind=alert.kind,
            threshold_usd=alert.threshold_usd, price_usd="0.000000000000000002", job_id="j", triggered_at=stamp(START),
        )  # fmt: skip
        return pb.ListTriggersResponse(triggers=[trigger], next_page_token="more")

    def _known(self, alert_id: int) -> pb.Alert:
        if alert_id not in self.alerts:
            raise NotFound(f"no alert has id {alert_id}")
        return self.alerts[alert_id]
