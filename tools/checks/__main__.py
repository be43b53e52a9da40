"""Owns `tools/check [--fast]`: every check, two at a time, one line each. It must never change a file.

Exit code 1 when any check failed, 2 on bad arguments.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TextIO

from tools.checks.outcome import Outcome, Verdict
from tools.checks.plan import CHECKS, Check

AT_ONCE = 2


def main(arguments: list[str]) -> int:
    """Run the checks that the arguments choose on the project that holds this file."""
    parser = argparse.ArgumentParser(prog="tools/check", description="Check the whole project without changing it.")
    parser.add_argument("--fast", action="store_true", help="leave out what takes seconds or asks the package index")
    chosen = parser.parse_args(arguments)
    checks = tuple(check for check in CHECKS if not (chosen.fast and check.is_slow))
    return run_checks(Path(__file__).resolve().parents[2], checks, sys.stdout)


def run_checks(root: Path, checks: tuple[Check, ...], out: TextIO) -> int:
    """Run every check, print each as it ends, then a summary; 0 when none failed."""
    started = time.monotonic()
    failed: list[str] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {pool.submit(_timed, check, root): check for check in checks}
        for future in as_completed(running):
            outcome, seconds = future.result()
            check = running[future]
            out.write(_line(check, outcome, seconds))
            out.flush()
            if outcome.verdict is Verdict.FAILED:
                failed.append(check.name)
    summary = f"failed: {', '.join(failed)}" if failed else "all passed"
    out.write(f"{len(checks)} checks in {time.monotonic() - started:.1f} s, {summary}\n")
    return 1 if failed else 0


def _timed(check: Check, root: Path) -> tuple[Outcome, float]:
    started = time.monotonic()
    try:
        outcome = check.make(root)
    except OSError as error:  # a file that a check is about is missing or unreadable
        outcome = Outcome(Verdict.FAILED, f"{error.filename}: {error.strerror}")
    return outcome, time.monotonic() - started


def _line(check: Check, outcome: Outcome, seconds: float) -> str:
    line = f"{outcome.verdict.value:<8} {check.name:<28} {seconds:5.1f} s"
    if outcome.verdict is Verdict.SKIPPED:
        return f"{line}  {outcome.text}\n"
    return "\n".join([line, *(f"    {text}" for text in outcome.text.splitlines())]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
