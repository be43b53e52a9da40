"""Proves that a lock file with an address, without a hash or behind pyproject.toml is found."""

import shutil
from pathlib import Path

import pytest

from tools.checks import locks
from tools.checks.outcome import Verdict

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    for name in ("pyproject.toml", locks.RUNTIME, locks.DEVELOPMENT, locks.INSTALLER):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_lock_files_as_they_are_pass(project: Path) -> None:
    assert locks.contents(project).text == ""


@pytest.mark.parametrize(
    "line",
    ["--index-url=example", "-i example", "--find-links wheels", "# from https://example.test", "alembic @ file:a.whl"],
)
def test_an_address_in_a_lock_file_is_found(project: Path, line: str) -> None:
    edit(project / locks.RUNTIME, "alembic==", f"{line}\nalembic==")

    assert "names an address" in locks.contents(project).text


def test_a_pin_without_a_hash_is_found(project: Path) -> None:
    (project / locks.DEVELOPMENT).open("a", encoding="utf-8").write("left-pad==1.0\n")

    assert locks.contents(project).text == f"{locks.DEVELOPMENT}: no hash for left-pad==1.0"


def test_a_requirement_that_is_no_pin_is_found(project: Path) -> None:
    (project / locks.RUNTIME).open("a", encoding="utf-8").write("left-pad>=1.0 --hash=sha256:0\n")

    assert "not a pin" in locks.contents(project).text


def test_a_dependency_without_a_pin_is_found(project: Path) -> None:
    edit(project / "pyproject.toml", '"tzdata",', '"tzdata",\n    "left-pad",')

    assert "asks for 'left-pad', pinned is nothing" in locks.contents(project).text


def test_a_pin_outside_the_declared_range_is_found(project: Path) -> None:
    edit(project / "pyproject.toml", "structlog>=26.1", "structlog>=99")

    assert "asks for 'structlog>=99', pinned is 2" in locks.contents(project).text


def test_a_lock_file_whose_header_lies_about_its_making_is_found(project: Path) -> None:
    edit(project / locks.RUNTIME, "-o requirements.lock", "-o other.lock")
    edit(project / locks.DEVELOPMENT, "-o tools/requirements-dev.lock", "-o other.lock")

    outcome = locks.freshness(project)

    assert outcome.verdict is Verdict.FAILED
    assert [line.partition(":")[0] for line in outcome.text.splitlines()] == [locks.RUNTIME, locks.DEVELOPMENT]
