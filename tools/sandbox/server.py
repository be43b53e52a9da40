"""Owns HTTP on loopback: connections, transport faults, record before send. It must never listen elsewhere."""

import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from tools.sandbox.exchange import Reply, Request
from tools.sandbox.faults import Fault

HOST = "127.0.0.1"
MAX_CONNECTIONS = 200
MAX_REQUEST_BYTES = 64 * 1024
IDLE_SECONDS = 75
DEFAULT_SLOW_MS = 2_000
DEFAULT_STALL_MS = 60_000

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_HTML = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


class World(Protocol):
    """What stands behind the server."""

    #: Set when the sandbox stops; slow and stalling answers end then.
    stopping: threading.Event

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """The reply, and the fault that the transport must act out."""
        ...

    def record(self, request: Request, reply: Reply, *, status: int, fault: Fault | None, seconds: float) -> None:
        """Remember what is about to be sent."""
        ...


class SandboxServer(ThreadingHTTPServer):
    """One thread a connection, at most 200; threads die with the process, so that a stop is immediate."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, world: World) -> None:
        self.world = world
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__((HOST, port), SandboxHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the play; anything else is reported."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class SandboxHandler(BaseHTTPRequestHandler):
    """HTTP/1.1 with kept connections; each reply leaves in one write."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: SandboxServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Requests are recorded by the log, not on stderr."""

    def _serve(self) -> None:
        started = time.monotonic()
        request = self._request()
        if request is None:
            return
        world = self.server.world
        reply, fault = world.answer(request)
        status, body, headers = _damaged(reply, fault)
        if fault and fault.kind == "slow":
            world.stopping.wait((fault.delay_ms or DEFAULT_SLOW_MS) / 1000)
        world.record(request, reply, status=status, fault=fault, seconds=time.monotonic() - started)
        if fault and fault.kind == "drop_connection":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        head = self._head(status, len(body), headers)
        if fault and fault.kind == "stall":
            self.wfile.write(head)
            world.stopping.wait((fault.delay_ms or DEFAULT_STALL_MS) / 1000)
            self.close_connection = True
            return
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def _request(self) -> Request | None:
        length = self.headers.get("content-length", "0")
        if not length.isdigit() or len(length) > 9 or "transfer-encoding" in self.headers:
            self._refuse(411)
            return None
        if int(length) > MAX_REQUEST_BYTES:
            self._refuse(413)
            return None
        url = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _refuse(self, status: int) -> None:
        self.close_connection = True
        self.wfile.write(self._head(status, 0, {"Connection": "close"}))

    def _head(self, status: int, length: int, headers: dict[str, str]) -> bytes:
        lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Error')}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {length}", "", ""]
        return "\r\n".join(lines).encode("latin-1")


def _damaged(reply: Reply, fault: Fault | None) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers as they leave, after what the fault does to them."""
    headers = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
    kind = fault.kind if fault else None
    if fault and fault.retry_after is not None:
        headers["Retry-After"] = f"{fault.retry_after:g}"
    if fault and kind == "rate_limited":
        headers.setdefault("Retry-After", "5")
        return 429, b'{"status":{"error_code":429,"error_message":"You have exceeded the Rate Limit"}}', headers
    if fault and kind == "server_error":
        return fault.status, b'{"error":"internal error"}', headers
    if kind == "html":
        return 200, _HTML, {**headers, "Content-Type": "text/html; charset=utf-8"}
    body = reply.encoded()
    return reply.status, body[: len(body) // 2] if kind == "truncated_json" else body, headers
