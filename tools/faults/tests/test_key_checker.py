"""Unique jobs, lines, groups and rooms: each broken promise is planted and found."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tools.faults.acknowledgements import Promises
from tools.faults.evidence import Evidence
from tools.faults.key_checker import groups, lines, rooms, uniques
from tools.faults.oracle import ENTERED, INSIDE, LEFT
from tools.faults.records import LINE, UNIQUE
from tools.faults.tests.clean_run import row
from tools.faults.tests.moments import began, claimed, ended, noted, said
from tools.faults.valkey_faults import Loss
from tools.faults.violations import Violation

Rule = Callable[[Evidence], Iterator[Violation]]


def kinds(rule: Rule, **parts: Any) -> list[str]:
    return [violation.kind for violation in rule(Evidence(promises=Promises({}, {}, frozenset()), **parts))]


def asked(job: str, number: int, job_id: str, from_ms: float, until_ms: float, *, is_fresh: bool = True) -> Any:
    times = {"asked_ns": int(from_ms * 1e6), "is_fresh": is_fresh}
    return noted(UNIQUE, until_ms, job=job, key="k", number=number, id=job_id, **times)


#: Two jobs of one key, the first of which runs from 200 to 500, or for ever in `for`.
PARTS: dict[str, Any] = {
    "lines": (began("one", 200, "1"), began("two", 600, "2")),
    "outcomes": (ended("one", 500), ended("two", 700)),
    "seen": (claimed("one", 190), claimed("two", 590)),
}


@pytest.mark.parametrize(
    ("job", "free_at"),
    [("only-start", 190), ("only-done", 500), ("only-for", 4000), ("only-quiet", 190), ("only-latest", 190)],
)
def test_a_second_job_of_a_key_while_the_first_one_holds_it_is_seen(job: str, free_at: float) -> None:
    first = asked(job, 1, "one", 0, 10)

    def second(at: float) -> list[str]:
        return kinds(uniques, noted=(first, asked(job, 2, "two", at, at + 5)), **PARTS)

    assert second(free_at + 10) == []
    assert second(free_at - 100) == ["unique"]


def test_a_start_that_no_event_is_left_of_is_not_judged() -> None:
    told = (asked("only-start", 1, "one", 0, 10), asked("only-start", 2, "two", 20, 30))

    assert kinds(uniques, noted=told, losses=(Loss(100, "flush"),), **PARTS) == []


@pytest.mark.parametrize("job", ["only-quiet", "only-latest"])
def test_a_job_that_ran_with_older_arguments_than_it_was_promised_is_seen(job: str) -> None:
    told = [asked(job, 1, "one", 0, 10), asked(job, 7, "one", 20, 30, is_fresh=False)]
    ran = {**PARTS, "lines": (began("one", 200, "7"),)}

    assert kinds(uniques, noted=told, **ran) == []
    assert kinds(uniques, noted=told, **PARTS) == ["newest"]


def test_two_of_a_line_beside_each_other_are_seen_and_so_is_the_wrong_order() -> None:
    parts = {
        "rows": (row("one", "in-line", 1), row("two", "in-line", 2)),
        "noted": (noted(LINE, line="a", number=1), noted(LINE, line="a", number=2)),
        "outcomes": (ended("one", 500), ended("two", 700)),
    }

    assert kinds(lines, lines=(began("one", 200), began("two", 510)), **parts) == []
    assert kinds(lines, lines=(began("one", 200), began("two", 400)), **parts) == ["sequence"]
    assert kinds(lines, lines=(began("one", 600), began("two", 100)), **parts) == ["sequence"]


def test_a_third_lease_of_a_group_is_seen() -> None:
    rows = tuple(row(name, "grouped", -1, key="g") for name in "abc")
    seen = [claimed(name, at) for at, name in enumerate("abc")]
    others = [*seen[:2], claimed("c", 3)]
    far = tuple(replace(each, key=each.id) for each in rows)

    assert kinds(groups, rows=rows, seen=tuple(seen)) == ["group limit"]
    assert kinds(groups, rows=rows, seen=(*seen[:2], replace(seen[0], kind="completed"), others[2])) == []
    assert kinds(groups, rows=far, seen=tuple(seen)) == []


def stay(job_id: str, from_ms: float, until_ms: float, *, is_noticed: bool = False) -> list[Any]:
    lines = [said(ENTERED, job_id, from_ms, "r"), said(INSIDE, job_id, until_ms, "r")]
    return lines if is_noticed else [*lines, said(LEFT, job_id, until_ms + 1, "r")]


def test_two_in_a_room_who_both_believe_that_they_were_alone_are_seen() -> None:
    together = (*stay("a", 0, 100), *stay("b", 50, 150))

    assert kinds(rooms, lines=together) == ["lock"]
    assert kinds(rooms, lines=(*stay("a", 0, 100), *stay("b", 110, 150))) == []
    assert kinds(rooms, lines=(*stay("a", 0, 100, is_noticed=True), *stay("b", 50, 150))) == []
    assert kinds(rooms, lines=together, losses=(Loss(30, "flush"),)) == []
