"""Owns the verbs of the command line about named locks. It must never know anything the API does not tell."""

import argparse
from collections.abc import Callable
from typing import Any

import httpx

_COLUMNS = ("service", "name", "owner", "since", "until")


def add(command: Callable[..., Any]) -> None:
    """Declare them."""
    command("locks", _locks, "list the named locks that are held", _COLUMNS).add_argument("--service")
    unlock = command("unlock", _unlock, "take a named lock from whoever holds it")
    unlock.add_argument("name")
    unlock.add_argument("--service", required=True)
    unlock.add_argument("--reason")


def _locks(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get("/api/v1/locks", params={"service": options.service} if options.service else {})


def _unlock(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    body = {name: getattr(options, name) for name in ("name", "service", "reason")}
    return client.post("/api/v1/locks/release", json={name: value for name, value in body.items() if value is not None})
