"""Owns the checks of the lock files: complete, hashed, free of addresses, fresh. It must never upgrade a package."""

import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.checks.outcome import TOOLS, Outcome, Verdict, from_problems, run, skipped

RUNTIME = "requirements.lock"
DEVELOPMENT = "tools/requirements-dev.lock"
INSTALLER = "tools/requirements-uv.lock"

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_ADDRESS = re.compile(r"://|^\s*-(?:-index-url|-extra-index-url|-find-links|-trusted-host|i|f)\b|^\S+ @ ")
_COMMAND = re.compile(r"^#\s+uv (pip compile .*) -o (\S+)$", re.MULTILINE)
_UNREACHABLE = ("error sending request", "failed to fetch", "dns error", "timed out", "connection", "offline")


def contents(root: Path) -> Outcome:
    """Every line is a pin with hashes, no line names an address, and every declared dependency is met by its pin."""
    problems: list[str] = []
    for name in (RUNTIME, DEVELOPMENT, INSTALLER):
        problems.extend(_problems_of_text(name, (root / name).read_text(encoding="utf-8")))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    pins = _pins(root / RUNTIME)
    problems.extend(_unmet(RUNTIME, project["project"]["dependencies"], pins))
    problems.extend(_unmet(DEVELOPMENT, project["dependency-groups"]["dev"], pins | _pins(root / DEVELOPMENT)))
    return from_problems(problems)


def freshness(root: Path) -> Outcome:
    """Resolving pyproject.toml again, with the pins as preferences, gives the same pins; skipped without an index."""
    problems: list[str] = []
    for name in (RUNTIME, DEVELOPMENT):
        with tempfile.TemporaryDirectory() as folder:
            outcome = _compared(root, name, Path(folder, "lock"))
        if outcome.verdict is Verdict.SKIPPED:
            return from_problems(problems) if problems else outcome
        problems.extend(outcome.text.splitlines())
    return from_problems(problems)


def _compared(root: Path, name: str, again: Path) -> Outcome:
    recorded = _COMMAND.search((root / name).read_text(encoding="utf-8"))
    if recorded is None or recorded[2] != name:
        return from_problems([f"{name}: its header does not say how it was made: uv pip compile ... -o {name}"])
    shutil.copy(root / name, again)
    done = run(root, [TOOLS / "uv", *recorded[1].split(), "--quiet", "--no-config", "-o", again])
    if done.returncode != 0:
        words = done.stderr.lower()
        if "no solution found" not in words and any(word in words for word in _UNREACHABLE):
            return skipped("no package index answers; pins were compared with pyproject.toml only")
        return from_problems([f"{name}: {line}" for line in done.stderr.splitlines()])
    before, after = _requirements(root / name), _requirements(again)
    lines = [f"{name}: {line} is not needed" for line in sorted(before - after)]
    lines += [f"{name}: {line} is missing" for line in sorted(after - before)]
    return from_problems(lines)


def _problems_of_text(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if _ADDRESS.search(line):
            yield f"{name}:{number}: names an address: {line.strip()[:80]}"
    entries = re.split(r"^(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text), flags=re.MULTILINE)
    for entry in filter(str.strip, entries):
        if not _PIN.match(entry):
            yield f"{name}: not a pin (name==version): {entry.strip()[:80]}"
        elif "--hash=sha256:" not in entry:
            yield f"{name}: no hash for {entry.split()[0]}"


def _unmet(name: str, declared: list[str], pins: dict[str, set[str]]) -> Iterator[str]:
    for text in declared:
        wanted = Requirement(text)
        versions = pins.get(canonicalize_name(wanted.name), set())
        if not any(wanted.specifier.contains(version, prereleases=True) for version in versions):
            yield f"{name}: pyproject.toml asks for {text!r}, pinned is {', '.join(sorted(versions)) or 'nothing'}"


def _pins(path: Path) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _PIN.match(line):
            pins.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return pins


def _requirements(path: Path) -> set[str]:
    """The pins with their markers; hashes are left out, since an index adds wheels to an old version."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.rstrip(" \\") for line in lines if _PIN.match(line)}
