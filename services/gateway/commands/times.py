"""Owns the times that `millrace submit` takes. It must never know anything the API does not tell."""

import argparse
from typing import Any

_TEXTS = {
    "timeout_ms": "of one attempt",
    "queue_ttl_ms": "not begun so long after it was due, it is expired",
    "deadline_ms": "from when it was due, for all attempts together",
    "stale_after_ms": "an attempt that says nothing for so long is ended",
    "result_ttl_ms": "from its end; then its result is gone",
}


def add(submit: Any) -> None:
    """Add the options."""
    for name, text in _TEXTS.items():
        submit.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="MS", help=text)


def given(options: argparse.Namespace) -> dict[str, dict[str, int]]:
    """What the command line says of them, as the body has it; nothing for nothing."""
    times = {name: getattr(options, name) for name in _TEXTS if getattr(options, name) is not None}
    return {"times": times} if times else {}
