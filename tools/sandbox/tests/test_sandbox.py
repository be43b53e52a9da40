"""Promises of the running sandbox, over its own sockets."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tools.sandbox.sandbox import Options, Sandbox
from tools.sandbox.tokens import made_up_address

ROOT = Path(__file__).parents[3]
NOON = 1_790_000_000.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(seed=5), now=lambda: NOON) as world:
        yield world


def call(
    sandbox: Sandbox, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, Any, dict[str, str]]:
    url = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
    try:
        text = body if isinstance(body, str) else None if body is None else json.dumps(body)
        connection.request(method, path, body=text, headers=headers or {})
        response = connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None, {k.lower(): v for k, v in response.getheaders()}
    finally:
        connection.close()


def get(sandbox: Sandbox, path: str) -> Any:
    status, answer, _ = call(sandbox, "GET", path)
    assert status == 200
    return answer


def test_health_answers() -> None:
    with Sandbox() as sandbox:
        assert get(sandbox, "/_sandbox/health")["status"] == "ok"


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    assert urlsplit(sandbox.url).hostname == "127.0.0.1"


def test_coins_are_listed_as_the_product_takes_them(sandbox: Sandbox) -> None:
    coins = get(sandbox, "/_sandbox/coins")

    assert len(coins) == 20
    assert set(coins[0]) == {"symbol", "name", "chain", "address"}


def test_an_added_coin_is_listed_and_priced(sandbox: Sandbox) -> None:
    address = made_up_address("base", "added")
    coin = {"symbol": "ADDED", "name": "Added", "chain": "base", "address": address, "price_usd": 2.5}

    status, shown, _ = call(sandbox, "POST", "/_sandbox/coins", coin)
    again, _, _ = call(sandbox, "POST", "/_sandbox/coins", coin | {"address": address.lower()})
    pairs = get(sandbox, f"/dexscreener/tokens/v1/base/{address}")

    assert (status, again) == (201, 409)
    assert shown["symbol"] == "ADDED"
    assert {pair["baseToken"]["symbol"] for pair in pairs} >= {"ADDED"}
    assert len(get(sandbox, "/_sandbox/coins")) == 21


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"chain": "moon"}, "unknown chain"),
        ({"address": "0x1"}, "address is not one of base"),
        ({"symbol": ""}, "symbol must be text"),
        ({"price_usd": 0}, "price_usd must be a number"),
        ({"colour": 1}, "unknown field 'colour'"),
    ],
)
def test_a_wrong_coin_is_refused_by_field(sandbox: Sandbox, change: dict[str, Any], match: str) -> None:
    coin = {"symbol": "A", "name": "A", "chain": "base", "address": made_up_address("base", "a")}

    status, answer, _ = call(sandbox, "POST", "/_sandbox/coins", coin | change)

    assert status == 400
    assert match in answer["error"]


def test_prices_of_now_are_those_the_providers_send(sandbox: Sandbox) -> None:
    shown = next(row for row in get(sandbox, "/_sandbox/prices") if row["symbol"] == "BASIL")

    get(sandbox, f"/coingecko/api/v3/simple/token_price/base?contract_addresses={shown['address']}&vs_currencies=usd")
    get(sandbox, f"/geckoterminal/api/v2/networks/base/tokens/multi/{shown['address']}")
    get(sandbox, f"/dexscreener/tokens/v1/base/{shown['address']}")

    sent = {row["provider"]: row["prices"][0]["price"] for row in get(sandbox, "/_sandbox/requests")["items"]}
    assert sent == shown["prices"]


def test_a_fault_is_scripted_listed_acted_out_logged_and_deleted(sandbox: Sandbox) -> None:
    path = "/coingecko/api/v3/simple/token_price/base?contract_addresses=0x&vs_currencies=usd"

    created, _, _ = call(sandbox, "POST", "/_sandbox/faults", {"provider": "coingecko", "kind": "rate_limited"})
    listed = get(sandbox, "/_sandbox/faults")["items"]
    status, _, headers = call(sandbox, "GET", path)
    deleted = call(sandbox, "DELETE", "/_sandbox/faults")[1]

    assert created == 201
    assert [fault["kind"] for fault in listed] == ["rate_limited"]
    assert (status, headers["retry-after"]) == (429, "5")
    assert get(sandbox, "/_sandbox/requests")["items"][-1]["fault"] == "rate_limited"
    assert deleted == {"deleted": 1}
    assert get(sandbox, path) == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/_sandbox/faults", "{nonsense", 400),
        ("POST", "/_sandbox/faults", "[" * 30_000, 400),
        ("POST", "/_sandbox/faults", {"provider": "coingecko", "kind": "melt"}, 400),
        ("DELETE", "/_sandbox/faults?provider=moon", None, 400),
        ("GET", "/_sandbox/requests?limit=0", None, 400),
        ("GET", "/_sandbox/requests?limit=5001", None, 400),
        ("GET", "/_sandbox/requests?after=-1", None, 400),
        ("GET", "/_sandbox/requests?colour=1", None, 400),
        ("GET", "/_sandbox/requests?provider=moon", None, 400),
        ("PUT", "/_sandbox/faults", None, 405),
        ("GET", "/_sandbox/nothing", None, 404),
        ("GET", "/moon/price", None, 404),
        ("POST", "/_sandbox/faults", "x" * 70_000, 413),
    ],
)
def test_a_wrong_request_gets_its_status(sandbox: Sandbox, method: str, path: str, body: Any, status: int) -> None:
    assert call(sandbox, method, path, body)[0] == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/dexscreener/tokens/v1/base/{','.join(['0x' + '1' * 40] * 31)}", 400),
        ("/dexscreener/tokens/v2/base/0x", 404),
        (f"/geckoterminal/api/v2/networks/base/tokens/multi/{','.join(f'0x{n:040x}' for n in range(31))}", 422),
        ("/geckoterminal/api/v2/networks/moon/tokens/multi/0x", 404),
        ("/coingecko/api/v3/simple/token_price/base?vs_currencies=usd", 422),
        ("/coingecko/api/v3/simple/token_price/moon?contract_addresses=0x&vs_currencies=usd", 404),
        ("/coingecko/api/v3/ping", 404),
    ],
)
def test_providers_refuse_as_the_real_ones_do(sandbox: Sandbox, path: str, status: int) -> None:
    assert call(sandbox, "GET", path)[0] == status


def test_an_unknown_chain_has_no_pairs_on_dexscreener(sandbox: Sandbox) -> None:
    assert get(sandbox, "/dexscreener/tokens/v1/moon/0x1") == []


def test_limits_are_enforced_when_asked() -> None:
    with Sandbox(Options(enforce_limits=True)) as sandbox:
        path = "/geckoterminal/api/v2/networks/base/tokens/multi/0x"
        statuses = [call(sandbox, "GET", path)[0] for _ in range(31)]
        _, _, headers = call(sandbox, "GET", path)

    assert statuses == [200] * 30 + [429]
    assert 0 < int(headers["retry-after"]) <= 60


def test_a_connection_is_kept_for_many_requests(sandbox: Sandbox) -> None:
    url = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
    connection.request("GET", "/_sandbox/health")
    connection.getresponse().read()
    first = connection.sock
    connection.request("GET", "/_sandbox/health")
    connection.getresponse().read()

    assert connection.sock is first
    connection.close()


def test_a_stalling_answer_does_not_hold_up_the_stop(sandbox: Sandbox) -> None:
    sandbox.faults.add({"provider": "dexscreener", "kind": "stall", "delay_ms": 120_000})
    url = urlsplit(sandbox.url)
    with socket.create_connection((url.hostname, url.port), timeout=5) as client:
        client.sendall(b"GET /dexscreener/tokens/v1/base/0x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK")
        started = time.monotonic()
        sandbox.stopping.set()

        assert client.recv(4096) == b""
    assert time.monotonic() - started < 1


def test_the_program_says_where_it_is_and_stops_at_sigterm(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    command = [sys.executable, "-m", "tools.sandbox", "--port", "0", "--seed", "3", "--log", str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().removeprefix("sandbox ready on ").strip())
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
        connection.request("GET", "/dexscreener/tokens/v1/base/0x1")
        assert connection.getresponse().read() == b"[]"
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=5) == 0
    connection.close()
    assert time.monotonic() - started < 1
    assert json.loads(log.read_text())["path"] == "/dexscreener/tokens/v1/base/0x1"


@pytest.mark.parametrize("arguments", [[], ["--port", "x"], ["--port", "70000"], ["--port", "0", "--colour"]])
def test_a_wrong_command_line_is_refused_with_usage(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "tools.sandbox", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)

    assert done.returncode == 2
    assert "usage: python -m tools.sandbox" in done.stderr


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "tools.sandbox", "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)

    assert done.returncode == 1
    assert f"cannot start on port {port}" in done.stderr
