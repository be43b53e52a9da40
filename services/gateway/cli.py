"""Owns the command `millrace`: a thin face of the REST API for terminals.
It must never know anything the API does not tell."""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from services.gateway.commands import (
    concurrency,
    conditions,
    flows,
    freshness,
    job_history,
    locks,
    results,
    statistics,
    steering,
    times,
)
from services.gateway.commands.schedules import add_schedules
from services.gateway.settings import CliSettings
from shared.errors import ConfigurationInvalid
from shared.settings import load

TIMEOUT_SECONDS = 10.0
EXIT_REFUSED, EXIT_UNREACHABLE = 1, 2
_QUEUE_COLUMNS = ("service", "name", "paused", "queued", "running", "scheduled", "retrying", "dead_total")
_CIRCUIT_COLUMNS = ("service", "name", "state", "forced", "since", "probes_at", "openings", "reason")
_BUDGET_COLUMNS = ("service", "name", "spent", "soft_points", "points", "per_hour", "exhausted_at", "turns_at")
_JOB_COLUMNS = ("id", "service", "queue", "name", "state", "attempts_made", "created_at")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 when refused, 2 when the gateway is out of reach, 78 for wrong settings."""
    parser, names = _parser()
    options = parser.parse_args(_joined(sys.argv[1:] if arguments is None else arguments, names))
    try:
        settings = load(CliSettings)
    except ConfigurationInvalid as error:
        print(error, file=sys.stderr)
        return error.exit_code
    key = {"Authorization": f"Bearer {settings.api_key.reveal()}"}
    try:
        # Proxies of the environment are for the internet, not for the platform.
        with httpx.Client(base_url=settings.url, headers=key, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            return int(options.report(options.run(client, options), options))
    except httpx.HTTPError as error:
        print(f"{settings.url} does not answer: {error}", file=sys.stderr)
        return EXIT_UNREACHABLE


def _joined(words: Sequence[str], names: Collection[str]) -> list[str]:
    """The command line with a command of two words, for example `job why`, as the one it is declared as."""
    at = next((index for index, word in enumerate(words) if not word.startswith("-")), len(words))
    two = " ".join(words[at : at + 2])
    return [*words[:at], two, *words[at + 2 :]] if two in names else list(words)


def _parser() -> tuple[argparse.ArgumentParser, Collection[str]]:
    """The parser, and the names of all commands."""
    parser = argparse.ArgumentParser(
        prog="millrace", description="Look at jobs, submit and steer them. Reads MILLRACE_URL and MILLRACE_API_KEY."
    )
    parser.add_argument("--json", action="store_true", help="print the answer as it came")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., httpx.Response], text: str, columns: Sequence[str] = ()) -> Any:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run, columns=columns, report=_report)
        return added

    command("queues", _queues, "list queues with their counts", _QUEUE_COLUMNS)
    listing = command("jobs", _jobs, "list jobs, newest first", _JOB_COLUMNS)
    for name in ("queue", "state", "name", "service", "limit", "cursor"):
        listing.add_argument(f"--{name}")
    command("job", _job, "show one job").add_argument("id")
    job_history.add(command, report=_report)
    results.add(command, report=_report)
    statistics.add(command, report=_report)
    concurrency.add(command, report=_report)
    submit = command("submit", _submit, "submit a job")
    submit.add_argument("name")
    submit.add_argument("--args", default="{}", type=_json_object, metavar="JSON", help="the job's arguments")
    for name in ("queue", "service", "scheduled-for", "idempotency-key"):
        submit.add_argument(f"--{name}")
    submit.add_argument("--priority", type=int, help="1 critical to 5 batch")
    times.add(submit)
    conditions.add(submit)
    locks.add(command)
    freshness.add(command)
    _add_actions(command)
    steering.add(command)
    add_schedules(command, _json_object)
    _add_provider_actions(command)
    return parser, commands.choices


def _add_actions(command: Callable[..., Any]) -> None:
    """The verbs that change a job or a queue; the gateway says which role each needs."""
    for name, text in (
        ("cancel", "cancel a job for good; a running one is interrupted"),
        ("retry", "run a finished job again"),
        ("change", "change a waiting job's priority, queue or time"),
    ):
        job = command(name, _act_on_job, text)
        job.set_defaults(verb=name)
        job.add_argument("id")
        job.add_argument("--reason")
        if name == "change":
            job.add_argument("--priority", type=int, help="1 critical to 5 batch")
            job.add_argument("--queue")
            job.add_argument("--scheduled-for", metavar="TIME")
            job.add_argument("--run-now", action="store_true", default=None)
    command("remove", _remove, "delete a finished job with its history").add_argument("id")
    _add_queue_actions(command)
    flows.add(command)


def _add_queue_actions(command: Callable[..., Any]) -> None:
    for name, text in (
        ("pause", "let no job of a queue start"),
        ("resume", "let the jobs of a queue start again"),
        ("limit", "change a queue's limits; 0 takes one away"),
        ("drain", "cancel what waits in a queue"),
        ("clean", "delete jobs of a queue that ended long ago"),
    ):
        queue = command(name, _act_on_queue, text)
        queue.set_defaults(verb=name)
        queue.add_argument("queue")
        queue.add_argument("--service", help="needed where several services have a queue of this name")
        queue.add_argument("--reason")
        if name == "pause":
            queue.add_argument("--until", metavar="TIME", help="when the pause ends by itself")
        if name == "limit":
            for limit in ("slots", "max-running", "rate-limit", "rate-window-ms", "group-max-running", "age-ms"):
                queue.add_argument(f"--{limit}", type=int)
            queue.add_argument("--reset", action="store_true", default=None, help="back to what code declares")
        if name in ("drain", "clean"):
            queue.add_argument("--limit", type=int)
            queue.add_argument("--dry-run", action="store_true", default=None, help="only count")
        if name == "drain":
            queue.add_argument("--states", nargs="+", help="of queued, scheduled, retrying; queued by default")
        if name == "clean":
            queue.add_argument("--state", required=True, help="completed, dead, cancelled or expired")
            queue.add_argument("--older-than-seconds", type=int, required=True)


def _add_provider_actions(command: Callable[..., Any]) -> None:
    """What is kept of outside providers, and the verbs that change it."""
    command("circuits", _circuits, "list circuits of providers", _CIRCUIT_COLUMNS)
    command("budgets", _budgets, "list budgets of providers", _BUDGET_COLUMNS)
    for name, run, text in (
        ("open-circuit", _act_on_circuit, "let nobody call a provider; jobs wait"),
        ("close-circuit", _act_on_circuit, "let everybody call a provider again"),
        ("budget", _change_budget, "change a provider's budget"),
    ):
        act = command(name, run, text)
        act.set_defaults(verb=name.partition("-")[0])
        act.add_argument("name")
        act.add_argument("--service", help="one service alone; by default all that share it")
        act.add_argument("--reason")
        if name == "open-circuit":
            act.add_argument("--until", metavar="TIME", help="when it ends by itself")
        if name == "budget":
            act.add_argument("--points", type=int)
            act.add_argument("--soft", type=float, help="share of the points at which a warning is given")


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
    given |= times.given(options) | conditions.given(options)
    head = json.dumps(given).removesuffix("}")
    headers = {"Content-Type": "application/json"}
    if options.idempotency_key:
        headers["Idempotency-Key"] = options.idempotency_key
    return client.post("/api/v1/jobs", content=f'{head}, "args": {options.args}}}'.encode(), headers=headers)


def _given(options: argparse.Namespace, *, besides: Sequence[str]) -> dict[str, Any]:
    """What the command line says of a body's fields."""
    own = {"json", "run", "columns", "report", "verb", *besides}
    return {name: value for name, value in vars(options).items() if name not in own and value is not None}


