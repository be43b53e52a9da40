"""Owns what alerts is made of; the only file that names its other parts. It must never do work at import."""

from collections.abc import Sequence

from protos.alerts.v1 import alerts_pb2, alerts_pb2_grpc
from services.alerts.clients import MarketData
from services.alerts.jobs.check_alerts import TriggerRetention
from services.alerts.queues import ALERT_PROCESSING
from services.alerts.servicer import AlertsServicer
from services.alerts.settings import AlertsSettings
from shared.bootstrap import Service, ServiceRuntime
from shared.rpc import Servicer


def servicers(runtime: ServiceRuntime) -> Sequence[Servicer]:
    """The gRPC faces of this service, beside the JobService that every service has."""
    return (
        Servicer(
            alerts_pb2_grpc.add_AlertsServiceServicer_to_server,
            AlertsServicer(runtime.database, runtime.resource(MarketData), runtime.settings),
            alerts_pb2.DESCRIPTOR.services_by_name["AlertsService"].full_name,
        ),
    )


SERVICE = Service(
    name="alerts",
    settings=AlertsSettings,
    queues=(ALERT_PROCESSING,),
    resources=(MarketData.from_settings, TriggerRetention.from_settings),
    servicers=servicers,
)
