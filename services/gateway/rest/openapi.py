"""Owns what the API description says beyond the routes: keys and problems.
It must never describe what does not exist."""

from typing import Any

from fastapi import FastAPI

from services.gateway.auth.gate import PUBLIC_PATHS
from services.gateway.rest.problems import MEDIA_TYPE
from services.gateway.rest.schemas import Problem

_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _refusals(**meanings: str) -> dict[str, dict[str, Any]]:
    return {name.removeprefix("on_"): {"description": text, "content": _PROBLEM} for name, text in meanings.items()}


_ALWAYS = _refusals(
    on_422="A value or a parameter is not acceptable.",
    on_500="An internal error; error_id finds it in the log.",
)
_WITH_KEY = _refusals(
    on_401="The API key is missing or not valid.",
    on_403="The key's role does not allow this.",
    on_404="There is no such thing.",
    on_409="It exists already, or is not there yet.",
    on_429="Too many requests; Retry-After says when to come again.",
    on_503="A service or a store does not answer.",
)
_WITH_BODY = _refusals(
    on_400="The body cannot be read.",
    on_408="The body did not arrive in time.",
    on_413="The body or the arguments are too large.",
    on_415="The body has another media type.",
)
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the app, made once."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = FastAPI.openapi(app)
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, is_public=path in PUBLIC_PATHS)
    return document


def _complete(operation: dict[str, Any], *, is_public: bool) -> None:
    refusals = _ALWAYS if is_public else {**_ALWAYS, **_WITH_KEY}
    if "requestBody" in operation:
        refusals = {**refusals, **_WITH_BODY}
    operation["responses"] = {**operation["responses"], **refusals}
    if not is_public:
        operation["security"] = [{name: []} for name in _SCHEMES]
