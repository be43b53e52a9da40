"""Owns the skip code `# millrace: allow RULE because REASON`. It must never let a rule be skipped without a reason.

The comment covers its own line, or the next one when it stands alone; `allow-file` covers the whole file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.lint.source import Finding, SourceFile

RULE = "allow-comment"
_MARK = re.compile(r"#\s*millrace:")
_ALLOWANCE = re.compile(r"#\s*millrace:\s*(allow|allow-file)\s+([a-z-]+)\s+because\s+(\S+\s+\S+.*)$")


@dataclass(frozen=True, slots=True)
class Allowance:
    """A rule skipped on some lines; line 0 stands for every line."""

    rule: str
    comment_line: int
    covers: frozenset[int]

    def covers_finding(self, finding: Finding) -> bool:
        """Whether this allowance is about that finding."""
        return finding.rule == self.rule and (finding.line in self.covers or 0 in self.covers)


def apply(source: SourceFile, findings: Iterable[Finding], rules: frozenset[str]) -> Iterator[Finding]:
    """Yield the findings that no allowance covers, and one for each allowance that is malformed or covers nothing."""
    allowances = list(_allowances(source))
    used: set[Allowance] = set()
    for finding in findings:
        covering = [allowance for allowance in allowances if allowance.covers_finding(finding)]
        used.update(covering)
        if not covering:
            yield finding
    for allowance in allowances:
        if allowance.rule not in rules:
            known = ", ".join(sorted(rules))
            yield source.finding(allowance.comment_line, RULE, f"no rule {allowance.rule!r}; the rules are {known}")
        elif allowance not in used:
            yield source.finding(
                allowance.comment_line, RULE, f"nothing here breaks {allowance.rule}; delete the comment"
            )
    for comment in source.comments:
        if _MARK.match(comment.text) and not _ALLOWANCE.match(comment.text):
            expected = "'# millrace: allow RULE because REASON' with a reason of two words or more"
            yield source.finding(comment.line, RULE, f"write {expected}")


def _allowances(source: SourceFile) -> Iterator[Allowance]:
    for comment in source.comments:
        match = _ALLOWANCE.match(comment.text)
        if match:
            scope, rule, _reason = match.groups()
            line = 0 if scope == "allow-file" else comment.line + comment.is_alone
            yield Allowance(rule, comment.line, frozenset({line}))
