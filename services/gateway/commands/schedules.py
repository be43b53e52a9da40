"""Owns the command line's verbs of schedules. It must never know anything the API does not tell."""

import argparse
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

ROOT = "/api/v1/schedules"
_COLUMNS = ("service", "name", "job", "state", "missed", "next_run_at", "last_run_at", "description")
_TICK_COLUMNS = ("expected_at", "fired_at", "late_ms", "outcome", "cause", "stands_for", "job_id", "job_state")
_TEXTS = {
    "cron": "5 or 6 fields, @daily and so on, or a name such as EVERY_5_MINUTES",
    "at": "one instant, RFC 3339 with zone",
    "timezone": "IANA name for cron; UTC by default",
    "starts-at": "no run lies before it",
    "ends-at": "no run lies at or after it",
    "misfire": "skip, fire_once or backfill",
    "overlap": "skip, buffer_one, buffer_all, cancel_other or allow",
}
_NUMBERS = ("every-ms", "max-runs", "jitter-ms", "misfire-window-ms", "misfire-max", "pause-after")
#: What a schedule may be without.
_CLEARABLE = ("starts-at", "ends-at", "max-runs", "misfire-window-ms", "pause-after")
_OWN = {"clear", "json", "run", "columns", "report", "verb", "name", "args"}


def add_schedules(command: Callable[..., Any], arguments: Callable[[str], str]) -> None:
    """The verbs; the gateway says which role each needs. `arguments` reads a JSON object."""
    listing = command("schedules", _list, "list schedules", _COLUMNS)
    for name in ("service", "job", "limit", "cursor"):
        listing.add_argument(f"--{name}")
    _named(command, "schedule", _show, "show one schedule").add_argument("--next-runs", type=int)
    history = _named(command, "schedule-history", _history, "what was expected and what came", _TICK_COLUMNS)
    for name in ("limit", "cursor"):
        history.add_argument(f"--{name}")
    create = _named(command, "schedule-create", _create, "make a schedule")
    create.add_argument("--job", required=True)
    _add_spec(create, arguments)
    change = _named(command, "schedule-change", _change, "change a schedule")
    change.add_argument("--job")
    change.add_argument("--clear", action="append", choices=_CLEARABLE, help="take a value away; may be repeated")
    change.add_argument("--reset", action="store_true", default=None, help="back to what code declares")
    change.add_argument("--reason")
    _add_spec(change, arguments)
    preview = command("schedule-preview", _preview, "say what a schedule would do; makes none")
    preview.add_argument("--service")
    preview.add_argument("--job")
    preview.add_argument("--next-runs", type=int)
    preview.add_argument("--after", metavar="TIME")
    _add_spec(preview, arguments)
    _named(command, "schedule-delete", _delete, "delete a schedule")
    for verb, text in (
        ("start", "let a stopped schedule fire again"),
        ("stop", "let a schedule fire no more"),
        ("trigger", "submit a schedule's job now"),
        ("backfill", "run what should have run in a past time"),
    ):
        added = _named(command, f"schedule-{verb}", _act, text)
        added.set_defaults(verb=verb)
        added.add_argument("--reason")
        if verb == "backfill":
            added.add_argument("--start", required=True, metavar="TIME")
            added.add_argument("--end", required=True, metavar="TIME")
            added.add_argument("--in-turn", action="store_true", default=None, help="one after the other")


def _named(command: Callable[..., Any], verb: str, run: Callable[..., Any], text: str, columns: Any = ()) -> Any:
    added = command(verb, run, text, columns)
    added.add_argument("name")
    added.add_argument("--service", help="needed where several services have a schedule of this name")
    return added


def _add_spec(parser: Any, arguments: Callable[[str], str]) -> None:
    for name, text in _TEXTS.items():
        parser.add_argument(f"--{name}", help=text)
    for name in _NUMBERS:
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--run-on-init", action="store_true", default=None)
    parser.add_argument("--args", type=arguments, metavar="JSON", help="the job's arguments")


def _list(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get(ROOT, params=_given(options))


def _show(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get(_path(options), params=_given(options))


def _history(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get(f"{_path(options)}/history", params=_given(options))


def _create(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return _send(client, "POST", ROOT, {"name": options.name, **_given(options)}, options)


def _change(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    cleared = dict.fromkeys(name.replace("-", "_") for name in options.clear or ())
    return _send(client, "PATCH", _path(options), {**cleared, **_given(options)}, options)


def _preview(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return _send(client, "POST", f"{ROOT}/preview", _given(options), options)


def _delete(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.delete(_path(options), params=_given(options))


def _act(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.post(f"{_path(options)}/{options.verb}", json=_given(options))


def _send(
    client: httpx.Client, method: str, path: str, given: dict[str, Any], options: argparse.Namespace
) -> httpx.Response:
    # Arguments travel as they were typed, so that no digit is lost.
    text = json.dumps(given)
    if options.args is not None:
        text = f'{text.removesuffix("}")}{", " if given else ""}"args": {options.args}}}'
    return client.request(method, path, content=text.encode(), headers={"Content-Type": "application/json"})


def _given(options: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(options).items() if name not in _OWN and value is not None}


def _path(options: argparse.Namespace) -> str:
    return f"{ROOT}/{quote(options.name, safe='')}"
