"""The table between errors and status, over a real wire, and against peers that send less or worse."""

import json
from datetime import timedelta
from typing import Any

import grpc
import pytest

from protos.market_data.v1 import market_data_pb2
from shared import errors
from shared.rpc import StreamsExhausted, from_rpc_error, to_status
from shared.rpc.status import DETAIL_KEY, detail
from tests.runtime.rpc.conftest import Site

Code = grpc.StatusCode

ROUND_TRIP = [
    (errors.InvalidArgument("bad chain", field="chain", allowed=("solana", "base")), Code.INVALID_ARGUMENT, None),
    (errors.UnknownJob("no such job", field="name", allowed=("a",)), Code.INVALID_ARGUMENT, None),
    (errors.UnknownQueue("no such queue", field="queue"), Code.INVALID_ARGUMENT, None),
    (errors.PayloadTooLarge("262145 bytes", field="args"), Code.INVALID_ARGUMENT, None),
    (errors.NotFound("no coin 7"), Code.NOT_FOUND, None),
    (errors.AlreadyExists("coin 7 has it"), Code.ALREADY_EXISTS, None),
    (errors.NotReady("no price yet"), Code.FAILED_PRECONDITION, None),
    (errors.WrongState("job 1 is dead", state="dead", allowed=("queued",)), Code.FAILED_PRECONDITION, None),
    (errors.Unauthenticated("no key"), Code.UNAUTHENTICATED, None),
    (errors.Forbidden("viewers may not"), Code.PERMISSION_DENIED, None),
    (StreamsExhausted("8 streams"), Code.RESOURCE_EXHAUSTED, None),
    (errors.StoreUnavailable("postgres"), Code.UNAVAILABLE, errors.PeerUnavailable),
    (errors.LeaseLost("not ours"), Code.UNAVAILABLE, errors.PeerUnavailable),
    (errors.UpstreamRateLimited("429", retry_after=timedelta(1)), Code.UNAVAILABLE, errors.PeerUnavailable),
    (errors.Unrecoverable("secret plan"), Code.INTERNAL, errors.PeerUnavailable),
    (KeyError("secret plan"), Code.INTERNAL, errors.PeerUnavailable),
]


class Failed(grpc.RpcError):
    """What a foreign server's failure looks like."""

    def __init__(self, code: grpc.StatusCode, text: str = "", metadata: Any = ()) -> None:
        self._answer = (code, text, metadata)

    def code(self) -> grpc.StatusCode:
        return self._answer[0]

    def details(self) -> str:
        return self._answer[1]

    def trailing_metadata(self) -> Any:
        return self._answer[2]


@pytest.mark.parametrize(("raised", "code", "seen_as"), ROUND_TRIP, ids=lambda each: getattr(each, "name", None))
def test_an_error_crosses_the_wire_as_its_own_or_as_the_peers_trouble(
    site: Site, raised: Exception, code: grpc.StatusCode, seen_as: type[Exception] | None
) -> None:
    def action(_request: Any, _context: Any) -> Any:
        raise raised

    site.coins.action = action

    with pytest.raises(grpc.RpcError) as caught:
        site.coin_stub.CreateCoin(market_data_pb2.CreateCoinRequest())
    error = from_rpc_error(caught.value, peer="market-data")

    assert caught.value.code() is code
    assert type(error) is (seen_as or type(raised))
    assert "secret plan" not in str(error)
    if seen_as is None:
        assert str(error) == str(raised)
    for name in ("field", "allowed", "state"):
        assert getattr(error, name, None) == getattr(raised, name, None)


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_every_code_of_a_peer_without_details_is_understood(code: grpc.StatusCode) -> None:
    assert isinstance(from_rpc_error(Failed(code, "words")), errors.PlatformError)


@pytest.mark.parametrize(
    "value",
    [b"", b"\xff", b"[]", b"null", b"[" * 100_000, b'{"type": 3, "allowed": {"a": 1}, "field": null, "message": []}'],
)
def test_details_that_are_not_ours_are_ignored(value: bytes) -> None:
    error = from_rpc_error(Failed(Code.INVALID_ARGUMENT, "plain words", ((DETAIL_KEY, value),)))

    assert type(error) is errors.InvalidArgument
    assert (str(error), error.field, error.allowed) == ("plain words", "", ())


def test_a_bare_rpc_error_is_the_peers_trouble() -> None:
    assert isinstance(from_rpc_error(grpc.RpcError("odd")), errors.PeerUnavailable)


def test_a_message_too_large_for_grpc_is_the_callers_fault() -> None:
    error = from_rpc_error(Failed(Code.RESOURCE_EXHAUSTED, "SERVER: Received message larger than max (5 vs. 4)"))

    assert isinstance(error, errors.PayloadTooLarge)


def test_what_goes_over_the_wire_is_bounded_and_holds_no_password() -> None:
    error = errors.InvalidArgument(
        "postgresql://u:hunter2@db/x " + "é" * 9_000, field="f" * 500, allowed=[f"value-{n}" for n in range(5_000)]
    )

    status = to_status(error)

    assert "hunter2" not in status.message
    assert len(status.message) == 500
    assert len(status.detail) < 4_000
    assert json.loads(status.detail)["allowed"][:2] == ["value-0", "value-1"]


def test_lone_surrogates_do_not_break_an_error_message() -> None:
    assert b"bad" in detail("InvalidArgument", "bad \ud800")
    assert to_status(errors.InvalidArgument("bad \ud800")).message == "bad ?"
