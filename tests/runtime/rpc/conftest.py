"""Owns a real server on loopback with small servicers, and channels to it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from protos.market_data.v1 import market_data_pb2, market_data_pb2_grpc
from shared.health import HealthRegistry
from shared.rpc import Peers, RpcServer, Servicer, StreamSlots
from shared.settings import Secret

TOKEN = Secret("a-service-token-of-enough-characters")
COINS = market_data_pb2.DESCRIPTOR.services_by_name["MarketDataService"].full_name
JOBS = jobs_pb2.DESCRIPTOR.services_by_name["JobService"].full_name

Action = Callable[[Any, grpc.ServicerContext], Any]


@dataclass
class Coins(market_data_pb2_grpc.MarketDataServiceServicer):
    """Does what the test put into `action`, and remembers who asked."""

    action: Action = lambda request, context: market_data_pb2.GetCoinResponse()
    requests: list[Any] = field(default_factory=list)

    def GetCoin(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # gRPC's name
        self.requests.append(request)
        return self.action(request, context)

    def CreateCoin(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # gRPC's name
        self.requests.append(request)
        return self.action(request, context)


class Jobs(jobs_pb2_grpc.JobServiceServicer):
    """Streams two events, then waits until told to go on or until its caller leaves."""

    def __init__(self) -> None:
        self.slots = StreamSlots(2)
        self.go_on = threading.Event()
        self.ended = threading.Semaphore(0)
        self.error: Exception | None = None

    def WatchEvents(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802  # gRPC's name
        try:
            with self.slots.hold():
                yield jobs_pb2.WatchEventsResponse(event_id="1")
                if self.error is not None:
                    raise self.error
                while context.is_active() and not self.go_on.wait(0.01):
                    continue
                yield jobs_pb2.WatchEventsResponse(event_id="2")
        finally:
            self.ended.release()


@dataclass
class Site:
    """One running server and the ways to it."""

    coins: Coins
    jobs: Jobs
    health: HealthRegistry
    server: RpcServer
    port: int
    peers: Peers

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def coin_stub(self) -> Any:
        return self.peers.stub(market_data_pb2_grpc.MarketDataServiceStub, "market-data")

    @property
    def job_stub(self) -> Any:
        return self.peers.stub(jobs_pb2_grpc.JobServiceStub, "market-data")


def make_server(coins: Coins, jobs: Jobs, *, health: HealthRegistry | None = None, port: int = 0) -> RpcServer:
    """A server of both contracts, not started."""
    servicers = [
        Servicer(market_data_pb2_grpc.add_MarketDataServiceServicer_to_server, coins, COINS),
        Servicer(jobs_pb2_grpc.add_JobServiceServicer_to_server, jobs, JOBS),
    ]
    return RpcServer(servicers, host="127.0.0.1", port=port, token=TOKEN, name="market-data", health=health)


@pytest.fixture
def site() -> Iterator[Site]:
    """A started server with channels; both are stopped afterwards."""
    coins, jobs, health = Coins(), Jobs(), HealthRegistry()
    server = make_server(coins, jobs, health=health)
    port = server.start()
    peers = Peers({"market-data": f"127.0.0.1:{port}"}, TOKEN)
    yield Site(coins, jobs, health, server, port, peers)
    jobs.go_on.set()
    peers.close()
    server.stop(0)