def _act_on_job(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    body = _given(options, besides=["id"])
    path = f"/api/v1/jobs/{quote(options.id, safe='')}"
    if options.verb == "change":
        return client.patch(path, json=body)
    return client.post(f"{path}/{options.verb}", json=body)


def _remove(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.delete(f"/api/v1/jobs/{quote(options.id, safe='')}")


def _act_on_queue(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    body = _given(options, besides=["queue"])
    path = f"/api/v1/queues/{quote(options.queue, safe='')}"
    return (
        client.patch(path, json=body) if options.verb == "limit" else client.post(f"{path}/{options.verb}", json=body)
    )


def _circuits(client: httpx.Client, _options: argparse.Namespace) -> httpx.Response:
    return client.get("/api/v1/circuits")


def _budgets(client: httpx.Client, _options: argparse.Namespace) -> httpx.Response:
    return client.get("/api/v1/budgets")


def _act_on_circuit(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    path = f"/api/v1/circuits/{quote(options.name, safe='')}/{options.verb}"
    return client.post(path, json=_given(options, besides=["name"]))


def _change_budget(client: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    return client.patch(f"/api/v1/budgets/{quote(options.name, safe='')}", json=_given(options, besides=["name"]))


def _report(response: httpx.Response, options: argparse.Namespace) -> int:
    if response.status_code == 204:
        return 0
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
