"""Owns services that answer over real gRPC from memory, so that what the gateway sends and shows can be checked.

It must never be taken for the services: their own tests hold those to the protos.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from protos.market_data.v1 import market_data_pb2 as pb
from protos.market_data.v1 import market_data_pb2_grpc
from shared.errors import AlreadyExists, InvalidArgument, NotFound, NotReady, UnknownJob, UnknownQueue
from shared.rpc.server import RpcServer, Servicer
from shared.settings import Secret

TOKEN = Secret("a-service-token-for-tests-only-0123456789")
START = datetime(2026, 1, 1, tzinfo=UTC)


def stamp(instant: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(instant)
    return made


class StandInJobs(jobs_pb2_grpc.JobServiceServicer):
    """Jobs in a list; the newest is the last."""

    def __init__(self, service: str, queues: dict[str, Sequence[str]]) -> None:
        self.service = service
        self.queues = queues
        self.jobs: list[jobs_pb2.Job] = []
        self.requests: list[jobs_pb2.SubmitJobRequest] = []
        self.queue_reads = 0

    def add(self, name: str, queue: str, *, minute: float = 0, **fields: Any) -> jobs_pb2.Job:
        job = jobs_pb2.Job(
            id=str(uuid.uuid4()), service=self.service, queue=queue, name=name, priority=3, attempts_max=3,
            created_at=stamp(START + timedelta(minutes=minute)), generation=1,
        )  # fmt: skip
        job.MergeFrom(jobs_pb2.Job(**{"state": "JOB_STATE_QUEUED", "args_json": "{}", **fields}))
        self.jobs.append(job)
        return job

    def SubmitJob(self, request: jobs_pb2.SubmitJobRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        self.requests.append(request)
        known = {job for jobs in self.queues.values() for job in jobs}
        if request.name not in known:
            raise UnknownJob(f"no job {request.name!r}", field="name", allowed=sorted(known))
        if request.queue and request.queue not in self.queues:
            raise UnknownQueue(f"no queue {request.queue!r}", field="queue", allowed=sorted(self.queues))
        queue = request.queue or next(name for name, jobs in self.queues.items() if request.name in jobs)
        job = self.add(request.name, queue, args_json=request.args_json)
        return jobs_pb2.SubmitJobResponse(job=job)

    def GetJob(self, request: jobs_pb2.GetJobRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        for job in self.jobs:
            if job.id == request.id:
                return jobs_pb2.GetJobResponse(job=job)
        raise NotFound(f"no job {request.id}")

    def ListJobs(self, request: jobs_pb2.ListJobsRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        if request.page_token and not request.page_token.isdigit():
            raise InvalidArgument("page_token is not one of ours", field="page_token")
        end = int(request.page_token or len(self.jobs))
        fitting = [
            (index, job)
            for index, job in reversed(list(enumerate(self.jobs[:end])))
            if request.queue in ("", job.queue)
            and request.name in ("", job.name)
            and request.state in (jobs_pb2.JOB_STATE_UNSPECIFIED, job.state)
        ]
        page, rest = fitting[: request.page_size], fitting[request.page_size :]
        token = str(page[-1][0]) if rest else ""
        return jobs_pb2.ListJobsResponse(jobs=[job for _, job in page], next_page_token=token)

    def ListQueues(self, request: jobs_pb2.ListQueuesRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        self.queue_reads += 1
        return jobs_pb2.ListQueuesResponse(
            queues=[
                jobs_pb2.Queue(
                    name=name,
                    service=self.service,
                    slots=5,
                    rate_limit=10,
                    rate_window_ms=60_000,
                    age_ms=60_000,
                    jobs=jobs,
                )
                for name, jobs in sorted(self.queues.items())
            ]
        )


class StandInMarketData(market_data_pb2_grpc.MarketDataServiceServicer):
    """Coins and prices in memory."""

    def __init__(self) -> None:
        self.coins: dict[int, pb.Coin] = {}
        self.prices: dict[int, list[pb.Price]] = {}
        self.price_requests: list[pb.ListPricesRequest] = []

    def add_price(self, coin_id: int, minute: int, price_usd: str) -> None:
        at = stamp(START + timedelta(minutes=minute))
        price = pb.Price(coin_id=coin_id, tick=at, price_usd=price_usd, provider="dexscreener", fetched_at=at)
        self.prices.setdefault(coin_id, []).insert(0, price)

    def CreateCoin(self, request: pb.CreateCoinRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        if request.chain not in ("solana", "base"):
            raise InvalidArgument("unknown chain", field="chain", allowed=["base", "solana"])
        if any((coin.chain, coin.address) == (request.chain, request.address) for coin in self.coins.values()):
            raise AlreadyExists("the coin exists as 1")
        coin = pb.Coin(
            id=len(self.coins) + 1, symbol=request.symbol, name=request.name, chain=request.chain,
            address=request.address, price_interval_seconds=request.price_interval_seconds or 300, tracked=True,
            created_at=stamp(START), updated_at=stamp(START),
        )  # fmt: skip
        self.coins[coin.id] = coin
        return pb.CreateCoinResponse(coin=coin)

    def GetCoin(self, request: pb.GetCoinRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        return self._with_price(self._known(request.id))

    def ListCoins(self, request: pb.ListCoinsRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        if request.page_token and not request.page_token.isdigit():
            raise InvalidArgument("page_token is not one of ours", field="page_token")
        after = [coin for coin in self.coins.values() if coin.id > int(request.page_token or 0)]
        page = after[: request.page_size]
        token = str(page[-1].id) if len(after) > len(page) else ""
        return pb.ListCoinsResponse(coins=[self._with_price(coin) for coin in page], next_page_token=token)

    def UpdateCoin(self, request: pb.UpdateCoinRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        coin = self._known(request.id)
        for field in ("symbol", "name", "price_interval_seconds", "tracked"):
            if request.HasField(field):
                setattr(coin, field, getattr(request, field))
        return pb.UpdateCoinResponse(coin=coin)

    def DeleteCoin(self, request: pb.DeleteCoinRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        del self.coins[self._known(request.id).id]
        return pb.DeleteCoinResponse()

    def GetLatestPrice(self, request: pb.GetLatestPriceRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        prices = self.prices.get(self._known(request.coin_id).id)
        if not prices:
            raise NotReady("no price yet")
        return pb.GetLatestPriceResponse(price=prices[0])

    def ListPrices(self, request: pb.ListPricesRequest, context: grpc.ServicerContext) -> object:  # noqa: N802  # gRPC's name
        self.price_requests.append(request)
        return pb.ListPricesResponse(prices=self.prices.get(self._known(request.coin_id).id, [])[: request.page_size])

    def TriggerPriceUpdate(  # noqa: N802  # gRPC's name
        self, request: pb.TriggerPriceUpdateRequest, context: grpc.ServicerContext
    ) -> object:
        self._known(request.coin_id)
        return pb.TriggerPriceUpdateResponse(
            job_id=str(uuid.uuid4()), queue="price-updates", name="update-coin-price", state="queued"
        )

    def _known(self, coin_id: int) -> pb.Coin:
        if coin_id not in self.coins:
            raise NotFound(f"no coin {coin_id}")
        return self.coins[coin_id]

    def _with_price(self, coin: pb.Coin) -> pb.GetCoinResponse:
        prices = self.prices.get(coin.id)
        return pb.GetCoinResponse(coin=coin, latest_price=prices[0] if prices else None)


@contextmanager
def served(jobs: StandInJobs, market_data: StandInMarketData | None = None, *, port: int = 0) -> Iterator[int]:
    """A service's real gRPC server on a port of its own."""
    add = jobs_pb2_grpc.add_JobServiceServicer_to_server
    servicers = [Servicer(add, jobs, "millrace.jobs.v1.JobService")]
    if market_data is not None:
        add_coins = market_data_pb2_grpc.add_MarketDataServiceServicer_to_server
        servicers.append(Servicer(add_coins, market_data, "millrace.market_data.v1.MarketDataService"))
    server = RpcServer(servicers, host="127.0.0.1", port=port, token=TOKEN, name=jobs.service)
    try:
        yield server.start()
    finally:
        server.stop(grace=0)
