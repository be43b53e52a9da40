"""Proves that stale stubs and breaking contracts are found, with the real generator, buf and git."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.checks import protos
from tools.checks.outcome import Verdict

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = """syntax = "proto3";

package millrace.risk.v1;

// Coin is a token.
message Coin {
  // Identity, 1 or more.
  int64 id = 1;
  // Ticker.
  string symbol = 2;
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / protos.CONFIGURATION, tmp_path / protos.CONFIGURATION)
    contract = tmp_path / "protos" / "risk" / "v1" / "risk.proto"
    contract.parent.mkdir(parents=True)
    contract.write_text(CONTRACT, encoding="utf-8")
    assert protos.generate(tmp_path, tmp_path).verdict is Verdict.PASSED
    return tmp_path


def change(project: Path, old: str, new: str) -> None:
    contract = project / "protos" / "risk" / "v1" / "risk.proto"
    contract.write_text(contract.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def commit(project: Path) -> None:
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "protos: change"]):
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)


def test_fresh_stubs_pass(project: Path) -> None:
    assert protos.drift(project).text == ""


def test_a_contract_changed_without_its_stubs_is_found(project: Path) -> None:
    change(project, "string symbol = 2;", "string symbol = 2;\n  // Name.\n  string name = 3;")

    assert "protos/risk/v1/risk_pb2.py: out of date; run tools/protos" in protos.drift(project).text


def test_a_missing_stub_and_one_without_a_contract_are_found(project: Path) -> None:
    folder = project / "protos" / "risk" / "v1"
    (folder / "risk_pb2.pyi").rename(folder / "old_pb2.pyi")

    lines = protos.drift(project).text.splitlines()

    assert lines == [
        "protos/risk/v1/old_pb2.pyi: no contract makes this stub; delete it",
        "protos/risk/v1/risk_pb2.pyi: missing; run tools/protos",
    ]


def test_a_contract_against_the_lint_rules_is_found(project: Path) -> None:
    change(project, "string symbol", "string coinSymbol")

    assert "lower_snake_case" in protos.lint(project).text


def test_a_contract_in_another_format_is_found(project: Path) -> None:
    change(project, "  string symbol = 2;", "      string   symbol = 2;")

    assert protos.lint(project).verdict is Verdict.FAILED


def test_a_first_version_breaks_nobody(project: Path) -> None:
    commit(project)

    assert protos.breaking(project).verdict is Verdict.SKIPPED


def test_a_field_renumbered_but_not_yet_committed_is_found(project: Path) -> None:
    commit(project)
    change(project, "symbol = 2", "symbol = 3")

    outcome = protos.breaking(project)

    assert outcome.verdict is Verdict.FAILED
    assert 'field "2" with name "symbol" on message "Coin" was deleted' in outcome.text


def test_a_field_renumbered_in_the_last_commit_is_found(project: Path) -> None:
    commit(project)
    change(project, "symbol = 2", "symbol = 3")
    commit(project)

    assert protos.breaking(project).verdict is Verdict.FAILED


def test_a_field_added_breaks_nobody(project: Path) -> None:
    commit(project)
    change(project, "string symbol = 2;", "string symbol = 2;\n  // Name.\n  string name = 3;")

    assert protos.breaking(project).verdict is Verdict.PASSED


def test_a_tree_outside_git_is_skipped(project: Path) -> None:
    assert protos.breaking(project).verdict is Verdict.SKIPPED
