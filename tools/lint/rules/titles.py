"""Owns the rules about names: no module called by a vague word, no test hidden by a second one. It reads no file."""

import ast
from collections.abc import Iterator

from tools.lint.source import Finding, SourceFile

VAGUE = frozenset({"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"})


def vague_name(source: SourceFile) -> Iterator[Finding]:
    """A module is named by what it holds; a drawer gets everything."""
    for part in (*source.path.parts[:-1], source.path.stem):
        if part in VAGUE:
            yield source.finding(
                1, "vague-name", f"{part!r} says nothing; name the thing, or put it beside its one user"
            )


def duplicate_test(source: SourceFile) -> Iterator[Finding]:
    """Two tests of one name in one scope: the second silently replaces the first."""
    scopes: list[ast.Module | ast.ClassDef] = [source.tree]
    scopes.extend(node for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef))
    for scope in scopes:
        first_lines: dict[str, int] = {}
        for node in _functions(scope):
            if node.name.startswith("test") and node.name in first_lines:
                message = f"{node.name} replaces the one at line {first_lines[node.name]}"
                yield source.finding(node.lineno, "duplicate-test", message)
            first_lines.setdefault(node.name, node.lineno)


def _functions(scope: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        elif not isinstance(child, ast.ClassDef):
            yield from _functions(child)
