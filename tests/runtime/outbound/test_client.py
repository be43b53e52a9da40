"""Promises of the one HTTP client for providers, against real sockets on loopback."""

import contextlib
import gzip
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.errors import ConfigurationInvalid, UpstreamRateLimited, UpstreamUnavailable
from shared.outbound import AnswerRefused, OutboundClient, Rate
from shared.outbound.client import DEFAULT_RETRY_AFTER

Play = Callable[[socket.socket], None]

FAST = Rate(per_minute=60_000, burst=100)
KEY = "CG-very-secret-key"


class Provider:
    """A provider on loopback that plays one scene per connection and keeps what it was asked."""

    def __init__(self) -> None:
        self.scenes: list[Play] = []
        self.asked: list[str] = []
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._play, args=(connection, self.scenes.pop(0)), daemon=True).start()

    def _play(self, connection: socket.socket, scene: Play) -> None:
        with connection:
            try:
                self.asked.append(connection.recv(65_536).decode())
                scene(connection)
            except OSError:
                return

    def close(self) -> None:
        self.over.set()
        # Closing alone would leave the port open for as long as accept() sleeps on it.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    playing = Provider()
    yield playing
    playing.close()


@pytest.fixture
def client(provider: Provider) -> Iterator[OutboundClient]:
    with client_of(provider) as made:
        yield made


def client_of(provider: Provider, *, timeout: float = 5.0, rate: Rate = FAST, limit: int = 2**21) -> OutboundClient:
    return OutboundClient(
        "acme",
        f"http://127.0.0.1:{provider.port}/v1",
        timeout=timedelta(seconds=timeout),
        rate=rate,
        secret_headers={"x-api-key": KEY},
        max_body_bytes=limit,
    )


def reply(body: bytes, *, status: int = 200, headers: str = "") -> Play:
    head = f"HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def test_an_answer_carries_exact_numbers_and_its_own_hash(provider: Provider, client: OutboundClient) -> None:
    body = b'{"usd":0.00000123456789012345678}'
    provider.scenes = [reply(body)]

    answer = client.get("/prices", {"ids": "a,b"})

    assert answer.value == {"usd": Decimal("0.00000123456789012345678")}
    assert answer.sha256 == hashlib.sha256(body).hexdigest()
    assert provider.asked[0].startswith("GET /v1/prices?ids=a%2Cb HTTP/1.1\r\n")


def test_the_key_travels_in_a_header_and_nowhere_else(provider: Provider, client: OutboundClient) -> None:
    provider.scenes = [reply(f"bad key {KEY}".encode(), status=401)]

    with pytest.raises(AnswerRefused) as caught:
        client.get_json("/prices")

    assert f"x-api-key: {KEY}" in provider.asked[0]
    assert KEY not in str(caught.value)
    assert str(caught.value) == "acme answered 401: 'bad key ***'"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 404, 418, 500, 502, 503])
