"""Owns the checks of files that no other tool reads: Lua headers, READMEs, shell verbs. It must never run them."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.checks.outcome import Outcome, from_problems
from tools.lint.tree import files

LUA_LINES = 80
README_LINES = 150
SERVICE_README_LINES = 40
_LUA_HEADER = ("KEYS", "ARGV", "returns", "invariant")
_WORDS = re.compile(r"\w+ \w+ \w+")


def lua(root: Path) -> Outcome:
    """A Lua file opens with purpose, KEYS, ARGV, returns and the invariant kept, and is short below that."""
    return from_problems(problem for path in files(root, ".lua") for problem in _lua_problems(path, root))


def readmes(root: Path) -> Outcome:
    """READMEs stay short enough to be read."""
    limits = {root / "README.md": README_LINES}
    limits |= {path / "README.md": SERVICE_README_LINES for path in _services(root)}
    return from_problems(problem for path, limit in limits.items() for problem in _readme_problems(path, limit, root))


def shell(root: Path) -> Outcome:
    """Every shell verb parses in the shell it names and can be executed."""
    return from_problems(problem for path in _scripts(root) for problem in _script_problems(path, root))


def _lua_problems(path: Path, root: Path) -> Iterator[str]:
    name = path.relative_to(root).as_posix()
    lines = path.read_text(encoding="utf-8").splitlines()
    height = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    header = [line.lstrip("- ") for line in lines[:height]]
    if not header or not _WORDS.search(header[0]):
        yield f"{name}: the first line must be a comment that says its purpose"
    text = "\n".join(header).lower()
    for word in _LUA_HEADER:
        if word.lower() not in text:
            yield f"{name}: the comment at the top does not say: {word}"
    if len(lines) - height > LUA_LINES:
        yield f"{name}: {len(lines) - height} lines below its header; the limit is {LUA_LINES}"


def _readme_problems(path: Path, limit: int, root: Path) -> Iterator[str]:
    name = path.relative_to(root).as_posix()
    if not path.is_file():
        yield f"{name}: missing"
    elif (lines := len(path.read_text(encoding="utf-8").splitlines())) > limit:
        yield f"{name}: {lines} lines; the limit is {limit}"


def _services(root: Path) -> list[Path]:
    return sorted(path.parent for path in (root / "services").glob("*/app.py"))


def _scripts(root: Path) -> Iterator[tuple[Path, str]]:
    """Files that name sh or bash on their first line, with that shell."""
    for path in [*files(root, ""), *sorted((root / ".ci").glob("*"))]:
        with path.open("rb") as file:
            first = file.readline(80).decode("ascii", "replace").strip()
        if first.startswith("#!") and first.rpartition("/")[2].removeprefix("env ") in {"sh", "bash"}:
            yield path, first.rpartition("/")[2].removeprefix("env ")


def _script_problems(script: tuple[Path, str], root: Path) -> Iterator[str]:
    path, shell_name = script
    name = path.relative_to(root).as_posix()
    if not os.access(path, os.X_OK):
        yield f"{name}: not executable"
    done = subprocess.run(
        [shell_name, "-n", path], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        yield f"{name}: {done.stderr.strip()}"
