"""The gRPC server over real loopback: who may call, what a caller learns, what health says, how it stops."""

import threading
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from protos.jobs.v1 import jobs_pb2
from protos.market_data.v1 import market_data_pb2, market_data_pb2_grpc
from shared import metrics
from shared.errors import ConfigurationInvalid, NotFound, StoreUnavailable
from shared.logs import request_id
from shared.rpc import RpcServer, Servicer, remaining_seconds
from tests.runtime.rpc.conftest import COINS, TOKEN, Coins, Jobs, Site, make_server

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code()


def coin_stub(channel: grpc.Channel) -> Any:
    return market_data_pb2_grpc.MarketDataServiceStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped


def raising(error: Exception) -> Any:
    def action(_request: Any, _context: Any) -> Any:
        raise error

    return action


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", "Bearer wrong"),),
        (("authorization", TOKEN.reveal()),),
        (("authorization", f"Basic {TOKEN.reveal()}"),),
        (("authorization", f"Bearer {TOKEN.reveal()}"), ("authorization", f"Bearer {TOKEN.reveal()}")),
    ],
)
def test_a_call_without_exactly_one_right_token_is_unauthenticated_and_does_nothing(
    site: Site, metadata: tuple[tuple[str, str], ...]
) -> None:
    with grpc.insecure_channel(site.address) as channel:
        stub = coin_stub(channel)

        code = code_of(lambda: stub.GetCoin(market_data_pb2.GetCoinRequest(id=1), timeout=5, metadata=metadata))

    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert site.coins.requests == []


def test_a_stream_without_a_token_is_unauthenticated(site: Site) -> None:
    with grpc.insecure_channel(site.address) as channel:
        watch: Any = channel.unary_stream("/millrace.jobs.v1.JobService/WatchEvents")

        assert code_of(lambda: list(watch(b"", timeout=5))) is grpc.StatusCode.UNAUTHENTICATED


def test_health_and_reflection_answer_without_a_token(site: Site) -> None:
    with grpc.insecure_channel(site.address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        ask = reflection_pb2.ServerReflectionRequest(list_services="")

        checks = [health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5).status for name in ("", COINS)]
        listed = next(iter(reflection.ServerReflectionInfo(iter([ask]), timeout=5)))

    assert checks == [SERVING, SERVING]
    assert COINS in {each.name for each in listed.list_services_response.service}


def test_health_follows_a_readiness_check(site: Site) -> None:
    site.health.add("postgres", lambda: "cannot connect")
    with grpc.insecure_channel(site.address) as channel:
        health = health_pb2_grpc.HealthStub(channel)

        status = health.Check(health_pb2.HealthCheckRequest(service=COINS), timeout=5).status
        unknown = code_of(lambda: health.Check(health_pb2.HealthCheckRequest(service="no.Such"), timeout=5))

    assert status == NOT_SERVING
    assert unknown is grpc.StatusCode.NOT_FOUND


def test_a_health_watcher_sees_the_server_stop(site: Site) -> None:
    with grpc.insecure_channel(site.address) as channel:
        seen = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=""), timeout=10)
        first = next(seen).status

        site.server.stop(2)
        last = next(seen).status

    assert (first, last) == (SERVING, NOT_SERVING)


def test_an_error_outside_the_table_is_internal_with_an_id_and_without_its_text(site: Site) -> None:
    site.coins.action = raising(RuntimeError("password=hunter2"))

    with pytest.raises(grpc.RpcError) as caught:
        site.coin_stub.GetCoin(market_data_pb2.GetCoinRequest(id=1))

    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert (caught.value.details() or "").startswith("internal error ")
    assert "hunter2" not in repr(caught.value.trailing_metadata())


def test_a_status_the_servicer_chose_itself_is_kept(site: Site) -> None:
    site.coins.action = lambda _request, context: context.abort(grpc.StatusCode.DATA_LOSS, "own words")

    with pytest.raises(grpc.RpcError) as caught:
        site.coin_stub.GetCoin(market_data_pb2.GetCoinRequest(id=1))

    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.DATA_LOSS, "own words")


def test_an_error_in_the_middle_of_a_stream_becomes_a_status_too(site: Site) -> None:
    site.jobs.error = NotFound("no such job")
    stream = site.job_stub.WatchEvents(jobs_pb2.WatchEventsRequest())
    first = next(stream)

    code = code_of(lambda: next(stream))

    assert (first.event_id, code) == ("1", grpc.StatusCode.NOT_FOUND)


