"""Owns the command `millrace`: a thin face of the REST API for terminals.
It must never know anything the API does not tell."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from services.gateway.settings import CliSettings
from shared.errors import ConfigurationInvalid
from shared.settings import load

TIMEOUT_SECONDS = 10.0
EXIT_REFUSED, EXIT_UNREACHABLE = 1, 2
_QUEUE_COLUMNS = ("service", "name", "paused", "queued", "running", "scheduled", "retrying", "dead_total")
_JOB_COLUMNS = ("id", "service", "queue", "name", "state", "attempts_made", "created_at")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 when refused, 2 when the gateway is out of reach, 78 for wrong settings."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(CliSettings)
    except ConfigurationInvalid as error:
        print(error, file=sys.stderr)
        return error.exit_code
    key = {"Authorization": f"Bearer {settings.api_key.reveal()}"}
    try:
        # Proxies of the environment are for the internet, not for the platform.
        with httpx.Client(base_url=settings.url, headers=key, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            return _report(options.run(client, options), options)
    except httpx.HTTPError as error:
        print(f"{settings.url} does not answer: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="millrace", description="Look at jobs and submit them. Reads MILLRACE_URL and MILLRACE_API_KEY."
    )
    parser.add_argument("--json", action="store_true", help="print the answer as it came")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., httpx.Response], text: str, columns: Sequence[str] = ()) -> Any:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run, columns=columns)
        return added

    command("queues", _queues, "list queues with their counts", _QUEUE_COLUMNS)
    listing = command("jobs", _jobs, "list jobs, newest first", _JOB_COLUMNS)
    for name in ("queue", "state", "name", "service", "limit", "cursor"):
        listing.add_argument(f"--{name}")
    command("job", _job, "show one job").add_argument("id")
    submit = command("submit", _submit, "submit a job")
    submit.add_argument("name")
    submit.add_argument("--args", default="{}", type=_json_object, metavar="JSON", help="the job's arguments")
    for name in ("queue", "service", "scheduled-for", "idempotency-key"):
        submit.add_argument(f"--{name}")
    submit.add_argument("--priority", type=int, help="1 critical to 5 batch")
    return parser


def _json_object(text: str) -> str:
    # Only checked here; what is sent is the text itself, so that no digit is lost.
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return text


def _queues(client: httpx.Client, _options: argparse.Namespace) -> httpx.Response:
    return client.get("/api/v1/queues")


def _jobs(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    names = ("queue", "state", "name", "service", "limit", "cursor")
    filters = {name: getattr(options, name) for name in names if getattr(options, name)}
    return client.get("/api/v1/jobs", params=filters)


def _job(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.get(f"/api/v1/jobs/{quote(options.id, safe='')}")


def _submit(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    names = ("name", "queue", "service", "priority", "scheduled_for")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    head = json.dumps(given).removesuffix("}")
    headers = {"Content-Type": "application/json"}
    if options.idempotency_key:
        headers["Idempotency-Key"] = options.idempotency_key
    return client.post("/api/v1/jobs", content=f'{head}, "args": {options.args}}}'.encode(), headers=headers)


def _report(response: httpx.Response, options: argparse.Namespace) -> int:
    try:
        content = response.json()
    except ValueError:
        print(f"{response.url} answered {response.status_code}, and not in JSON", file=sys.stderr)
        return EXIT_UNREACHABLE
    if not response.is_success:
        print(_problem_text(content), file=sys.stderr)
        return EXIT_REFUSED
    if options.json or not options.columns:
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return 0
    print(_table(content["items"], options.columns))
    for service in content.get("unavailable", ()):
        print(f"{service} does not answer; what it holds is missing here", file=sys.stderr)
    if content["next_cursor"]:
        print(f"more: --cursor {content['next_cursor']}", file=sys.stderr)
    return 0


def _problem_text(problem: Mapping[str, Any]) -> str:
    text = f"{problem.get('title', 'refused')}: {problem.get('detail', '')}"
    allowed = problem.get("allowed")
    return f"{text} (allowed: {', '.join(allowed)})" if allowed else text


def _table(items: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    rows = [list(columns), *([_cell(item[column]) for column in columns] for item in items)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cell(value: object) -> str:
    text = ("yes" if value else "no") if isinstance(value, bool) else "-" if value is None else str(value)
    return "".join(character if character.isprintable() else "?" for character in text)


if __name__ == "__main__":
    sys.exit(main())
