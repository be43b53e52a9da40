"""Proves the promises of `tools/check`: one line a check, the exit code, and no crash on a missing file."""

import io
import re
import sys
import threading
from pathlib import Path

import pytest

from tools.checks.__main__ import main, run_checks
from tools.checks.outcome import Outcome, Verdict, from_problems, from_program, shortened, skipped
from tools.checks.plan import CHECKS, Check


def lines_of(*checks: Check) -> tuple[int, list[str]]:
    out = io.StringIO()
    code = run_checks(Path("/"), checks, out)
    return code, out.getvalue().splitlines()


def test_all_passed_ends_with_zero() -> None:
    code, lines = lines_of(Check("one", lambda _root: from_problems([])))

    assert code == 0
    assert re.fullmatch(r"ok +one +\d+\.\d s", lines[0])
    assert lines[-1].endswith("all passed")


def test_a_failure_shows_its_problems_and_ends_with_one() -> None:
    code, lines = lines_of(
        Check("good", lambda _root: from_problems([])), Check("bad", lambda _root: from_problems(["a.py:1: wrong"]))
    )

    assert code == 1
    assert "    a.py:1: wrong" in lines
    assert lines[-1].endswith("failed: bad")


def test_a_skipped_check_says_why_and_fails_nothing() -> None:
    code, lines = lines_of(Check("lock", lambda _root: skipped("no package index answers")))

    assert code == 0
    assert lines[0].startswith("skipped")
    assert lines[0].endswith("no package index answers")


def test_a_check_whose_file_is_missing_fails_by_name() -> None:
    def read(_root: Path) -> Outcome:
        Path("/nowhere/at/all").read_text(encoding="utf-8")
        return from_problems([])

    code, lines = lines_of(Check("reader", read))

    assert code == 1
    assert "    /nowhere/at/all: No such file or directory" in lines


def test_at_most_two_checks_run_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def counted(_root: Path) -> Outcome:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1
        return from_problems([])

    lines_of(*(Check(str(number), counted) for number in range(8)))

    assert most <= 2


def test_a_program_that_fails_shows_what_it_wrote() -> None:
    script = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"

    outcome = from_program(Path("/"), [sys.executable, "-c", script])

    assert (outcome.verdict, outcome.text) == (Verdict.FAILED, "out\nerr")


def test_a_program_that_is_not_installed_is_a_failure() -> None:
    outcome = from_program(Path("/"), ["/nowhere/ruff"])

    assert outcome.verdict is Verdict.FAILED
    assert "/nowhere/ruff is not installed" in outcome.text


def test_long_output_is_shortened_in_the_middle() -> None:
    text = shortened("\n".join(str(number) for number in range(1000)))

    assert text.splitlines()[99:102] == ["99", "... 800 lines ...", "900"]


@pytest.mark.parametrize("arguments", [["--slow"], ["shared"], ["--fast=no"]])
def test_an_unknown_argument_ends_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: tools/check [-h] [--fast]" in capsys.readouterr().err


def test_fast_leaves_checks_out_and_check_names_are_unique() -> None:
    names = [check.name for check in CHECKS]

    assert len(set(names)) == len(names)
    assert any(check.is_slow for check in CHECKS)
    assert not all(check.is_slow for check in CHECKS)
