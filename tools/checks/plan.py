"""Owns the list of checks, in the order their lines are wanted. It must never hold how a check works."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.checks import containers, locks, protos, texts
from tools.checks.outcome import TOOLS, Outcome, from_problems, from_program
from tools.lint.linter import lint

CODE = ("services", "shared", "tools", "tests")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `tools/check`. A slow check is left out by --fast."""

    name: str
    make: Callable[[Path], Outcome]
    is_slow: bool = False


def program(name: str, *command: str, is_slow: bool = False) -> Check:
    """A check that is one program of the environment."""
    return Check(name, lambda root: from_program(root, [TOOLS / command[0], *command[1:]]), is_slow)


CHECKS = (
    program("mypy --strict", "mypy", "--strict", *CODE, is_slow=True),
    program("ruff format", "ruff", "format", "--check", "."),
    program("ruff check", "ruff", "check", "."),
    program("import contracts", "lint-imports", "--no-logo"),
    Check("own lint rules and sizes", lambda root: from_problems(lint(root))),
    Check("Lua headers and sizes", texts.lua),
    Check("README sizes", texts.readmes),
    Check("shell verbs", texts.shell),
    Check("lock files", locks.contents),
    Check("lock files are fresh", locks.freshness, is_slow=True),
    Check("buf lint and format", protos.lint),
    Check("buf breaking", protos.breaking),
    Check("stubs match protos", protos.drift, is_slow=True),
    Check("compose file", containers.compose, is_slow=True),
    Check("Dockerfile", containers.dockerfile, is_slow=True),
)
