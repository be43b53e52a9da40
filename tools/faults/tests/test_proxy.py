"""The proxy delays, loses and cuts, and otherwise passes every byte in order."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tools.faults.proxy import HOST, Proxy

SECONDS = 5.0


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with socketserver.ThreadingTCPServer((HOST, 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        made = Proxy(int(server.server_address[1]), seed=1)
        made.start()
        yield made
        made.stop()
        server.shutdown()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=SECONDS)


def ask(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(text)
    return receive(connection, len(text))


def receive(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size and (part := connection.recv(size - len(received))):
        received += part
    return received


def test_bytes_pass_in_order(proxy: Proxy) -> None:
    text = bytes(range(256)) * 2_000
    received = bytearray()
    with connect(proxy) as connection:
        reader = threading.Thread(target=lambda: received.extend(receive(connection, len(text))))
        reader.start()
        connection.sendall(text)
        reader.join(SECONDS)

    assert bytes(received) == text


def test_order_outlives_a_delay_that_ends(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.delay(0.2, lasting=60)
        connection.sendall(b"first ")
        time_out = ask(connection, b"")
        proxy.clear()
        connection.sendall(b"second")

        assert receive(connection, 12) == b"first second"
        assert time_out == b""


def test_a_delay_counts_both_ways(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.delay(0.05, lasting=60)
        began = time.monotonic()

        assert ask(connection, b"hello") == b"hello"
        assert time.monotonic() - began >= 0.1


def test_a_black_hole_gives_back_what_it_took(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        began = time.monotonic()
        proxy.freeze(lasting=0.2, then_cut=False)

        assert ask(connection, b"hello") == b"hello"
        assert time.monotonic() - began >= 0.2


def test_a_black_hole_may_end_in_a_cut(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.freeze(lasting=0.2, then_cut=True)
        connection.sendall(b"hello")

        assert is_cut(connection)


def test_a_lost_reply_ends_its_connection(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.drop_replies(1.0, lasting=60)
        connection.sendall(b"hello")

        assert is_cut(connection)


def test_a_reply_lost_in_silence_leaves_the_connection_open(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.drop_replies(1.0, lasting=60, silently=True)
        connection.settimeout(0.2)

        with pytest.raises(TimeoutError):
            ask(connection, b"hello")
        proxy.clear()
        connection.settimeout(SECONDS)
        assert is_cut(connection)


def test_new_connections_work_after_a_cut(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert ask(connection, b"hello") == b"hello"
        proxy.cut()
        assert is_cut(connection)

    with connect(proxy) as connection:
        assert ask(connection, b"again") == b"again"


def test_a_server_that_is_away_is_a_closed_connection() -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        proxy = Proxy(int(probe.getsockname()[1]))
        proxy.start()
        try:
            with connect(proxy) as connection:
                assert is_cut(connection)
        finally:
            proxy.stop()


def is_cut(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
