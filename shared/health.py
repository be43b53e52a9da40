"""Owns whether a process is well: named checks and their HTTP face. It must never answer from a constant."""

import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from shared import clock, metrics
from shared.errors import ConfigurationInvalid
from shared.logs import get_logger
from shared.security.redaction import redact_text

log = get_logger(__name__)

Check = Callable[[], str | None]

#: An answer is good for this long, so that probes cannot load the stores.
CACHE_SECONDS = 1.0
DEFAULT_LIMIT_SECONDS = 2.0
MAX_DETAIL_CHARS = 300
MAX_CALLERS = 8
MAX_HEAD_BYTES = 8_192
HEAD_SECONDS = 5.0
STOP_POLL_SECONDS = 0.2
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's answer: None when it is well, else a sentence."""

    name: str
    failure: str | None
    #: Said, but no reason to take the process out of service.
    is_advice: bool = False

    @property
    def status(self) -> str:
        """ok, failed, or warning for advice."""
        if self.failure is None:
            return "ok"
        return "warning" if self.is_advice else "failed"


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All checks of one kind at about one moment."""

    results: tuple[CheckResult, ...]

    @property
    def is_well(self) -> bool:
        """True when every check is, advice aside; also when there is none."""
        return all(result.failure is None or result.is_advice for result in self.results)

    def as_json(self) -> bytes:
        """{"status": "ok" | "failed", "checks": {name: {"status": "ok" | "warning" | "failed", "detail"}}}."""
        checks = {each.name: {"status": each.status, "detail": each.failure or ""} for each in self.results}
        return json.dumps({"status": "ok" if self.is_well else "failed", "checks": checks}).encode()


class HealthRegistry:
    """The checks of a process or of one service in it. Safe from any thread."""

    def __init__(self) -> None:
        self._checks: dict[str, _TimedCheck] = {}
        self._lock = threading.Lock()

    def add(
        self,
        name: str,
        check: Check,
        *,
        liveness: bool = False,
        advice: bool = False,
        limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    ) -> None:
        """Ask `check` for readiness, and for liveness too when a restart would cure it; advice is only shown.

        A check returns None when well, else a sentence. One that raises or takes longer than its limit has failed.
        Raises ValueError when the name is taken.
        """
        with self._lock:
            if name in self._checks:
                raise ValueError(f"health check {name} is registered twice")
            self._checks[name] = _TimedCheck(name, check, liveness=liveness, advice=advice, limit_seconds=limit_seconds)

    def include(self, other: "HealthRegistry", *, prefix: str) -> None:
        """Answer for another registry's present checks too, as `<prefix>.<name>`; for hosts of several services."""
        with other._lock:
            theirs = list(other._checks.values())
        with self._lock:
            for each in theirs:
                self._checks[f"{prefix}.{each.name}"] = each

    def readiness(self) -> HealthReport:
        """Whether this process can do its work now. All checks."""
        return self._ask(liveness_only=False)

    def liveness(self) -> HealthReport:
        """Whether this process must be restarted. Only the checks added with liveness=True."""
        return self._ask(liveness_only=True)

    def _ask(self, *, liveness_only: bool) -> HealthReport:
        with self._lock:
            chosen = [(name, each) for name, each in self._checks.items() if each.liveness or not liveness_only]
        pending = [(name, each, each.begin()) for name, each in chosen]
        return HealthReport(tuple(each.finish(name, run) for name, each, run in pending))


@dataclass(frozen=True, slots=True)
class _Run:
    started: float
    answer: "Future[str | None]"


