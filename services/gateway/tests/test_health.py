"""What anybody may know about a gateway, and what only a key shows."""

import re
from collections.abc import Callable

from services.gateway.tests.conftest import Platform


def test_health_tells_that_the_process_answers_and_nothing_else(platform: Platform) -> None:
    assert platform.stranger.get("/healthz").json() == {"status": "ok"}


def test_readiness_tells_which_services_serve(platform: Platform) -> None:
    answer = platform.stranger.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "services": {"market-data": "ready", "social": "ready"}}


def test_a_gateway_with_one_service_down_is_degraded(start: Callable[..., Platform]) -> None:
    answer = start(down=("social",)).client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "services": {"market-data": "ready", "social": "unavailable"}}


def test_a_gateway_without_any_service_is_not_ready(start: Callable[..., Platform]) -> None:
    answer = start(down=("market-data", "social")).client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"


def test_metrics_need_a_key(platform: Platform) -> None:
    assert platform.stranger.get("/metrics").status_code == 401
    assert "millrace_http_request_seconds" in platform.client.get("/metrics").text


def test_the_documentation_needs_nothing_from_elsewhere(platform: Platform) -> None:
    answer = platform.client.get("/docs")

    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://", answer.text)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    for path in platform.client.get("/openapi.json").json()["paths"]:
        assert path in answer.text


def test_a_browser_is_led_to_the_documentation(platform: Platform) -> None:
    answer = platform.client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
