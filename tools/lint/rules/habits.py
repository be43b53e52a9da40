"""Owns the rules about how a line is written: log events, money, suppressions, sleeping tests. It reads no file."""

import ast
import re
from collections.abc import Iterator

from tools.lint.source import Finding, SourceFile
from tools.lint.tree import is_test

_LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception"})
_LOGGERS = frozenset({"log", "logger"})
_SUPPRESSION = re.compile(
    r"#\s*(?:ruff:\s*)?noqa(?::\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?"
    r"|#\s*type:\s*ignore(?:\[[^\]]*\])?"
    r"|#\s*pragma:\s*no\s*(?:cover|branch)"
    r"|#\s*nosec(?:\s+B\d+)*"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SLEEPS = frozenset({"time.sleep", "asyncio.sleep"})


def log_event(source: SourceFile) -> Iterator[Finding]:
    """A log event is a constant; what varies goes into fields, so that events can be counted and searched."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _is_log_call(node):
            event = node.args[0] if node.args else None
            if event is not None and not _is_fixed_text(event):
                yield source.finding(node.lineno, "log-event", "the event is built at run time; pass fields instead")
            elif len(node.args) > 1:
                yield source.finding(node.lineno, "log-event", "values go into named fields, not into the event")


def float_money(source: SourceFile) -> Iterator[Finding]:
    """Money is Decimal: in services/*/domain no float is annotated, written or made."""
    parts = source.path.parts
    if parts[0] != "services" or "domain" not in parts[2:-1] or is_test(source.path):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "float":
            yield source.finding(node.lineno, "float-money", "use Decimal; shared.money refuses float")
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield source.finding(node.lineno, "float-money", f'write Decimal("{node.value}")')


def bare_suppression(source: SourceFile) -> Iterator[Finding]:
    """A suppressed lint or type error says why in the same comment."""
    for comment in source.comments:
        rest, count = _SUPPRESSION.subn("", comment.text)
        if count and len(_WORD.findall(rest)) < 2:
            yield source.finding(comment.line, "bare-suppression", "add the reason after the suppression")


def sleep_in_test(source: SourceFile) -> Iterator[Finding]:
    """A test waits on a signal or a frozen clock; asyncio.sleep(0) only yields and is no wait."""
    if not is_test(source.path):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and source.dotted(node.func) in _SLEEPS and not _is_zero(node):
            yield source.finding(node.lineno, "sleep-in-test", "wait on a signal, drain(), or freeze the clock")


def _is_log_call(node: ast.Call) -> bool:
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in _LOG_METHODS:
        return False
    owner = function.value
    while isinstance(owner, ast.Call) and isinstance(owner.func, ast.Attribute):
        owner = owner.func.value  # log.bind(...).info(...)
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return name.strip("_").lower() in _LOGGERS


def _is_fixed_text(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_fixed_text(node.body) and _is_fixed_text(node.orelse)
    return isinstance(node, ast.Constant | ast.Name | ast.Attribute)


def _is_zero(node: ast.Call) -> bool:
    return bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
