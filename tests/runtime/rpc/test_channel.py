"""Channels to peers over real loopback: deadlines, retries, tokens, and what never happens early."""

import subprocess
import sys
import threading
from typing import Any

import grpc
import pytest

from protos.market_data.v1 import market_data_pb2, market_data_pb2_grpc
from shared import metrics
from shared.errors import PeerUnavailable, StoreUnavailable, Unauthenticated, UnknownService
from shared.logs import bound, request_id
from shared.rpc import Peers, translated
from shared.rpc.deadlines import call_seconds, limited, remaining_seconds
from shared.settings import Secret
from tests.runtime.rpc.conftest import TOKEN, Coins, Jobs, Site, make_server

Stub = market_data_pb2_grpc.MarketDataServiceStub


def failing(times: int) -> Any:
    left = [times]

    def action(request: Any, _context: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise StoreUnavailable("postgres is restarting")
        if isinstance(request, market_data_pb2.GetCoinRequest):
            return market_data_pb2.GetCoinResponse()
        return market_data_pb2.CreateCoinResponse()

    return action


def test_a_read_is_repeated_while_its_peer_is_unavailable(site: Site) -> None:
    site.coins.action = failing(2)

    site.coin_stub.GetCoin(market_data_pb2.GetCoinRequest(id=1))

    assert len(site.coins.requests) == 3


def test_a_write_is_never_repeated(site: Site) -> None:
    site.coins.action = failing(1)

    with (
        pytest.raises(PeerUnavailable, match="market-data did not answer: postgres is restarting"),
        translated("market-data"),
    ):
        site.coin_stub.CreateCoin(market_data_pb2.CreateCoinRequest())

    assert len(site.coins.requests) == 1


def test_a_call_ends_at_its_deadline(site: Site) -> None:
    release = threading.Event()
    site.coins.action = lambda _request, _context: release.wait(5) and market_data_pb2.GetCoinResponse()

    with pytest.raises(PeerUnavailable, match="market-data did not answer in time"), translated("market-data"):
        site.coin_stub.GetCoin(market_data_pb2.GetCoinRequest(id=1), timeout=0.05)
    release.set()


def test_deadlines_default_to_5_seconds_are_capped_at_30_and_shrink_with_the_request() -> None:
    alone = [call_seconds(None), call_seconds(2), call_seconds(3600)]
    with limited(1), limited(10):
        inside = call_seconds(None)
        left = remaining_seconds()
    with limited(0):
        too_late = call_seconds(None)

    assert alone == [5.0, 2, 30.0]
    assert left is not None
    assert 0.5 < inside <= 1
    assert 0.5 < left <= 1
    assert too_late == 0.001


def test_the_request_id_of_the_context_travels_with_the_call(site: Site) -> None:
    seen: list[str] = []

    def action(_request: Any, _context: Any) -> Any:
        seen.append(request_id())
        return market_data_pb2.GetCoinResponse()

    site.coins.action = action

    with bound(request_id="from-the-gateway"):
        site.coin_stub.GetCoin(market_data_pb2.GetCoinRequest(id=1))

    assert seen == ["from-the-gateway"]


def test_a_refused_service_token_is_the_peers_trouble_not_the_users(site: Site) -> None:
    strangers = Peers({"market-data": site.address}, Secret("another-token"))
    try:
        stub: Any = strangers.stub(Stub, "market-data")

        with pytest.raises(PeerUnavailable) as caught, translated("market-data"):
            stub.GetCoin(market_data_pb2.GetCoinRequest(id=1))
    finally:
        strangers.close()

    assert not isinstance(caught.value, Unauthenticated)
    assert "service token" in str(caught.value)


def test_a_peer_that_comes_back_is_found_again() -> None:
    first = make_server(Coins(), Jobs())
    port = first.start()
    peers = Peers({"market-data": f"127.0.0.1:{port}"}, TOKEN)
    stub: Any = peers.stub(Stub, "market-data")
    stub.GetCoin(market_data_pb2.GetCoinRequest(id=1))
    first.stop(0)
    with pytest.raises(PeerUnavailable), translated("market-data"):
        stub.CreateCoin(market_data_pb2.CreateCoinRequest())

    second = make_server(Coins(), Jobs(), port=port)
    second.start()
    try:
        answer = stub.GetCoin(market_data_pb2.GetCoinRequest(id=1), wait_for_ready=True)
    finally:
        peers.close()
        second.stop(0)

    assert answer == market_data_pb2.GetCoinResponse()


def test_an_unknown_peer_is_refused_naming_the_known_ones() -> None:
    peers = Peers({"risk": "127.0.0.1:1", "alerts": "127.0.0.1:2"}, TOKEN)

    with pytest.raises(UnknownService) as caught:
        peers.stub(Stub, "social")

    assert (caught.value.field, caught.value.allowed) == ("service", ("alerts", "risk"))


def test_no_channel_opens_before_the_first_stub_and_none_after_close(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = grpc.insecure_channel

    def recording(address: str, options: Any = None) -> grpc.Channel:
        opened.append(address)
        return real(address, options)

    monkeypatch.setattr(grpc, "insecure_channel", recording)
    peers = Peers({"risk": "127.0.0.1:1"}, TOKEN)
    before = list(opened)

    same = peers.stub(Stub, "risk") is peers.stub(Stub, "risk")
    peers.close()

    assert (before, opened, same) == ([], ["127.0.0.1:1"], True)
    with pytest.raises(PeerUnavailable, match="closed"):
        peers.stub(Stub, "risk")


def test_importing_starts_no_thread() -> None:
    code = "import shared.rpc, shared.health, threading; print(threading.active_count())"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)

    assert answer.stdout.strip() == "1"


def test_calls_to_a_peer_are_timed_by_method_and_code(site: Site) -> None:
    labels = {"service": "market-data", "method": "GetCoin", "code": "OK"}
    before = metrics.REGISTRY.get_sample_value("millrace_rpc_client_seconds_count", labels) or 0

    site.coin_stub.GetCoin(market_data_pb2.GetCoinRequest(id=1))

    assert metrics.REGISTRY.get_sample_value("millrace_rpc_client_seconds_count", labels) == before + 1
