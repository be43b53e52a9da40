"""Owns what `millrace submit` says of a job's keys and of the jobs it waits for.
It must never know anything the API does not tell."""

import argparse
from typing import Any

_TIMES = {
    "ttl_ms": "with --unique for: from the first submission",
    "wait_ms": "with --unique debounce: quiet time before the start",
    "max_wait_ms": "with --unique debounce: longest wait from the first on",
}


def add(submit: Any) -> None:
    """Add the options."""
    for name in ("unique-key", "sequence", "group"):
        submit.add_argument(f"--{name}")
    submit.add_argument("--unique", metavar="MODE", help="until_start, until_done, for, debounce or keep_latest")
    for name, text in _TIMES.items():
        submit.add_argument(f"--unique-{name.replace('_', '-')}", type=int, metavar="MS", help=text)
    submit.add_argument(
        "--depends-on", action="append", metavar="ID[=POLICY]",
        help="a job that has to end first; may be repeated. POLICY, its failure: fail_parent, continue, ignore, remove",
    )  # fmt: skip
    submit.add_argument("--min-success-ratio", type=float, metavar="SHARE", help="of those that must end well, 0 to 1")


def given(options: argparse.Namespace) -> dict[str, Any]:
    """What the command line says of them, as the body has it; nothing for nothing."""
    names = ("unique_key", "sequence", "group", "min_success_ratio")
    said = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    rule = {name: value for name in _TIMES if (value := getattr(options, f"unique_{name}")) is not None}
    if options.unique is not None or rule:
        said["unique"] = {"mode": options.unique, **rule}
    if options.depends_on:
        said["depends_on"] = [_dependency(text) for text in options.depends_on]
    return said


def _dependency(text: str) -> dict[str, str]:
    job_id, _, policy = text.partition("=")
    return {"job_id": job_id, "on_failure": policy} if policy else {"job_id": job_id}
