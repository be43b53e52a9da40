"""What the API description promises."""

import importlib
import pkgutil
from typing import Any

import pytest
from fastapi import APIRouter

from services.gateway import dialects, rest
from services.gateway.auth.gate import PUBLIC_PATHS
from services.gateway.rest import contracts
from services.gateway.tests.conftest import Platform

_OF_A_SERVICE = "/api/v1/services/{service}"
STEERING = {
    ("GET", f"{_OF_A_SERVICE}/gates"), ("GET", f"{_OF_A_SERVICE}/gates/jobs/{{name}}"),
    ("PATCH", f"{_OF_A_SERVICE}/gates/jobs/{{name}}"), ("GET", f"{_OF_A_SERVICE}/gates/groups/{{queue}}/{{key}}"),
    ("PATCH", f"{_OF_A_SERVICE}/gates/groups/{{queue}}/{{key}}"), ("GET", f"{_OF_A_SERVICE}/limiters"),
    ("GET", f"{_OF_A_SERVICE}/limiters/{{name}}"), ("PATCH", f"{_OF_A_SERVICE}/limiters/{{name}}"),
    ("GET", f"{_OF_A_SERVICE}/messages"), ("POST", f"{_OF_A_SERVICE}/messages/{{id}}/retry"),
    ("POST", f"{_OF_A_SERVICE}/messages/{{id}}/give-up"), ("DELETE", f"{_OF_A_SERVICE}/messages/{{id}}"),
    ("GET", f"{_OF_A_SERVICE}/effects"), ("POST", f"{_OF_A_SERVICE}/effects/resolve"),
}  # fmt: skip


@pytest.fixture
def document(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = platform.client.get("/openapi.json").json()
    return found


def test_the_description_is_openapi_3_1_with_every_route(document: dict[str, Any]) -> None:
    operations = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    assert document["openapi"].startswith("3.1")
    assert operations == {
        ("POST", "/api/v1/jobs"), ("GET", "/api/v1/jobs"), ("GET", "/api/v1/jobs/{id}"), ("GET", "/api/v1/queues"),
        ("POST", "/api/v1/coins"), ("GET", "/api/v1/coins"), ("GET", "/api/v1/coins/{coin_id}"),
        ("PATCH", "/api/v1/coins/{coin_id}"), ("DELETE", "/api/v1/coins/{coin_id}"),
        ("GET", "/api/v1/coins/{coin_id}/price"), ("GET", "/api/v1/coins/{coin_id}/prices"),
        *((each.verb, each.path) for each in contracts.discover()),
        ("POST", "/api/v1/jobs/price-update/{coinId}"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"),
        ("POST", "/api/v1/jobs/{id}/cancel"), ("POST", "/api/v1/jobs/{id}/retry"), ("PATCH", "/api/v1/jobs/{id}"),
        ("DELETE", "/api/v1/jobs/{id}"), ("POST", "/api/v1/queues/{name}/pause"),
        ("POST", "/api/v1/queues/{name}/resume"), ("PATCH", "/api/v1/queues/{name}"),
        ("POST", "/api/v1/queues/{name}/drain"), ("POST", "/api/v1/queues/{name}/clean"), ("GET", "/api/v1/audit"),
        ("GET", "/api/v1/jobs/{id}/attempts"), ("GET", "/api/v1/queues/{name}/statistics"),
        ("GET", "/api/v1/jobs/{id}/logs"), ("GET", "/api/v1/jobs/{id}/events"),
        ("GET", "/api/v1/jobs/{id}/why"), *STEERING,
        ("GET", "/api/v1/schedules"), ("POST", "/api/v1/schedules"), ("POST", "/api/v1/schedules/preview"),
        ("GET", "/api/v1/schedules/{name}"), ("PATCH", "/api/v1/schedules/{name}"),
        ("DELETE", "/api/v1/schedules/{name}"), ("GET", "/api/v1/schedules/{name}/history"),
        ("POST", "/api/v1/schedules/{name}/start"), ("POST", "/api/v1/schedules/{name}/stop"),
        ("POST", "/api/v1/schedules/{name}/trigger"), ("POST", "/api/v1/schedules/{name}/backfill"),
        ("GET", "/api/v1/flows"), ("POST", "/api/v1/flows"), ("GET", "/api/v1/flows/{id}"),
        ("POST", "/api/v1/flows/{id}/cancel"),
        ("POST", "/api/v1/flows/{id}/retry"),
        ("GET", "/api/v1/jobs/{id}/result"),
        ("GET", "/api/v1/queues/{name}/concurrency"), ("GET", "/api/v1/circuits"),
        ("POST", "/api/v1/circuits/{name}/open"),
        ("POST", "/api/v1/circuits/{name}/close"), ("GET", "/api/v1/budgets"), ("PATCH", "/api/v1/budgets/{name}"),
        ("GET", "/api/v1/locks"), ("POST", "/api/v1/locks/release"),
        ("GET", "/api/v1/freshness/goals"), ("PATCH", "/api/v1/freshness/goals/{name}"),
        ("GET", "/api/v1/freshness/goals/{name}/entities"), ("GET", "/api/v1/freshness/goals/{name}/breaches"),
        ("POST", "/api/v1/freshness/goals/{name}/touch"),
    }  # fmt: skip


def test_no_module_with_routes_is_left_out(document: dict[str, Any]) -> None:
    modules = [
        importlib.import_module(f"{package.__name__}.{info.name}")
        for package in (rest, dialects)
        for info in pkgutil.iter_modules(package.__path__)
    ]
    routers = [module.routes for module in modules if isinstance(getattr(module, "routes", None), APIRouter)]

    declared = {
        str(getattr(route, "path", "")).replace(":path}", "}")
        for router in routers
        for route in router.routes
        if getattr(route, "include_in_schema", False)
    }

    assert len(declared) > 20
    assert declared - document["paths"].keys() == set()


def test_every_refusal_is_described_as_a_problem(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            expected = {"422", "500"} if path in PUBLIC_PATHS else {"401", "403", "404", "422", "429", "500", "503"}
            if "requestBody" in operation:
                expected |= {"400", "413", "415"}
            assert expected <= operation["responses"].keys()
            for status in expected:
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
            assert ("security" in operation) is (path not in PUBLIC_PATHS)


def test_bodies_and_parameters_are_described_with_their_bounds(document: dict[str, Any]) -> None:
    body = document["paths"]["/api/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    query = {parameter["name"]: parameter for parameter in document["paths"]["/api/v1/jobs"]["get"]["parameters"]}

    assert set(body["properties"]) == {
        "name", "args", "queue", "service", "priority", "scheduled_for", "depends_on", "min_success_ratio",
        "unique_key", "unique", "sequence", "group", "times",
    }  # fmt: skip
    assert body["required"] == ["name"]
    assert body["additionalProperties"] is False
    assert set(query) == {"queue", "state", "name", "service", "limit", "cursor"}
    assert (query["limit"]["schema"]["minimum"], query["limit"]["schema"]["maximum"]) == (1, 500)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]
