"""Promises of the protocol, searched exhaustively: nothing breaks with its rules, something does without any one."""

import os
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from tests.protocol.program import Program
from tests.protocol.tables import Case, removals, searches

ROOT = Path(__file__).parents[2]
IS_LONG = os.environ.get("MILLRACE_TEST_LONG") == "1"
SEARCHES = searches("always") + (searches("long") if IS_LONG else [])
RULES, HOLES = removals("Rules"), removals("Holes")
NOT_BUILT = "not built yet"


def title(case: Case) -> str:
    return " ".join(case.arguments)


@pytest.mark.parametrize("case", SEARCHES, ids=title)
def test_nothing_breaks_while_every_rule_is_kept(program: Program, case: Case) -> None:
    verdict = program.search(*case.arguments)

    assert verdict.broken == "", f"this order of steps breaks an invariant:\n{verdict.text}"


@pytest.mark.parametrize("case", RULES, ids=title)
def test_without_a_rule_its_invariant_breaks(program: Program, case: Case) -> None:
    verdict = program.search(*case.arguments)

    assert verdict.broken == case.breaks, verdict.text


@pytest.mark.parametrize("case", HOLES, ids=title)
def test_a_known_hole_is_still_what_the_table_says(program: Program, case: Case) -> None:
    verdict = program.search(*case.arguments)

    assert verdict.broken == case.breaks, verdict.text


def test_every_one_of_the_fifteen_rules_is_removed_somewhere() -> None:
    removed = {switch.partition(".")[0] for case in RULES for switch in case.switches}

    assert {str(number) for number in range(1, 16)} <= removed


def test_every_switch_of_every_model_stands_in_a_table(program: Program) -> None:
    listed = {switch for case in RULES + HOLES for switch in case.switches}
    models = {case.model for case in RULES + HOLES + searches("always")}

    known = {name for model in models for name in program.allowed(model) if "." in name}

    assert known == listed


def test_the_files_that_keep_the_rules_are_there() -> None:
    named = {case.kept_by for case in RULES + HOLES} - {NOT_BUILT}

    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_a_broken_invariant_is_told_as_steps_in_words(program: Program) -> None:
    verdict = program.search("dispatch", "drops=1", "-8.replay")

    lines = verdict.text.splitlines()
    assert lines[0].startswith("BROKEN crash-invented")
    assert [line[6:70].rstrip() for line in lines[1:4]] == [
        "submit: INSERT, COMMIT, acknowledged",
        "submitter: push",
        "FAULT worker claims, the answer is lost",
    ]


@pytest.mark.parametrize("argument", ["-3.setle", "loses=1", "kills"])
def test_a_misspelt_argument_is_refused(program: Program, argument: str) -> None:
    with pytest.raises(CalledProcessError) as refused:
        program.search("dispatch", argument)

    assert f"unknown argument {argument.partition('=')[0]}" in refused.value.stderr
    assert "allowed:" in refused.value.stderr
