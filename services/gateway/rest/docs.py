"""Owns /openapi.json and /docs: the API description, and one page made of it.
It must never load anything from elsewhere."""

import base64
import hashlib
from html import escape
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.gateway.rest.answers import json_answer
from services.gateway.rest.query import no_query

routes = APIRouter(include_in_schema=False, dependencies=[Depends(no_query)])

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:14px/1.45 ui-monospace,monospace}
pre{overflow:auto;padding:.7rem;border:1px solid #8884;border-radius:.4rem}
details{border-top:1px solid #8884;padding:.4rem 0}
summary{cursor:pointer}
.method{display:inline-block;min-width:4.5rem;font-weight:700}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@routes.get("/")
def root() -> Response:
    """Lead a browser to the documentation."""
    return RedirectResponse("/docs", status_code=307)


@routes.get("/openapi.json")
def openapi_json(request: Request) -> Response:
    """The API description, OpenAPI 3.1."""
    return json_answer(request.app.openapi())


@routes.get("/docs")
def docs(request: Request) -> Response:
    """The API description as one page: no script, no other file, so that it works offline."""
    return HTMLResponse(page(request.app.openapi()), headers={"Content-Security-Policy": _POLICY})


def page(document: dict[str, Any]) -> str:
    """The whole page."""
    operations = "".join(
        _operation(path, method, operation, document)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{title}</h1>'
        f"<p>{escape(document['info'].get('description', ''))}</p>"
        "<p>Every call but the health checks needs a key: <code>Authorization: Bearer …</code> or "
        "<code>X-API-Key: …</code>. Errors are RFC 9457 problems with a stable <code>type</code>. "
        'The same as a file for tools: <a href="/openapi.json">openapi.json</a>.</p>'
        f"{operations}</body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if operation.get("parameters"):
        rows = "".join(_parameter(parameter) for parameter in operation["parameters"])
        parts.append(f"<table><tr><th>parameter</th><th>in</th><th>what</th></tr>{rows}</table>")
    if body:
        parts.append(f"<p>Body (JSON):</p>{_fields(body)}")
    for status, response in operation["responses"].items():
        parts.append(f"<p><b>{escape(status)}</b> {escape(response.get('description', ''))}</p>")
        parts.append(_answer(response, document) if status.startswith("2") else "")
    head = f'<span class="method">{escape(method.upper())}</span><code>{escape(path)}</code>'
    return f"<details><summary>{head}</summary>{''.join(parts)}</details>"


def _parameter(parameter: dict[str, Any]) -> str:
    schema = parameter.get("schema", {})
    text = " ".join(filter(None, (parameter.get("description") or schema.get("description", ""), _bounds(schema))))
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{parameter['in']}</td><td>{escape(text)}</td></tr>"
    )


def _answer(response: dict[str, Any], document: dict[str, Any]) -> str:
    reference = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    schema = document["components"]["schemas"].get(reference.rpartition("/")[2])
    return _fields(schema) if schema else ""


def _fields(schema: dict[str, Any]) -> str:
    needed = schema.get("required", ())
    lines = []
    for name, field in schema.get("properties", {}).items():
        text = " ".join(filter(None, (_bounds(field), field.get("description", ""))))
        lines.append(f"{name}{'' if name in needed else '?'}: {text}".rstrip(": "))
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def _bounds(schema: dict[str, Any]) -> str:
    """The type of a schema in a few words."""
    if "anyOf" in schema:
        return " or ".join(_bounds(part) for part in schema["anyOf"])
    words = [schema.get("$ref", "").rpartition("/")[2] or str(schema.get("type", "any"))]
    if "items" in schema:
        words.append(f"of {_bounds(schema['items'])}")
    if "enum" in schema:
        words = [" | ".join(schema["enum"])]
    words += [f"{word} {schema[key]}" for key, word in _LIMITS.items() if key in schema]
    return " ".join(words)


_LIMITS = {"minimum": "from", "maximum": "to", "maxLength": "at most characters:", "default": "default"}
