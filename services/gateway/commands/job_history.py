"""Owns `millrace job logs ID` and `millrace job events ID`. It must never know anything the API does not tell."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from time import sleep
from typing import Any
from urllib.parse import quote

import httpx

#: Between two questions for what a job has logged since.
FOLLOW_SECONDS = 1.0
_EVENT_COLUMNS = ("at", "event", "generation", "attempt", "worker", "reason")
_UNAVAILABLE = 503
Report = Callable[[httpx.Response, argparse.Namespace], int]


def add(command: Callable[..., Any], *, report: Report) -> None:
    """Add both verbs."""
    logs = command("job logs", _logs, "show what a job logged")
    logs.add_argument("id")
    logs.add_argument("--follow", action="store_true", help="go on until the job has ended")
    logs.add_argument("--attempt", help="of one attempt")
    logs.add_argument("--level", help="of at least debug, info, warning, error or critical")
    events = command("job events", _events, "show what happened to a job", _EVENT_COLUMNS)
    events.add_argument("id")
    for each in (logs, events):
        each.add_argument("--limit")
        each.add_argument("--cursor")
    logs.set_defaults(report=lambda response, options: _report(response, options, report))


def _events(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return _ask(client, options, "events", {"limit": options.limit, "cursor": options.cursor})


def _logs(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    wanted = {name: getattr(options, name) for name in ("attempt", "level", "limit", "cursor")}
    response = _ask(client, options, "logs", wanted)
    while options.follow:
        if response.is_success:
            page = response.json()
            if page["complete"]:
                break
            _show(page, options)
            wanted["cursor"] = page["tail_cursor"]
            has_more = page["next_cursor"] is not None
        elif response.status_code == _UNAVAILABLE:
            has_more = False
        else:
            break
        if not has_more:
            sleep(FOLLOW_SECONDS)
        response = _ask(client, options, "logs", wanted)
    return response


def _ask(
    client: httpx.Client, options: argparse.Namespace, what: str, wanted: Mapping[str, str | None]
) -> httpx.Response:
    given = {name: value for name, value in wanted.items() if value}
    return client.get(f"/api/v1/jobs/{quote(options.id, safe='')}/{what}", params=given)


def _report(response: httpx.Response, options: argparse.Namespace, otherwise: Report) -> int:
    if not response.is_success or (options.json and not options.follow):
        return otherwise(response, options)
    page = response.json()
    _show(page, options)
    if page["left_out"]:
        _say(f"{page['left_out']} lines were left out", options)
    if page["next_cursor"]:
        _say(f"more: --cursor {page['next_cursor']}", options)
    return 0


def _show(page: Mapping[str, Any], options: argparse.Namespace) -> None:
    for line in page["items"]:
        print(json.dumps(line, ensure_ascii=False) if options.json else _text(line), flush=True)


def _text(line: Mapping[str, Any]) -> str:
    fields = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in line["fields"].items())
    text = f"{line['at']}  {line['attempt']}  {line['level']:<8}  {line['message']}  {fields}".rstrip()
    return "".join(character if character.isprintable() else "?" for character in text)


def _say(text: str, options: argparse.Namespace) -> None:
    if not options.json:
        print(text, file=sys.stderr)
