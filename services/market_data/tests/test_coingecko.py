"""Promises of the CoinGecko client alone: its plans, its error shapes, its old prices."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.market_data.clients.coingecko import CoinGecko, complaint_in
from services.market_data.tests.worlds import asked, coins_of, source_at, source_of, unlisted
from shared.clock import epoch_ms, now
from shared.errors import UpstreamRateLimited, UpstreamUnavailable
from tools.sandbox.sandbox import Options, Sandbox

COINS = unlisted("base", 1)


@contextmanager
def saying(value: Any, status: int = 200) -> Iterator[str]:
    """The address of a provider that answers everything with one JSON value."""
    body = json.dumps(value).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
            self.close_connection = True

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/v3"
        server.shutdown()


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ({"status": {"error_code": 10002, "error_message": "key"}}, 10002, "key"),
        ({"error": {"status": {"error_code": 10005, "error_message": "plan"}}}, 10005, "plan"),
        ({"error": "coin not found"}, None, "coin not found"),
        ({"error_code": 10012, "status": {"error_message": "too many"}}, 10012, "too many"),
    ],
)
def test_each_error_shape_is_read(value: object, code: int | None, message: str) -> None:
    complaint = complaint_in(value)

    assert complaint is not None
    assert (complaint.code, complaint.message) == (code, message)


@pytest.mark.parametrize("value", [{}, [], None, {"0xabc": {"usd": 1}}, {"status": {}}, {"error": {}}, {"status": 1}])
def test_an_answer_without_an_error_holds_no_complaint(value: object) -> None:
    assert complaint_in(value) is None


def test_an_error_that_comes_with_status_200_is_an_error() -> None:
    with (
        saying({"error": {"status": {"error_code": 10005, "error_message": "limited to the Pro API"}}}) as url,
        pytest.raises(UpstreamUnavailable, match="code 10005: limited to the Pro API"),
    ):
        source_at(url, "coingecko").fetch(COINS)


def test_a_rate_limit_that_comes_with_status_200_closes_the_bucket() -> None:
    with saying({"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit"}}) as url:
        source = source_at(url, "coingecko")
        for _ in range(2):
            with pytest.raises(UpstreamRateLimited) as caught:
                source.fetch(COINS)

    assert timedelta(seconds=50) < caught.value.retry_after <= timedelta(minutes=1)


def test_a_price_that_coingecko_itself_calls_hours_old_is_refused() -> None:
    then = epoch_ms(now()) // 1000 - 3 * 3600
    with saying({COINS[0].address.lower(): {"usd": 1.5, "last_updated_at": then}}) as url:
        assert source_at(url, "coingecko").fetch(COINS) == {}


@pytest.mark.parametrize("updated_at", [None, "yesterday", []])
def test_a_price_without_a_readable_time_counts(updated_at: object) -> None:
    with saying({COINS[0].address.lower(): {"usd": 1.5, "last_updated_at": updated_at}}) as url:
        assert source_at(url, "coingecko").fetch(COINS)[1].price_usd * 2 == 3


def test_the_key_is_sent_and_a_wrong_key_is_named_without_showing_it() -> None:
    with Sandbox(Options(coingecko_key="CG-right")) as sandbox:
        coins = coins_of(sandbox, "base")

        assert len(source_of(sandbox, "coingecko", key="CG-right").fetch(coins)) == len(coins)
        with pytest.raises(UpstreamUnavailable, match=r"answered 401: .*10002") as caught:
            source_of(sandbox, "coingecko", key="CG-wrong").fetch(coins)

    assert "CG-wrong" not in str(caught.value)


@pytest.mark.parametrize("allowed", [1, 10])
def test_the_allowed_number_of_addresses_is_learnt_from_the_refusal(allowed: int) -> None:
    with Sandbox(Options(coingecko_keyless_addresses=allowed)) as sandbox:
        source = source_of(sandbox, "coingecko")
        coins = unlisted("base", 12)

        first = source.fetch(coins)
        calls = len(asked(sandbox))
        second = source.fetch(coins)

    assert len(first) == len(second) == 12
    assert calls == 1 + -(-12 // allowed)


def test_quotes_of_earlier_calls_are_kept_when_a_later_call_fails() -> None:
    with Sandbox(Options(coingecko_keyless_addresses=4)) as sandbox:
        source = source_of(sandbox, "coingecko")
        coins = unlisted("base", 8)
        source.fetch(coins)
        sandbox.faults.add({"provider": "coingecko", "kind": "slow", "delay_ms": 1, "count": 1})
        sandbox.faults.add({"provider": "coingecko", "kind": "server_error", "count": 1})

        quotes = source.fetch(coins)

    assert len(quotes) == 4


@pytest.mark.parametrize("size", [0, 31])
def test_a_batch_size_that_makes_no_sense_is_refused(size: int) -> None:
    with Sandbox() as sandbox, pytest.raises(ValueError, match="batch_size"):
        CoinGecko(source_of(sandbox, "coingecko")._http, batch_size=size)
