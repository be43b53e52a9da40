"""What every answer has."""

import httpx
import pytest
from fastapi import FastAPI

from services.gateway.rest.edge import Edge
from services.gateway.tests.conftest import Platform, serving
from shared import metrics
from shared.errors import Permanent


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/api/v1/queues", "/nowhere", "/api/v1/jobs?limit=x"])
def test_every_answer_has_the_security_headers(platform: Platform, path: str) -> None:
    headers = platform.client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 32


def test_a_callers_request_id_is_kept_and_a_harmful_one_replaced(platform: Platform) -> None:
    kept = platform.client.get("/healthz", headers={"x-request-id": "trace-7.a_b"})
    replaced = platform.client.get("/healthz", headers={"x-request-id": 'x" onload='})

    assert kept.headers["x-request-id"] == "trace-7.a_b"
    assert replaced.headers["x-request-id"] != 'x" onload='


def test_unknown_paths_and_methods_are_problems(platform: Platform) -> None:
    nowhere = platform.client.get("/api/v1/nowhere")
    method = platform.client.put("/api/v1/jobs")

    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "https://millrace.dev/problems/not-found")
    assert (method.status_code, method.headers["allow"]) == (405, "GET, POST")
    assert method.json()["allowed"] == ["GET", "POST"]
    assert nowhere.headers["content-type"] == method.headers["content-type"] == "application/problem+json"


def test_requests_are_measured_by_pattern_never_by_path(platform: Platform) -> None:
    platform.client.get("/api/v1/coins/918273")
    platform.client.get("/nowhere/918273")

    shown = metrics.render().decode()
    assert 'route="/api/v1/coins/{coin_id}"' in shown
    assert 'route="unmatched"' in shown
    assert "918273" not in shown


def test_an_unexpected_error_is_an_id_and_never_a_trace() -> None:
    app = FastAPI()
    app.add_middleware(Edge)

    @app.get("/bug")
    def bug() -> None:
        raise ZeroDivisionError("the secret is 42")

    @app.get("/unlisted")
    def unlisted() -> None:
        raise Permanent("internal wording")

    with serving(app) as url:
        answers = [httpx.get(url + path, trust_env=False) for path in ("/bug", "/unlisted")]

    for answer in answers:
        problem = answer.json()
        assert answer.status_code == 500
        assert problem["type"] == "https://millrace.dev/problems/internal"
        assert len(problem["error_id"]) == 32
        assert "secret" not in answer.text
        assert "wording" not in answer.text
