"""Proves that what shared/README.md draws and lists of states, policies and schedules is what the code has."""

import re

import pytest

from shared.jobs.dependencies import POLICIES
from shared.jobs.schedules.declaration import Misfire, Overlap
from shared.jobs.states import FINAL, TRANSITIONS, State
from tests.conformance.services import ROOT

README = (ROOT / "shared" / "README.md").read_text(encoding="utf-8")
WAITING = {State.SCHEDULED, State.BLOCKED, State.QUEUED, State.RETRYING}


def drawn() -> set[tuple[str, str]]:
    (picture,) = re.findall(r"stateDiagram-v2\n(.*?)```", README, re.DOTALL)
    return set(re.findall(r"(\S+) --> (\S+?)(?::|$)", picture, re.MULTILINE))


def test_the_picture_of_states_names_each_state_and_no_other() -> None:
    names = {name for edge in drawn() for name in edge} - {"[*]"}

    assert names == {str(state) for state in State}
    assert {before for before, after in drawn() if after == "[*]"} == {str(state) for state in FINAL}


def test_the_picture_draws_the_allowed_ways_but_those_that_the_text_names() -> None:
    ways = {(before, after) for before, afters in TRANSITIONS.items() for after in afters}
    left_out = {(before, after) for before, after in ways if before in FINAL or (before in WAITING and after in FINAL)}

    edges = {edge for edge in drawn() if "[*]" not in edge}

    assert edges - {(str(before), str(after)) for before, after in ways} == set()
    assert {(str(before), str(after)) for before, after in ways - left_out} - edges == set()


def test_the_table_of_policies_has_each_that_callers_may_ask_for() -> None:
    (table,) = re.findall(r"\| a job that ended dead.*?\n\n", README, re.DOTALL)

    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == {str(policy) for policy in POLICIES}


@pytest.mark.parametrize(("name", "kind"), [("Missed ticks", Misfire), ("Overlap", Overlap)])
def test_the_text_on_schedules_has_each_policy(name: str, kind: type[Misfire] | type[Overlap]) -> None:
    (line,) = re.findall(rf"\* \*\*{name}\*\*.*?\n(?=\*)", README, re.DOTALL)

    assert {str(word) for word in kind} <= set(re.findall(r"`(\w+)`", line))


def test_there_is_one_diagram_each_of_states_schedules_and_flows() -> None:
    for title in ("States", "Schedules", "Freshness", "Jobs that wait for others"):
        (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
        assert section.count("```mermaid") == 1, title
