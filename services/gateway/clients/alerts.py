"""Owns the gateway's calls to alerts. It must never keep an alert or a trigger."""

from collections.abc import Callable
from typing import Any

from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import alerts_pb2_grpc
from services.gateway.clients.fleet import Fleet, ask
from shared.errors import PeerUnavailable

SERVICE = "alerts"


class Alerts:
    """People's alerts and what triggered them, as the service alerts has them."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def create(self, request: pb.CreateAlertRequest) -> pb.Alert:
        """Register an alert. Raises NotFound for an unknown coin."""
        return self._ask("CreateAlert", request).alert  # type: ignore[no-any-return]  # stubs are untyped

    def get(self, alert_id: int) -> pb.Alert:
        """One alert."""
        return self._ask("GetAlert", pb.GetAlertRequest(id=alert_id)).alert  # type: ignore[no-any-return]  # the same

    def list(self, *, owner: str, coin_id: int, limit: int, cursor: str) -> pb.ListAlertsResponse:
        """One page of alerts by id."""
        request = pb.ListAlertsRequest(owner=owner, coin_id=coin_id, page_size=limit, page_token=cursor)
        return self._ask("ListAlerts", request)  # type: ignore[no-any-return]  # stubs are untyped

    def update(self, request: pb.UpdateAlertRequest) -> pb.Alert:
        """Change the fields that are set."""
        return self._ask("UpdateAlert", request).alert  # type: ignore[no-any-return]  # stubs are untyped

    def delete(self, alert_id: int) -> None:
        """Remove an alert with its triggers."""
        self._ask("DeleteAlert", pb.DeleteAlertRequest(id=alert_id))

    def triggers(self, alert_id: int, *, limit: int, cursor: str) -> pb.ListTriggersResponse:
        """One page of an alert's triggers, newest first."""
        request = pb.ListTriggersRequest(alert_id=alert_id, page_size=limit, page_token=cursor)
        return self._ask("ListTriggers", request)  # type: ignore[no-any-return]  # stubs are untyped

    def _ask(self, method: str, request: object) -> Any:
        if SERVICE not in self._fleet.names:
            raise PeerUnavailable(f"{SERVICE} is not among the services of this gateway")
        stub = self._fleet.stub(alerts_pb2_grpc.AlertsServiceStub, SERVICE)
        call: Callable[..., Any] = getattr(stub, method)
        return ask(call, request, peer=SERVICE)