class _TimedCheck:
    """One check with its last answer; at most one call of it runs at a time, so a hung check costs one thread."""

    def __init__(self, name: str, check: Check, *, liveness: bool, advice: bool, limit_seconds: float) -> None:
        self.name = name
        self.liveness = liveness
        self._is_advice = advice
        self._check = check
        self._limit = limit_seconds
        self._lock = threading.Lock()
        self._run: _Run | None = None

    def begin(self) -> _Run:
        with self._lock:
            run = self._run
            if run is None or (run.answer.done() and clock.monotonic() - run.started > CACHE_SECONDS):
                run = self._run = _Run(clock.monotonic(), Future())
                threading.Thread(target=self._perform, args=(run,), name=f"health-{self.name}", daemon=True).start()
            return run

    def _perform(self, run: _Run) -> None:
        try:
            run.answer.set_result(self._check())
        except Exception as error:  # noqa: BLE001  # whatever it raised, the check has failed and says why
            run.answer.set_result(f"{type(error).__name__}: {error}")

    def finish(self, name: str, run: _Run) -> CheckResult:
        try:
            failure = run.answer.result(timeout=max(0.0, run.started + self._limit - clock.monotonic()))
        except TimeoutError:
            return CheckResult(name, f"no answer within {self._limit:g} s", self._is_advice)
        if failure is None:
            return CheckResult(name, None)
        return CheckResult(name, redact_text(failure)[:MAX_DETAIL_CHARS] or "failed without a reason", self._is_advice)


class HealthServer:
    """Serves /livez, /readyz and /metrics over plain HTTP, GET and HEAD only, to at most 8 callers at once."""

    def __init__(self, host: str, port: int, registry: HealthRegistry) -> None:
        self._host = host
        self._port = port
        self._registry = registry
        self._server: _ProbeServer | None = None

    def start(self) -> int:
        """Listen and answer in the background; returns the port. Port 0 means no server, and returns 0.

        Raises ConfigurationInvalid when the address cannot be listened on.
        """
        if self._port == 0:
            return 0
        try:
            self._server = _ProbeServer(self._host, self._port, self._registry)
        except OSError as error:
            problem = f"HEALTH_PORT or HEALTH_HOST: cannot listen on {self._host}:{self._port}: {error.strerror}"
            raise ConfigurationInvalid([problem]) from error
        loop = self._server.serve_forever
        threading.Thread(target=loop, args=(STOP_POLL_SECONDS,), name="health-server", daemon=True).start()
        return self._port

    def stop(self) -> None:
        """Stop listening. Does nothing when it is not running."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()


class _ProbeServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, host: str, port: int, registry: HealthRegistry) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.registry = registry
        self._slots = threading.BoundedSemaphore(MAX_CALLERS)
        super().__init__((host, port), _Probe)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # socketserver's signature
        # A prober that hangs up early is no event.
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log.error("health probe failed", exc_info=error)


class _Probe(socketserver.BaseRequestHandler):
    server: _ProbeServer

    def handle(self) -> None:
        status, kind, body = self._answer(self._read_head())
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self.request.settimeout(HEAD_SECONDS)
        self.request.sendall(head.encode() + body)

    def _read_head(self) -> bytes:
        # http.server limits each line but not the whole; a dripping caller would keep one of the 8 threads.
        head, deadline = b"", clock.monotonic() + HEAD_SECONDS
        while b"\r\n\r\n" not in head and len(head) < MAX_HEAD_BYTES:
            remaining = deadline - clock.monotonic()
            if remaining <= 0:
                raise TimeoutError
            self.request.settimeout(remaining)
            chunk = self.request.recv(MAX_HEAD_BYTES - len(head))
            if not chunk:
                break
            head += chunk
        return head

    def _answer(self, head: bytes) -> tuple[HTTPStatus, str, bytes]:
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if b"\r\n\r\n" not in head or len(words) != 3:
            too_long = len(head) >= MAX_HEAD_BYTES
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if too_long else HTTPStatus.BAD_REQUEST
            return status, _TEXT, b"not an HTTP request this server takes\n"
        method, target, _ = words
        if method not in {"GET", "HEAD"}:
            return HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"only GET and HEAD\n"
        status, kind, body = self._route(target.partition("?")[0])
        return status, kind, b"" if method == "HEAD" else body

    def _route(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        registry = self.server.registry
        if path == "/metrics":
            return HTTPStatus.OK, metrics.CONTENT_TYPE, metrics.render()
        if path not in {"/livez", "/readyz"}:
            return HTTPStatus.NOT_FOUND, _TEXT, b"try /livez, /readyz or /metrics\n"
        report = registry.liveness() if path == "/livez" else registry.readiness()
        status = HTTPStatus.OK if report.is_well else HTTPStatus.SERVICE_UNAVAILABLE
        return status, "application/json", report.as_json()
