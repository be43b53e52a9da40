"""Which routes answer to whom."""

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.gateway.auth.gate import PUBLIC_PATHS
from services.gateway.domain.roles import Role
from services.gateway.tests.conftest import Platform

PROBLEM = "application/problem+json"


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path of the app, parameters filled in."""
    return [
        (method, path.replace("{id}", "1").replace("{coin_id}", "1").replace("{coinId}", "1"))
        for route in iter_route_contexts(app.routes)
        if (path := getattr(route, "path", None)) is not None
        for method in sorted(getattr(route, "methods", None) or {"GET"})
    ]


def test_every_route_is_public_by_name_or_refuses_without_a_key(platform: Platform) -> None:
    routes = routes_of(platform.app)

    assert len(routes) >= 18
    for method, path in routes:
        answer = platform.stranger.request(method, path)
        assert (answer.status_code == 401) is (path not in PUBLIC_PATHS), (method, path)


def test_the_public_routes_are_exactly_these() -> None:
    assert {"/", "/docs", "/healthz", "/openapi.json", "/readyz"} == PUBLIC_PATHS


def test_every_other_route_declares_a_role(platform: Platform) -> None:
    viewer = platform.with_role(Role.VIEWER)
    for method, path in routes_of(platform.app):
        if path not in PUBLIC_PATHS:
            answer = platform.client.request(method, path, headers=viewer)
            is_refused = method != "GET" or path == "/api/v1/audit"
            assert (answer.status_code == 403) is is_refused, (method, path, answer.text)


@pytest.mark.parametrize(
    ("role", "may_submit", "may_change_coins"),
    [(Role.VIEWER, False, False), (Role.OPERATOR, True, False), (Role.ADMIN, True, True)],
)
def test_a_role_may_do_what_it_says(platform: Platform, role: Role, may_submit: bool, may_change_coins: bool) -> None:
    headers = platform.with_role(role)

    submitted = platform.client.post("/api/v1/jobs", json={"name": "tidy"}, headers=headers)
    triggered = platform.client.post("/api/v1/jobs/price-update/1", headers=headers)
    changed = platform.client.delete("/api/v1/coins/1", headers=headers)

    assert (submitted.status_code == 202) is may_submit
    assert (triggered.status_code == 404) is may_submit
    assert (changed.status_code == 404) is may_change_coins


def test_a_key_travels_in_either_header(platform: Platform) -> None:
    for headers in ({"X-API-Key": platform.key.reveal()}, {"Authorization": f"bearer {platform.key.reveal()}"}):
        answer = platform.stranger.get("/api/v1/queues", headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer mr_abc_" + "s" * 43},
        {"X-API-Key": "mr_abc_" + "s" * 43, "Authorization": "Bearer mr_abd_" + "s" * 43},
    ],
)
def test_a_missing_or_bad_key_is_a_problem_that_names_the_scheme(platform: Platform, headers: dict[str, str]) -> None:
    answer = platform.stranger.get("/api/v1/jobs", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"].endswith("/unauthenticated")


def test_a_refused_key_is_never_repeated(platform: Platform) -> None:
    secret = "mr_abc_" + "s" * 43
    answer = platform.stranger.get("/api/v1/jobs", headers={"X-API-Key": secret})

    assert "sss" not in answer.text


def test_an_unknown_path_is_not_told_to_strangers(platform: Platform) -> None:
    assert platform.stranger.get("/api/v1/secret").status_code == 401
    assert platform.client.get("/api/v1/secret").status_code == 404


def test_no_body_is_read_before_the_key_is_known(platform: Platform) -> None:
    answer = platform.stranger.post("/api/v1/jobs", content=b"x" * 3_000_000)

    assert answer.status_code == 401