def test_streams_beyond_their_slots_are_refused_and_a_closed_one_frees_its_slot(site: Site) -> None:
    streams = [site.job_stub.WatchEvents(jobs_pb2.WatchEventsRequest()) for _ in range(2)]
    for stream in streams:
        next(stream)

    refused = code_of(lambda: next(site.job_stub.WatchEvents(jobs_pb2.WatchEventsRequest())))
    assert site.jobs.ended.acquire(timeout=5)  # the refused one
    streams[0].cancel()
    assert site.jobs.ended.acquire(timeout=5)

    assert refused is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert next(site.job_stub.WatchEvents(jobs_pb2.WatchEventsRequest())).event_id == "1"


def test_a_stop_ends_open_streams_and_lets_a_running_call_finish(site: Site) -> None:
    running, release = threading.Event(), threading.Event()

    def slow(_request: Any, _context: Any) -> Any:
        running.set()
        assert release.wait(5)
        return market_data_pb2.GetCoinResponse(coin=market_data_pb2.Coin(id=7))

    site.coins.action = slow
    stream = site.job_stub.WatchEvents(jobs_pb2.WatchEventsRequest())
    next(stream)
    call = site.coin_stub.GetCoin.future(market_data_pb2.GetCoinRequest(id=7))
    assert running.wait(5)

    stopping = threading.Thread(target=site.server.stop, args=(5,))
    stopping.start()
    stream_code = code_of(lambda: list(stream))
    release.set()
    stopping.join(10)

    assert stream_code in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}
    assert call.result().coin.id == 7
    assert not stopping.is_alive()


def test_a_message_above_four_mebibytes_is_refused(site: Site) -> None:
    big = market_data_pb2.CreateCoinRequest(name="x" * (4 * 1024 * 1024 + 1))

    with grpc.insecure_channel(site.address) as unlimited:
        token = (("authorization", f"Bearer {TOKEN.reveal()}"),)
        by_server = code_of(lambda: coin_stub(unlimited).CreateCoin(big, timeout=5, metadata=token))
    by_client = code_of(lambda: site.coin_stub.CreateCoin(big))

    assert by_server is by_client is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert site.coins.requests == []


def test_the_request_id_and_the_remaining_time_reach_the_servicer(site: Site) -> None:
    seen: list[tuple[str, float | None]] = []

    def action(_request: Any, _context: Any) -> Any:
        seen.append((request_id(), remaining_seconds()))
        return market_data_pb2.GetCoinResponse()

    site.coins.action = action
    token = ("authorization", f"Bearer {TOKEN.reveal()}")
    with grpc.insecure_channel(site.address) as channel:
        stub = coin_stub(channel)
        for sent in ("req-42", "forged id, with words"):
            stub.GetCoin(market_data_pb2.GetCoinRequest(id=1), metadata=(token, ("x-request-id", sent)))

    (kept, seconds), (replaced, _) = seen
    assert kept == "req-42"
    assert len(replaced) == 32
    assert seconds is not None
    assert 25 < seconds <= 30  # no deadline was given: the cap applies


def test_each_call_is_counted_by_method_and_code(site: Site) -> None:
    site.coins.action = raising(StoreUnavailable("postgres does not answer"))
    labels = {"service": "market-data", "method": "CreateCoin", "code": "UNAVAILABLE"}
    before = metrics.REGISTRY.get_sample_value("millrace_rpc_server_handled_seconds_count", labels) or 0

    code_of(lambda: site.coin_stub.CreateCoin(market_data_pb2.CreateCoinRequest()))
    site.server.stop(5)

    assert metrics.REGISTRY.get_sample_value("millrace_rpc_server_handled_seconds_count", labels) == before + 1


def test_two_servicers_of_one_contract_are_refused_at_start() -> None:
    one = Servicer(market_data_pb2_grpc.add_MarketDataServiceServicer_to_server, Coins(), COINS)
    server = RpcServer([one, one], host="127.0.0.1", port=0, token=TOKEN, name="market-data")

    with pytest.raises(ValueError, match=r"registered twice on the server of market-data: millrace\.market_data"):
        server.start()


def test_a_taken_port_is_refused_naming_its_setting(site: Site) -> None:
    second = make_server(Coins(), Jobs(), port=site.port)

    with pytest.raises(ConfigurationInvalid, match=rf"MARKET_DATA_GRPC_PORT .*127.0.0.1:{site.port}"):
        second.start()


def test_too_few_workers_to_leave_threads_for_unary_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 13"):
        RpcServer([], host="127.0.0.1", port=0, token=TOKEN, name="risk", max_workers=12)
