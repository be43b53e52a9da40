"""Owns the command `python -m tools.lint`: findings one a line, exit code 1 when there are any. It changes no file."""

import sys
from pathlib import Path

from tools.lint.linter import lint


def main() -> int:
    """Lint the project that holds this file."""
    findings = lint(Path(__file__).resolve().parents[2])
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
