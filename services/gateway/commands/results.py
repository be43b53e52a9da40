"""Owns `millrace job result ID` and its exit codes. It must never know anything the API does not tell."""

import argparse
import json
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any
from urllib.parse import quote

import httpx

#: What one request may wait, as the API has it; a longer wait is several.
ONCE_SECONDS = 20
MARGIN_SECONDS = 10.0
WAIT_MAX_SECONDS = 86_400
EXIT_NOT_WELL, EXIT_NOT_YET = 3, 4
_NOT_YET = 202
Report = Callable[[httpx.Response, argparse.Namespace], int]


def add(command: Callable[..., Any], *, report: Report) -> None:
    """Add the verb."""
    text = "print a job's result; exit code 0 completed, 3 ended otherwise, 4 not ended yet"
    result = command("job result", _result, text)
    result.add_argument("id")
    result.add_argument("--wait", type=_seconds, default=0, metavar="SECONDS", help="wait for its end so long")
    result.set_defaults(report=lambda response, options: _report(response, options, report))


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= WAIT_MAX_SECONDS):
        raise argparse.ArgumentTypeError(f"must be from 0 to {WAIT_MAX_SECONDS} seconds")
    return int(text)


def _result(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    until = monotonic() + options.wait
    path = f"/api/v1/jobs/{quote(options.id, safe='')}/result"
    while True:
        left = max(0, min(ONCE_SECONDS, round(until - monotonic())))
        response = client.get(path, params={"wait_seconds": left}, timeout=left + MARGIN_SECONDS)
        if response.status_code != _NOT_YET or monotonic() >= until or not left:
            return response


def _report(response: httpx.Response, options: argparse.Namespace, otherwise: Report) -> int:
    if not response.is_success:
        return otherwise(response, options)
    answer = response.json()
    if options.json:
        otherwise(response, options)
    elif answer["state"] == "completed":
        print(json.dumps(answer["result"], indent=2, ensure_ascii=False))
    else:
        error = answer["error"] or {}
        why = f": {error['type']}: {error['message']}" if error else ""
        text = f"job {answer['id']} is {answer['state']}{why}"
        print("".join(each if each.isprintable() else "?" for each in text), file=sys.stderr)
    if response.status_code == _NOT_YET:
        return EXIT_NOT_YET
    return 0 if answer["state"] == "completed" else EXIT_NOT_WELL
