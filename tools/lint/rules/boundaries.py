"""Owns the rules that keep one concern in one module: environment, clock, commits, Redis keys. It reads no file."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.source import Finding, SourceFile
from tools.lint.tree import is_test

SETTINGS = PurePosixPath("shared/settings.py")
CLOCK = PurePosixPath("shared/clock.py")
KEYS = PurePosixPath("shared/jobs/keys.py")
DATABASE = PurePosixPath("shared/db")

_ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv")
_CLOCKS = frozenset(
    {
        "time.time",
        "time.time_ns",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)
_HASH_TAG = re.compile(r"\{[a-z][a-z0-9_-]*\}:\S")


def environment_access(source: SourceFile) -> Iterator[Finding]:
    """The environment is read in shared/settings.py, so that every bad name can be listed at once."""
    if not _is_product(source) or source.path == SETTINGS:
        return
    for node in _outermost(source.tree):
        if source.dotted(node).startswith(_ENVIRONMENT):
            yield source.finding(node.lineno, "environment-access", f"read the environment in {SETTINGS} only")


def wall_clock(source: SourceFile) -> Iterator[Finding]:
    """The time is asked of shared/clock.py, which tests can freeze."""
    if not _is_product(source) or source.path == CLOCK:
        return
    for node in _outermost(source.tree):
        name = source.dotted(node)
        if name in _CLOCKS:
            yield source.finding(node.lineno, "wall-clock", f"{name} belongs to {CLOCK}; ask shared.clock")


def commit(source: SourceFile) -> Iterator[Finding]:
    """Transactions end in shared/db, so that after-commit hooks always run."""
    if not _is_product(source) or source.path.is_relative_to(DATABASE):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield source.finding(node.lineno, "commit", "use a unit of work of shared.db; it commits")


def redis_key(source: SourceFile) -> Iterator[Finding]:
    """Keys with a hash tag are built in shared/jobs/keys.py."""
    if not _is_product(source) or source.path == KEYS:
        return
    skipped = _documentation(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            is_key = any(isinstance(part, ast.Constant) and "}:" in str(part.value) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_key = bool(_HASH_TAG.search(node.value))
        else:
            continue
        if is_key and id(node) not in skipped:
            yield source.finding(node.lineno, "redis-key", f"build Redis keys in {KEYS}")


def _is_product(source: SourceFile) -> bool:
    return source.path.parts[0] in {"services", "shared"} and not is_test(source.path)


def _outermost(tree: ast.Module) -> Iterator[ast.Attribute | ast.Name]:
    """Each chain of names once, at its full length."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            yield node


def _documentation(tree: ast.Module) -> set[int]:
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
