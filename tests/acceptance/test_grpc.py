"""What a program finds on the printed gRPC port: contracts to discover, health to ask, and a door with a lock."""

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from protos.market_data.v1 import market_data_pb2, market_data_pb2_grpc
from tests.acceptance.product import Product

SECONDS = 10.0
JOBS, COINS = "millrace.jobs.v1.JobService", "millrace.market_data.v1.MarketDataService"


@pytest.fixture
def channel(product: Product) -> Iterator[grpc.Channel]:
    """Without a token, as a stranger has it."""
    with grpc.insecure_channel(product.connections["MARKET_DATA_GRPC"]) as opened:
        yield opened


def test_reflection_shows_every_contract_and_its_calls(channel: grpc.Channel) -> None:
    reflected = ProtoReflectionDescriptorDatabase(channel)
    pool = DescriptorPool(reflected)

    assert {JOBS, COINS, "grpc.health.v1.Health"} <= set(reflected.get_services())
    assert {"SubmitJob", "GetJob", "ListJobs", "ListQueues", "WatchEvents"} <= {
        method.name for method in pool.FindServiceByName(JOBS).methods
    }
    assert {"CreateCoin", "GetLatestPrice", "ListPrices"} <= {
        method.name for method in pool.FindServiceByName(COINS).methods
    }


@pytest.mark.parametrize("service", ["", JOBS, COINS])
def test_health_says_serving(channel: grpc.Channel, service: str) -> None:
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(
    "metadata", [(), (("authorization", "Bearer not-the-token"),)], ids=["no token", "wrong token"]
)
def test_without_the_service_token_no_call_is_answered(
    channel: grpc.Channel, metadata: tuple[tuple[str, str], ...]
) -> None:
    jobs = jobs_pb2_grpc.JobServiceStub(channel)  # type: ignore[no-untyped-call]  # generated code has no types
    coins = market_data_pb2_grpc.MarketDataServiceStub(channel)  # type: ignore[no-untyped-call]  # the same
    calls = [
        (jobs.ListQueues, jobs_pb2.ListQueuesRequest()),
        (jobs.SubmitJob, jobs_pb2.SubmitJobRequest(name="update-coin-price", args_json='{"coin_id": 1}')),
        (coins.ListCoins, market_data_pb2.ListCoinsRequest()),
    ]

    for call, message in calls:
        with pytest.raises(grpc.RpcError) as refused:
            call(message, timeout=SECONDS, metadata=metadata)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
