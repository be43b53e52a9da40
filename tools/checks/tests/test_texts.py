"""Proves that the text checks find a planted fault and leave good files alone."""

from pathlib import Path

from tools.checks import texts
from tools.checks.outcome import Verdict

HEADER = """-- Hands out jobs that may start now.
-- KEYS: [1] queue, [2] leases
-- ARGV: [1] now in ms
-- Returns: the jobs taken, newest last
-- Invariant: a job has one lease at most
"""


def plant(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lua_file_with_its_header_is_accepted(tmp_path: Path) -> None:
    plant(tmp_path, "shared/jobs/lua/claim.lua", HEADER + "return 1\n" * 80)

    assert texts.lua(tmp_path).verdict is Verdict.PASSED


def test_a_lua_file_that_hides_its_contract_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, "shared/jobs/lua/claim.lua", HEADER.replace("Invariant", "Note") + "return 1\n" * 81)

    text = texts.lua(tmp_path).text

    assert "does not say: invariant" in text
    assert "81 lines below its header" in text


def test_a_lua_file_without_a_comment_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, "shared/jobs/lua/claim.lua", "return 1\n")

    assert "must be a comment that says its purpose" in texts.lua(tmp_path).text


def test_a_long_readme_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, "README.md", "line\n" * 151)
    plant(tmp_path, "services/risk/app.py", "")
    plant(tmp_path, "services/risk/README.md", "line\n" * 41)

    lines = texts.readmes(tmp_path).text.splitlines()

    assert lines == ["README.md: 151 lines; the limit is 150", "services/risk/README.md: 41 lines; the limit is 40"]


def test_a_service_without_a_readme_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, "README.md", "line\n")
    plant(tmp_path, "services/risk/app.py", "")

    assert texts.readmes(tmp_path).text == "services/risk/README.md: missing"


def test_a_shell_verb_must_parse_and_be_executable(tmp_path: Path) -> None:
    plant(tmp_path, "tools/up", "#!/bin/sh\nif true; then\n")
    plant(tmp_path, ".ci/run", "#!/usr/bin/env bash\necho ok\n").chmod(0o755)

    text = texts.shell(tmp_path).text

    assert "tools/up: not executable" in text
    assert "tools/up" in text.splitlines()[1]
    assert ".ci/run" not in text


def test_files_in_other_languages_are_not_taken_for_shell(tmp_path: Path) -> None:
    plant(tmp_path, "tools/serve", "#!/usr/bin/env python3\nif True:\n")

    assert texts.shell(tmp_path).verdict is Verdict.PASSED
