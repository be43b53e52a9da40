"""Owns the verbs of the command line about freshness. It must never know anything the API does not tell."""

import argparse
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

ROOT = "/api/v1/freshness/goals"
_GOALS = (
    "service",
    "name",
    "job",
    "max_age_ms",
    "hot_ms",
    "cold_ms",
    "entities",
    "breached",
    "jobs_per_minute",
    "paused",
)
_ENTITIES = ("name", "tier", "age_ms", "max_age_ms", "ratio", "data_at", "breach_since", "cause", "reason")
_BREACHES = ("entity", "since", "ended_at", "worst", "cause", "reason")


def add(command: Callable[..., Any]) -> None:
    """Declare them."""
    command("freshness", _goals, "list how old data may be", _GOALS).add_argument("--service")
    ages = _of_goal(command, "freshness-ages", _entities, "list how old data is", _ENTITIES)
    ages.add_argument("--breached", action="store_const", const="true", help="only what is too old")
    ages.add_argument("--order", help="entity or overrun")
    breaches = _of_goal(command, "freshness-breaches", _breaches, "list when data was too old", _BREACHES)
    breaches.add_argument("--entity")
    for listing in (ages, breaches):
        listing.add_argument("--limit")
        listing.add_argument("--cursor")
    change = _of_goal(command, "freshness-change", _change, "change how old data may be, or pause a goal", ())
    for name in ("max-age-ms", "hot-ms", "cold-ms"):
        change.add_argument(f"--{name}", type=int)
    change.add_argument("--pause", dest="paused", action="store_true", default=None)
    change.add_argument("--resume", dest="paused", action="store_false", default=None)
    change.add_argument("--reason")


def _of_goal(command: Callable[..., Any], name: str, run: Callable[..., Any], text: str, columns: Any) -> Any:
    added = command(name, run, text, columns)
    added.add_argument("name")
    added.add_argument("--service")
    return added


def _goals(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get(ROOT, params=_said(options, "service"))


def _entities(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    params = _said(options, "service", "breached", "order", "limit", "cursor")
    return client.get(f"{ROOT}/{quote(options.name, safe='')}/entities", params=params)


def _breaches(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    params = _said(options, "service", "entity", "limit", "cursor")
    return client.get(f"{ROOT}/{quote(options.name, safe='')}/breaches", params=params)


def _change(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    body = _said(options, "service", "max_age_ms", "hot_ms", "cold_ms", "paused", "reason")
    return client.patch(f"{ROOT}/{quote(options.name, safe='')}", json=body)


def _said(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}
