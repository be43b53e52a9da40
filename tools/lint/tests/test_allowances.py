"""Proves that a rule is skipped only with a reason, only where it says, and only while it is needed."""

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from tools.lint.linter import lint, lint_source
from tools.lint.source import parse

ROOT = Path(__file__).resolve().parents[3]
JOB = PurePosixPath("services/risk/jobs/assess_coin_risk.py")


def rules_found(text: str) -> list[str]:
    return [finding.rule for finding in lint_source(parse(text, JOB))]


@pytest.mark.parametrize(
    "text",
    [
        "import time\nt = time.time()  # millrace: allow wall-clock because the kernel's own stamp is compared\n",
        "import time\n# millrace: allow wall-clock because the kernel's own stamp is compared\nt = time.time()\n",
        "# millrace: allow-file wall-clock because the kernel's stamps are compared\nimport time\n\nt = time.time()\n",
    ],
)
def test_a_rule_is_skipped_where_a_reason_is_given(text: str) -> None:
    assert rules_found(text) == []


def test_an_allowance_without_a_reason_skips_nothing() -> None:
    text = "import time\nt = time.time()  # millrace: allow wall-clock\n"

    assert rules_found(text) == ["allow-comment", "wall-clock"]


def test_an_allowance_covers_its_own_rule_only() -> None:
    text = "import time\nt = time.time()  # millrace: allow commit because of the wrong reason\n"

    assert rules_found(text) == ["allow-comment", "wall-clock"]


def test_an_allowance_covers_its_own_line_only() -> None:
    text = "import time\nx = 1  # millrace: allow wall-clock because it is elsewhere\nt = time.time()\n"

    assert rules_found(text) == ["allow-comment", "wall-clock"]


def test_an_allowance_for_an_unknown_rule_names_the_rules() -> None:
    findings = lint_source(parse("x = 1  # millrace: allow wallclock because of a typo\n", JOB))

    assert "no rule 'wallclock'" in findings[0].message
    assert "wall-clock" in findings[0].message


def test_a_file_that_is_not_python_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "broken.py").write_text("def f(:\n", encoding="utf-8")

    assert [finding.rule for finding in lint(tmp_path)] == ["syntax"]


def test_generated_files_are_not_linted(tmp_path: Path) -> None:
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos" / "jobs_pb2.py").write_text("x = 1\n" * 301, encoding="utf-8")

    assert lint(tmp_path) == []


def test_ruff_refuses_a_function_level_import() -> None:
    snippet = "def f() -> None:\n    import os\n\n    print(os)\n"

    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", "shared/snippet.py", "-"],
        input=snippet,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "PLC0415" in done.stdout
