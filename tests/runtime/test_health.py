"""Health: the answer comes from the checks, and no check or caller can hold it up."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from shared import clock, health
from shared.errors import ConfigurationInvalid
from shared.health import HealthRegistry, HealthServer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Site:
    """A running health server."""

    def __init__(self) -> None:
        self.registry = HealthRegistry()
        self.port = free_port()
        self.server = HealthServer("127.0.0.1", self.port, self.registry)

    def ask(self, path: str, method: str = "GET") -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    def say(self, raw: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.fixture
def site() -> Iterator[Site]:
    """A server on loopback, stopped afterwards."""
    site = Site()
    site.server.start()
    yield site
    site.server.stop()


def test_readiness_names_each_check_and_fails_when_one_does(site: Site) -> None:
    site.registry.add("postgres", lambda: None)
    site.registry.add("redis", lambda: "cannot connect to redis://:hunter2@db")

    status, kind, body = site.ask("/readyz")

    assert (status, kind) == (503, "application/json")
    assert json.loads(body) == {
        "status": "failed",
        "checks": {
            "postgres": {"status": "ok", "detail": ""},
            "redis": {"status": "failed", "detail": "cannot connect to redis://***@db"},
        },
    }


def test_liveness_asks_only_what_a_restart_would_cure(site: Site) -> None:
    site.registry.add("redis", lambda: "down")
    site.registry.add("worker-loop", lambda: None, liveness=True)

    status, _, body = site.ask("/livez")

    assert status == 200
    assert list(json.loads(body)["checks"]) == ["worker-loop"]
    assert site.ask("/readyz")[0] == 503


def test_metrics_are_served_as_text(site: Site) -> None:
    status, kind, body = site.ask("/metrics")

    assert status == 200
    assert kind.startswith("text/plain; version=0.0.4")
    assert b"millrace_job_attempts" in body


def test_a_check_that_raises_has_failed() -> None:
    registry = HealthRegistry()
    registry.add("postgres", lambda: str(1 // 0))

    report = registry.readiness()

    assert report.results[0].failure == "ZeroDivisionError: integer division or modulo by zero"


def test_a_check_that_hangs_has_failed_and_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CACHE_SECONDS", 0.0)
    registry, release, calls = HealthRegistry(), threading.Event(), []

    def hang() -> None:
        calls.append(1)
        release.wait(10)

    registry.add("stuck", hang, limit_seconds=0.05)
    registry.add("well", lambda: None)
    failures = [[each.failure for each in registry.readiness().results] for _ in range(5)]
    release.set()

    assert failures == [["no answer within 0.05 s", None]] * 5
    assert len(calls) == 1


def test_an_answer_is_kept_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    registry, calls, time = HealthRegistry(), [], [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: time[0])
    registry.add("counted", lambda: calls.append(1))

    for moment in (100.0, 100.5, 101.5):
        time[0] = moment
        registry.readiness()

    assert len(calls) == 2


def test_a_host_of_several_services_answers_for_all_of_them() -> None:
    process, risk = HealthRegistry(), HealthRegistry()
    risk.add("postgres", lambda: "down")

    process.include(risk, prefix="risk")

    assert [(each.name, each.failure) for each in process.readiness().results] == [("risk.postgres", "down")]


def test_a_check_registered_twice_is_refused() -> None:
    registry = HealthRegistry()
    registry.add("redis", lambda: None)

    with pytest.raises(ValueError, match="redis is registered twice"):
        registry.add("redis", lambda: None)


def test_other_paths_and_methods_are_refused(site: Site) -> None:
    assert site.ask("/")[0] == 404
    assert site.ask("/readyz/../etc/passwd")[0] == 404
    assert site.ask("/readyz", "POST")[0] == 405
    assert site.ask("/readyz?verbose=1")[0] == 200
    assert site.ask("/readyz", "HEAD") == (200, "application/json", b"")


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe\x00", b"GET /readyz HTTP/1.1\r\n"])
def test_what_is_no_request_is_answered_400(site: Site, raw: bytes) -> None:
    assert site.say(raw).startswith(b"HTTP/1.1 400 ")


def test_a_request_head_beyond_its_limit_is_refused(site: Site) -> None:
    assert site.say(b"GET /" + b"x" * (health.MAX_HEAD_BYTES - 5)).startswith(b"HTTP/1.1 431 ")


def test_a_caller_that_drips_loses_its_place_after_its_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "HEAD_SECONDS", 0.05)

    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as connection:
        connection.sendall(b"GET /readyz")
        answer = connection.recv(100)

    assert answer == b""


def test_callers_beyond_eight_at_once_are_turned_away(site: Site) -> None:
    waiting = [socket.create_connection(("127.0.0.1", site.port), timeout=5) for _ in range(health.MAX_CALLERS)]
    try:
        with socket.create_connection(("127.0.0.1", site.port), timeout=5) as ninth:
            turned_away = ninth.recv(100)
        for connection in waiting:
            connection.sendall(b"GET /livez HTTP/1.1\r\n\r\n")
        answers = [connection.recv(15) for connection in waiting]
    finally:
        for connection in waiting:
            connection.close()

    assert turned_away == b""
    assert answers == [b"HTTP/1.1 200 OK"] * health.MAX_CALLERS


def test_port_0_means_no_server() -> None:
    server = HealthServer("127.0.0.1", 0, HealthRegistry())

    assert server.start() == 0
    server.stop()


def test_a_taken_port_is_refused_naming_its_setting(site: Site) -> None:
    with pytest.raises(ConfigurationInvalid, match=f"HEALTH_PORT .*127.0.0.1:{site.port}"):
        HealthServer("127.0.0.1", site.port, HealthRegistry()).start()


def test_advice_is_shown_and_takes_nothing_out_of_service() -> None:
    registry = HealthRegistry()
    registry.add("schedules", lambda: "price-updates: schedules ask for 12 starts a minute", advice=True)

    report = registry.readiness()

    assert report.is_well
    assert json.loads(report.as_json())["checks"]["schedules"]["status"] == "warning"
