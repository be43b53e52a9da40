"""Owns what a check answers and how a program is asked. It must never wait for ever or print by itself."""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

TIMEOUT_SECONDS = 300
OUTPUT_LINES = 200
TOOLS = Path(sys.executable).parent


class Verdict(Enum):
    """How a check ended; the value is the word printed."""

    PASSED = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict and its text: the problems of a failure, or why a check was skipped."""

    verdict: Verdict
    text: str = ""


def skipped(reason: str) -> Outcome:
    """The check could not be made here; the line printed says why."""
    return Outcome(Verdict.SKIPPED, reason)


def from_problems(problems: Iterable[object]) -> Outcome:
    """Failed when there is a problem; each is one line."""
    text = "\n".join(str(problem) for problem in problems)
    return Outcome(Verdict.FAILED, shortened(text)) if text else Outcome(Verdict.PASSED)


def from_program(root: Path, command: Sequence[str | Path]) -> Outcome:
    """Run a program of the project's environment in `root`; failed when it exits with anything but 0."""
    done = run(root, command)
    if done.returncode == 0:
        return Outcome(Verdict.PASSED)
    return Outcome(Verdict.FAILED, shortened(f"{done.stdout}{done.stderr}".strip() or f"exit code {done.returncode}"))


def run(root: Path, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run `command` in `root` with no input; a program that hangs counts as one that failed."""
    try:
        return subprocess.run(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        text = f"{command[0]} did not end within {TIMEOUT_SECONDS} s\n"
        return subprocess.CompletedProcess(command, 124, "", text)
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(command, 127, "", f"{error.filename} is not installed; run tools/check\n")


def shortened(text: str) -> str:
    """At most OUTPUT_LINES lines, the first and the last of them."""
    lines = text.splitlines()
    if len(lines) <= OUTPUT_LINES:
        return text
    half = OUTPUT_LINES // 2
    return "\n".join([*lines[:half], f"... {len(lines) - 2 * half} lines ...", *lines[-half:]])
