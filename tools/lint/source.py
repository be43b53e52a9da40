"""Owns one parsed file: its tree, its imported names and its comments. It must never decide what is wrong with it."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one line."""

    path: PurePosixPath
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `is_alone` when nothing else stands on its line."""

    line: int
    text: str
    is_alone: bool


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as the rules see it. `names` maps a local name to the dotted path it was imported from."""

    path: PurePosixPath
    tree: ast.Module
    names: dict[str, str]
    comments: tuple[Comment, ...]
    line_count: int

    def dotted(self, node: ast.expr) -> str:
        """The full dotted path an expression names, or "" when it is not a plain chain of names."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.names.get(node.id, node.id), *reversed(parts)])

    def finding(self, line: int, rule: str, message: str) -> Finding:
        """A finding of `rule` in this file."""
        return Finding(self.path, line, rule, message)


def parse(text: str, path: PurePosixPath) -> SourceFile:
    """Parse a file's text; SyntaxError when it is not Python."""
    tree = ast.parse(text, filename=str(path))
    return SourceFile(path, tree, _imported_names(tree), tuple(_comments(text)), len(text.splitlines()))


def read(path: Path, root: Path) -> SourceFile:
    """Read and parse the file at `path` below `root`."""
    return parse(path.read_text(encoding="utf-8"), PurePosixPath(path.relative_to(root).as_posix()))


def _imported_names(tree: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom):
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def _comments(text: str) -> Iterator[Comment]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            yield Comment(line, token.string, not token.line[:column].strip())
