"""Owns the list of the project's own rules and runs them over its files. It must never repeat what ruff already checks.

Rules that ruff has (function-level imports, bare except, naive datetimes) are switched on in pyproject.toml instead.
"""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from tools.lint import allowances
from tools.lint.rules.boundaries import commit, environment_access, redis_key, wall_clock
from tools.lint.rules.habits import bare_suppression, float_money, log_event, sleep_in_test
from tools.lint.rules.sizes import file_size, function_size
from tools.lint.rules.titles import duplicate_test, vague_name
from tools.lint.source import Finding, SourceFile, read
from tools.lint.tree import python_files

RULES: dict[str, Callable[[SourceFile], Iterator[Finding]]] = {
    "environment-access": environment_access,
    "wall-clock": wall_clock,
    "commit": commit,
    "redis-key": redis_key,
    "log-event": log_event,
    "float-money": float_money,
    "bare-suppression": bare_suppression,
    "sleep-in-test": sleep_in_test,
    "file-size": file_size,
    "function-size": function_size,
    "vague-name": vague_name,
    "duplicate-test": duplicate_test,
}


def lint(root: Path) -> list[Finding]:
    """Every finding in the project at `root`, in order of file and line."""
    return [finding for path in python_files(root) for finding in _lint_path(path, root)]


def lint_source(source: SourceFile) -> list[Finding]:
    """Every finding in one parsed file."""
    found = [finding for rule in RULES.values() for finding in rule(source)]
    return sorted(allowances.apply(source, found, frozenset(RULES)), key=lambda finding: (finding.line, finding.rule))


def _lint_path(path: Path, root: Path) -> list[Finding]:
    try:
        return lint_source(read(path, root))
    except SyntaxError as error:
        relative = PurePosixPath(path.relative_to(root).as_posix())
        return [Finding(relative, error.lineno or 1, "syntax", error.msg)]
