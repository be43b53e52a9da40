"""Owns `millrace statistics QUEUE` and `millrace job attempts ID`.
It must never know anything the API does not tell."""

import argparse
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

_COLUMNS = (
    "at", "minutes", "enqueued", "started", "completed", "failed", "retried", "dead", "wait_p50_ms", "wait_p99_ms",
    "run_p50_ms", "run_p99_ms",
)  # fmt: skip
_ATTEMPT_COLUMNS = ("number", "generation", "outcome", "started_at", "finished_at", "worker", "error")
Report = Callable[[httpx.Response, argparse.Namespace], int]


def add(command: Callable[..., Any], *, report: Report) -> None:
    """Add both verbs."""
    shown = command("statistics", _statistics, "show what happened in a queue, by the minute", _COLUMNS)
    shown.add_argument("queue")
    shown.add_argument("--service", help="needed where several services have a queue of this name")
    shown.add_argument("--minutes", help="how many, up to now; 60 by default, at most 20160")
    shown.add_argument("--step-minutes", help="minutes a line; a tenth of all by default")
    shown.set_defaults(report=lambda response, options: _report(response, options, report, _lines))
    attempts = command(
        "job attempts", _attempts, "show every run of a job; with --json tracebacks too", _ATTEMPT_COLUMNS
    )
    attempts.add_argument("id")
    for name in ("limit", "cursor"):
        attempts.add_argument(f"--{name}")
    attempts.set_defaults(report=lambda response, options: _report(response, options, report, _runs))


def _statistics(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    wanted = {"service": options.service, "minutes": options.minutes, "step_minutes": options.step_minutes}
    minutes = options.minutes or "60"
    if wanted["step_minutes"] is None and minutes.isdecimal():
        wanted["step_minutes"] = str(max(1, -(-int(minutes) // 10)))
    path = f"/api/v1/queues/{quote(options.queue, safe='')}/statistics"
    return client.get(path, params={name: value for name, value in wanted.items() if value})


def _attempts(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    wanted = {name: getattr(options, name) for name in ("limit", "cursor") if getattr(options, name)}
    return client.get(f"/api/v1/jobs/{quote(options.id, safe='')}/attempts", params=wanted)


def _report(
    response: httpx.Response, options: argparse.Namespace, otherwise: Report, lines: Callable[[Any], dict[str, Any]]
) -> int:
    if options.json or not response.is_success:
        return otherwise(response, argparse.Namespace(**{**vars(options), "columns": ()}))
    page = json.dumps(lines(response.json()))
    return otherwise(httpx.Response(200, content=page, request=response.request), options)


def _lines(answer: Any) -> dict[str, Any]:
    """A line a point, and the sum last."""
    items = [*answer["points"], answer["total"]]
    for item in items:
        for word, name in (("wait", "waits"), ("run", "runs")):
            item |= {f"{word}_{each}": item[name][each] for each in ("p50_ms", "p99_ms")}
    return {"items": items, "next_cursor": None}


def _runs(page: Any) -> dict[str, Any]:
    """An error in one line."""
    for item in page["items"]:
        error = item["error"]
        item["error"] = f"{error['type']}: {error['message']}"[:200] if error else None
    return dict(page)
