"""Owns what market-data is made of; the only file that names its other parts. It must never do work at import."""

from collections.abc import Sequence

from protos.market_data.v1 import market_data_pb2, market_data_pb2_grpc
from services.market_data.clients import PriceSources, breakers
from services.market_data.clients.listeners import PriceListeners
from services.market_data.jobs.update_coin_price import QuotePolicy
from services.market_data.queues import COIN_PRICES, PRICE_UPDATES
from services.market_data.servicer import MarketDataServicer
from services.market_data.settings import MarketDataSettings
from shared.bootstrap import Service, ServiceRuntime
from shared.rpc import Servicer


def servicers(runtime: ServiceRuntime) -> Sequence[Servicer]:
    """The gRPC faces of this service, beside the JobService that every service has."""
    return (
        Servicer(
            market_data_pb2_grpc.add_MarketDataServiceServicer_to_server,
            MarketDataServicer(runtime.database, runtime.jobs, runtime.settings),
            market_data_pb2.DESCRIPTOR.services_by_name["MarketDataService"].full_name,
        ),
    )


SERVICE = Service(
    name="market_data",
    settings=MarketDataSettings,
    queues=(PRICE_UPDATES,),
    resources=(PriceListeners.from_settings, QuotePolicy.from_settings),
    guarded=(PriceSources.from_settings,),
    breakers=breakers.ALL,
    budgets=(breakers.DEXSCREENER_CALLS,),
    freshness=(COIN_PRICES,),
    servicers=servicers,
)
