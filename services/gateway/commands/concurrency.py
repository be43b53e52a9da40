"""Owns `millrace concurrency QUEUE`: how a queue's slots follow what its jobs meet.
It must never know anything the API does not tell."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

_COLUMNS = ("at", "slots_before", "slots_after", "reason", "runs", "mean_seconds", "limited", "cpu", "queued")
Report = Callable[[httpx.Response, argparse.Namespace], int]


def add(command: Callable[..., Any], *, report: Report) -> None:
    """Add the verb."""
    shown = command("concurrency", _show, "show the bounds of a queue's slots and what was decided", _COLUMNS)
    shown.add_argument("queue")
    shown.add_argument("--service", help="needed where several services have a queue of this name")
    shown.set_defaults(report=lambda response, options: _report(response, options, report))


def _show(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    path = f"/api/v1/queues/{quote(options.queue, safe='')}/concurrency"
    return client.get(path, params={"service": options.service} if options.service else {})


def _report(response: httpx.Response, options: argparse.Namespace, otherwise: Report) -> int:
    if options.json or not response.is_success:
        return otherwise(response, argparse.Namespace(**{**vars(options), "columns": ()}))
    answer = response.json()
    bounds = f"from {answer['min_slots']} to {answer['max_slots']}" if answer["adaptive"] else "fixed"
    print(f"{answer['service']} {answer['queue']}: {answer['slots']} slots, {bounds}", file=sys.stderr)
    page = {"items": answer["decisions"], "next_cursor": None}
    return otherwise(httpx.Response(200, content=json.dumps(page), request=response.request), options)
