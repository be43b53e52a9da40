"""Owns the verbs of gates, limiters, messages and effects, and the answer to why a job does not run.

It must never know anything the API does not tell.
"""

import argparse
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

_GATE_COLUMNS = ("queue", "kind", "name", "paused", "max_running", "running", "parked")
_LIMITER_COLUMNS = ("name", "points", "window_ms", "effective_points", "free_points", "paused", "opens_at")
_MESSAGE_COLUMNS = ("id", "peer", "job", "state", "attempts", "created_at", "next_at")
_EFFECT_COLUMNS = ("job_id", "name", "generation", "calls", "age_ms")


def add(command: Callable[..., Any]) -> None:
    """Declare them."""
    command("job why", _why, "tell why a job is not running").add_argument("id")
    _add_list(command, "gates", _GATE_COLUMNS, "list the gates of jobs and groups that were set", "queue", "kind")
    _add_gate(command, "gate job", "show, pause, resume or limit a job name", _job_gate)
    _add_gate(command, "gate group", "show, pause, resume or limit a group of a queue", _group_gate)
    command("limiters", _list_of("limiters"), "list a service's shared limiters", _LIMITER_COLUMNS).add_argument(
        "service"
    )
    limiter = command("limiter", _limiter, "show, pause, resume or change a shared limiter")
    limiter.add_argument("service")
    limiter.add_argument("name")
    _add_pause(limiter)
    limiter.add_argument("--points", type=int)
    limiter.add_argument("--window-ms", type=int)
    _add_list(command, "messages", _MESSAGE_COLUMNS, "list messages to other services that failed", "state")
    for verb, text in (("retry", "try a message now"), ("give-up", "send a waiting message no more")):
        message = command(f"message {verb}", _message, text)
        message.set_defaults(verb=verb)
        message.add_argument("service")
        message.add_argument("id")
        message.add_argument("--reason")
    forget = command("message forget", _forget, "delete a message that was given up")
    forget.add_argument("service")
    forget.add_argument("id")
    _add_list(command, "effects", _EFFECT_COLUMNS, "list unfinished effects with their age", "older-than-seconds")


def _add_list(command: Callable[..., Any], name: str, columns: tuple[str, ...], text: str, *filters: str) -> None:
    listing = command(name, _list_of(name), text, columns)
    listing.add_argument("service")
    for option in (*filters, "limit", "cursor"):
        listing.add_argument(f"--{option}")


def _add_gate(command: Callable[..., Any], name: str, text: str, run: Callable[..., httpx.Response]) -> None:
    gate = command(name, run, text)
    gate.add_argument("service")
    if name == "gate group":
        gate.add_argument("queue")
        gate.add_argument("key")
    else:
        gate.add_argument("name")
        gate.add_argument("--queue", help="the job's own by default")
    _add_pause(gate)
    gate.add_argument("--max-running", type=int, help="over all processes; 0 takes it away")


def _add_pause(parser: Any) -> None:
    pausing = parser.add_mutually_exclusive_group()
    pausing.add_argument("--pause", dest="paused", action="store_true", default=None)
    pausing.add_argument("--resume", dest="paused", action="store_false", default=None)
    parser.add_argument("--until", metavar="TIME", help="when the pause ends by itself")
    parser.add_argument("--reset", action="store_true", default=None, help="back to what code declares")
    parser.add_argument("--reason")


def _why(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get(f"/api/v1/jobs/{_part(options.id)}/why")


def _list_of(name: str) -> Callable[[httpx.Client, argparse.Namespace], httpx.Response]:
    def run(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
        return client.get(_path(options, name), params=_given(options))

    return run


def _job_gate(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    path = _path(options, "gates/jobs", options.name)
    body = _given(options, "name")
    if set(body) <= {"queue"}:
        return client.get(path, params=body)
    return client.patch(path, json=body)


def _group_gate(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    path = _path(options, "gates/groups", options.queue, options.key)
    return _shown_or_changed(client, path, _given(options, "queue", "key"))


def _limiter(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return _shown_or_changed(client, _path(options, "limiters", options.name), _given(options, "name"))


def _message(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.post(_path(options, "messages", options.id, options.verb), json=_given(options, "id", "verb"))


def _forget(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.delete(_path(options, "messages", options.id))


def _shown_or_changed(client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    return client.patch(path, json=body) if body else client.get(path)


def _path(options: argparse.Namespace, *parts: str) -> str:
    """A path of the service; the first part may have slashes of its own."""
    first, *rest = parts
    return "/".join(("/api/v1/services", _part(options.service), first, *map(_part, rest)))


def _part(text: str) -> str:
    return quote(text, safe="")


def _given(options: argparse.Namespace, *besides: str) -> dict[str, Any]:
    own = {"json", "run", "columns", "report", "service", *besides}
    return {name: value for name, value in vars(options).items() if name not in own and value is not None}
