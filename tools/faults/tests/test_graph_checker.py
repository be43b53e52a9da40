"""Flows, batches, remote nodes and depends_on: each broken promise is planted and found."""

from dataclasses import replace
from typing import Any

import pytest

from tools.faults.acknowledgements import Promises
from tools.faults.evidence import Evidence
from tools.faults.graph_checker import graphs, waiters
from tools.faults.records import FLOW, FLOW_ACKED, WAIT
from tools.faults.remains import FlowNode, Remains
from tools.faults.tests.clean_run import row
from tools.faults.tests.moments import began, ended, noted

#: a; b after a; c, which is broken; d after b and c, which it ignores; e after c, which fails it; f, elsewhere.
PLANS: dict[str, dict[str, Any]] = {
    "a": {"job": "node", "parents": {}, "ratio": None},
    "b": {"job": "node", "parents": {"a": "fail_parent"}, "ratio": None},
    "c": {"job": "broken", "parents": {}, "ratio": None},
    "d": {"job": "node", "parents": {"b": "fail_parent", "c": "ignore"}, "ratio": None},
    "e": {"job": "node", "parents": {"c": "fail_parent"}, "ratio": None},
    "f": {"job": "distant", "parents": {}, "ratio": None},
}
CALLBACKS = ["on_success", "on_complete", "on_death"]
STATES = {
    "a": "completed", "b": "completed", "c": "dead", "d": "completed", "e": "dead", "f": "completed",
    "on_success()": "cancelled", "on_complete()": "completed", "on_death()": "completed",
}  # fmt: skip
BEGAN = {"a": 10, "b": 30, "c": 10, "d": 50, "on_complete()": 90, "on_death()": 25}
ENDED = {"a": 20, "b": 40, "c": 20, "d": 60, "e": 21, "f": 80, "on_complete()": 95, "on_death()": 30}


def world(
    *, states: dict[str, str] | None = None, begins: dict[str, float] | None = None, flow: str = "dead", **changes: Any
) -> Evidence:
    """The graph above, run as it should be, with some of it changed."""
    now = STATES | (states or {})
    nodes = [
        FlowNode("g", key, "node", key, state, is_remote=key == "f") for key, state in now.items() if state != "none"
    ]
    rows = [row(key, "node", -1, state=now[key]) for key in PLANS if key != "f"]
    clean = Evidence(
        promises=Promises({}, {}, frozenset()),
        rows=(*rows, row("f-there", "distant", -1, key="g/f")),
        noted=(noted(FLOW, name="g", nodes=PLANS, callbacks=CALLBACKS), noted(FLOW_ACKED, name="g", id="1")),
        remains=Remains(flows=(("g", "1", flow),), nodes=tuple(nodes)),
        lines=tuple(began(key, at) for key, at in (BEGAN | (begins or {})).items()),
        outcomes=tuple(ended(key, at, now[key]) for key, at in ENDED.items()),
    )
    return replace(clean, **changes)


def kinds(of: Evidence) -> set[str]:
    return {violation.kind for violation in graphs(of)}


def test_a_graph_that_ended_as_it_should_has_no_violation() -> None:
    assert list(graphs(world())) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"begins": {"b": -10.0}},
        {"begins": {"e": 70.0}},
        {"states": {"b": "dead"}, "flow": "dead"},
        {"states": {"e": "completed"}},
        {"states": {"d": "none"}},
        {"flow": "completed"},
    ],
    ids=["before its parent", "failed by its parent", "dead for nothing", "alive for nothing", "part", "flow's end"],
)  # fmt: skip
def test_a_node_that_did_what_its_parents_forbid_is_seen(changes: dict[str, Any]) -> None:
    assert "graph" in kinds(world(**changes))


def test_a_flow_or_a_node_that_never_ends_is_stuck() -> None:
    assert kinds(world(flow="running")) == {"stuck"}
    assert kinds(world(states={"d": "blocked"})) == {"stuck"}


def test_an_acknowledged_flow_that_is_not_there_is_lost_and_one_that_nobody_asked_for_unexpected() -> None:
    nothing = replace(world().remains, flows=(), nodes=())

    assert kinds(world(remains=nothing, rows=())) == {"lost"}
    assert "unexpected" in kinds(world(noted=()))


def test_a_callback_that_came_in_vain_too_early_or_not_at_all_is_seen() -> None:
    assert kinds(world(states={"on_success()": "completed"})) == {"callback"}
    assert kinds(world(states={"on_complete()": "cancelled"})) == {"callback"}
    assert kinds(world(states={"on_death()": "cancelled"})) == {"callback"}
    assert kinds(world(begins={"on_complete()": 50.0})) == {"callback"}
    assert kinds(world(begins={"on_success()": 99.0})) == {"callback"}


def test_a_callback_may_die_of_its_crashes_and_of_nothing_else() -> None:
    crashed = world(states={"on_complete()": "dead"})
    rows = (*crashed.rows, row("on_complete()", "callback", -1, state="dead", reason="crashed", crashes=3))

    assert kinds(replace(crashed, rows=rows)) == set()
    assert kinds(crashed) == {"callback"}
    assert kinds(replace(world(states={"on_success()": "dead"}), rows=rows)) == {"callback"}


def test_a_remote_node_without_its_job_with_two_or_with_one_that_ended_otherwise_is_seen() -> None:
    there = world().rows[-1]
    others = world().rows[:-1]

    assert kinds(world(rows=others)) == {"remote"}
    assert kinds(world(rows=(*others, there, replace(there, id="twin")))) == {"remote"}
    assert kinds(world(rows=(*others, replace(there, state="dead")))) == {"remote"}
    assert kinds(world(rows=(*others, there, replace(there, id="stray", key="g/x")))) == {"remote"}


def waiting(policy: str = "fail_parent", **changes: Any) -> set[str]:
    """A job that waits for one that completed and one that died."""
    parents = {"good": "fail_parent", "bad": policy}
    state = changes.pop("state", "dead")
    evidence = Evidence(
        promises=Promises({}, {}, frozenset()),
        rows=(row("good", "node", 1), row("bad", "broken", 2, state="dead"), row("child", "node", 3, state=state)),
        noted=(noted(WAIT, number=3, parents=parents),),
        outcomes=(ended("good", 20), ended("bad", 30, "dead"), ended("child", 60, state)),
        **changes,
    )
    return {violation.kind for violation in waiters(evidence)}


def test_a_job_that_waits_for_others_ends_as_they_say() -> None:
    assert waiting() == set()
    assert waiting(state="completed") == {"graph"}
    assert waiting("ignore", state="completed", lines=(began("child", 55),)) == set()
    assert waiting("ignore", state="completed", lines=(began("child", 5),)) == {"graph"}
    assert waiting("continue", state="completed", lines=(began("child", 5),)) == set()
    assert waiting("ignore") == {"graph"}
