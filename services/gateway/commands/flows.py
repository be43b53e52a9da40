"""Owns the verbs of the command line about flows. It must never know anything the API does not tell."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

_COLUMNS = ("id", "service", "name", "state", "live", "created_at", "finished_at", "reason")


def add(command: Callable[..., Any]) -> None:
    """Declare them."""
    submit = command("submit-flow", _submit, "submit a graph of jobs as a whole")
    submit.add_argument("file", help="the body of POST /api/v1/flows; - reads it from standard input")
    submit.add_argument("--idempotency-key")
    listing = command("flows", _list, "list flows, the newest first", _COLUMNS)
    for name in ("service", "job-id", "limit", "cursor"):
        listing.add_argument(f"--{name}")
    listing.add_argument("--live", action="store_const", const="true", help="only those that have not ended")
    command("flow", _show, "show a flow with its jobs").add_argument("id")
    for verb, text in (("cancel", "cancel all of a flow"), ("retry", "run the failed part of a flow again")):
        flow = command(f"{verb}-flow", _act, text)
        flow.set_defaults(verb=verb)
        flow.add_argument("id")
        flow.add_argument("--reason", default="")


def _submit(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    # As it is: the gateway checks it, and no digit is lost.
    body = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    headers = {"Content-Type": "application/json"}
    if options.idempotency_key:
        headers["Idempotency-Key"] = options.idempotency_key
    return client.post("/api/v1/flows", content=body, headers=headers)


def _list(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    names = ("service", "live", "job_id", "limit", "cursor")
    return client.get("/api/v1/flows", params={name: value for name in names if (value := getattr(options, name))})


def _show(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get(f"/api/v1/flows/{quote(options.id, safe='')}")


def _act(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    path = f"/api/v1/flows/{quote(options.id, safe='')}/{options.verb}"
    return client.post(path, json={"reason": options.reason})