def test_every_status_but_success_is_unavailable_with_the_status(
    provider: Provider, client: OutboundClient, status: int
) -> None:
    provider.scenes = [reply(b"<html>no</html>", status=status, headers="Location: http://127.0.0.1:1/\r\n")]

    with pytest.raises(UpstreamUnavailable, match=f"acme answered {status}: '<html>no</html>'"):
        client.get_json("/prices")

    assert len(provider.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_with_retry_after_closes_the_bucket(provider: Provider, client: OutboundClient, status: int) -> None:
    provider.scenes = [reply(b"{}", status=status, headers="Retry-After: 120\r\n")]

    with pytest.raises(UpstreamRateLimited) as first:
        client.get_json("/prices")
    with pytest.raises(UpstreamRateLimited) as second:
        client.get_json("/prices")

    assert first.value.retry_after == timedelta(seconds=120)
    assert timedelta(seconds=110) < second.value.retry_after <= timedelta(seconds=120)
    assert len(provider.asked) == 1


def test_a_429_that_does_not_say_how_long_means_a_minute(provider: Provider, client: OutboundClient) -> None:
    provider.scenes = [reply(b"slow down", status=429)]

    with pytest.raises(UpstreamRateLimited) as caught:
        client.get_json("/prices")

    assert caught.value.retry_after == DEFAULT_RETRY_AFTER
    assert client.closed_for() > timedelta(seconds=50)


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html>", b'[{"priceUsd":"1.', b"[NaN]", b"[" * 50_000])
def test_an_answer_that_is_no_json_is_unavailable(provider: Provider, client: OutboundClient, body: bytes) -> None:
    provider.scenes = [reply(body)]

    with pytest.raises(UpstreamUnavailable, match="acme answered 200 with no JSON"):
        client.get_json("/prices")


def test_a_body_above_the_limit_is_refused_without_reading_it_all(provider: Provider) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n[")
        while True:
            connection.sendall(b"1," * 4096)

    provider.scenes = [endless]
    with client_of(provider, limit=100_000) as client, pytest.raises(UpstreamUnavailable, match="more than 100,000"):
        client.get_json("/prices")


def test_a_compressed_answer_is_read(provider: Provider, client: OutboundClient) -> None:
    provider.scenes = [reply(gzip.compress(b'["a"]'), headers="Content-Encoding: gzip\r\n")]

    assert client.get_json("/prices") == ["a"]


def test_a_compressed_bomb_is_not_unpacked(provider: Provider) -> None:
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    provider.scenes = [reply(bomb, headers="Content-Encoding: gzip\r\n")]

    with client_of(provider, limit=100_000) as client, pytest.raises(UpstreamUnavailable, match="more than 100,000"):
        client.get_json("/prices")


@pytest.mark.parametrize(("encoding", "match"), [("br", "encoding 'br'"), ("gzip", "broken gzip")])
def test_an_encoding_we_did_not_ask_for_is_refused(
    provider: Provider, client: OutboundClient, encoding: str, match: str
) -> None:
    provider.scenes = [reply(b"[1]", headers=f"Content-Encoding: {encoding}\r\n")]

    with pytest.raises(UpstreamUnavailable, match=match):
        client.get_json("/prices")


def drip(provider: Provider, head: bytes) -> Play:
    """Send a byte every 50 ms for ever: no single read is ever late."""

    def scene(connection: socket.socket) -> None:
        connection.sendall(head)
        while not provider.over.wait(0.05):
            connection.sendall(b"1")

    return scene


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n["],
    ids=["status line", "header", "body"],
)
def test_a_peer_that_drips_bytes_cannot_outlive_the_deadline(provider: Provider, head: bytes) -> None:
    provider.scenes = [drip(provider, head)]
    started = time.monotonic()

    with client_of(provider, timeout=0.4) as client, pytest.raises(UpstreamUnavailable):
        client.get_json("/prices")

    assert time.monotonic() - started < 1.0


def test_a_peer_that_says_nothing_is_late(provider: Provider) -> None:
    def silence(_: socket.socket) -> None:
        provider.over.wait(5)

    provider.scenes = [silence]

    with client_of(provider, timeout=0.2) as client, pytest.raises(UpstreamUnavailable, match=r"within 0\.2 s"):
        client.get_json("/prices")


def test_a_stalling_error_body_does_not_hide_the_status(provider: Provider) -> None:
    def stall(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\n")
        provider.over.wait(5)

    provider.scenes = [stall]
    with client_of(provider, timeout=0.2) as client, pytest.raises(UpstreamUnavailable, match="acme answered 500"):
        client.get_json("/prices")


def test_a_peer_that_hangs_up_or_is_not_there_is_unavailable(provider: Provider, client: OutboundClient) -> None:
    provider.scenes = [lambda connection: connection.shutdown(socket.SHUT_RDWR)]

    with pytest.raises(UpstreamUnavailable, match="acme could not be reached"):
        client.get_json("/prices")
    provider.close()
    with pytest.raises(UpstreamUnavailable, match="acme could not be reached"):
        client.get_json("/prices")


def test_cookies_are_not_kept(provider: Provider, client: OutboundClient) -> None:
    provider.scenes = [reply(b"[]", headers="Set-Cookie: a=1; Path=/\r\n"), reply(b"[]")]

    client.get_json("/prices")
    client.get_json("/prices")

    assert "cookie" not in provider.asked[1].lower()


def test_proxies_of_the_environment_are_not_used(
    provider: Provider, client: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    provider.scenes = [reply(b"[]")]

    with client_of(provider) as fresh:
        assert fresh.get_json("/prices") == []


def test_an_empty_bucket_refuses_with_the_time_to_the_next_token(provider: Provider) -> None:
    provider.scenes = [reply(b"[]")]

    with client_of(provider, rate=Rate(per_minute=6, burst=1, max_wait=0.5)) as client:
        client.get_json("/prices")
        with pytest.raises(UpstreamRateLimited) as caught:
            client.get_json("/prices")

    assert timedelta(seconds=9) < caught.value.retry_after <= timedelta(seconds=10)


def test_a_base_url_with_a_key_inside_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationInvalid, match="user name or password"):
        OutboundClient("acme", "https://me:key@provider.test", timeout=timedelta(seconds=1), rate=FAST)
