"""Owns the size limits of files and functions. A function is never charged for its docstring or nested functions."""

import ast
from collections.abc import Iterator

from tools.lint.source import Finding, SourceFile

FILE_LINES = 300
FUNCTION_LINES = 40

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def file_size(source: SourceFile) -> Iterator[Finding]:
    """A file above the limit holds more than one noun of the field."""
    if source.line_count > FILE_LINES:
        yield source.finding(1, "file-size", f"{source.line_count} lines; the limit is {FILE_LINES}")


def function_size(source: SourceFile) -> Iterator[Finding]:
    """A function above the limit does more than one thing."""
    for node in ast.walk(source.tree):
        if isinstance(node, _Function):
            lines = _own_lines(node)
            if lines > FUNCTION_LINES:
                message = f"{node.name} has {lines} lines; the limit is {FUNCTION_LINES}"
                yield source.finding(node.lineno, "function-size", message)


def _own_lines(function: _Function) -> int:
    lines = _height(function) - sum(_height(child) for child in _nested(function))
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= _height(first)
    return lines


def _nested(node: ast.AST) -> Iterator[_Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        else:
            yield from _nested(child)


def _height(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
