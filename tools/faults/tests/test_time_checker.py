"""Beats, circuits, points, walks, expiries and told ends: each broken promise is planted and found."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tools.faults.acknowledgements import Promises
from tools.faults.evidence import Evidence, Tick
from tools.faults.oracle import AT, DIALLED, DIALS, SPENDS, SPENT
from tools.faults.records import TOLD
from tools.faults.remains import Remains, Turn
from tools.faults.tests.clean_run import row
from tools.faults.tests.moments import began, claimed, ended, noted, said
from tools.faults.time_checker import beats, budgets, circuits, expiries, told, walks
from tools.faults.valkey_faults import Loss
from tools.faults.violations import Violation

Rule = Callable[[Evidence], Iterator[Violation]]


def kinds(rule: Rule, **parts: Any) -> list[str]:
    return [violation.kind for violation in rule(Evidence(promises=Promises({}, {}, frozenset()), **parts))]


def test_two_jobs_of_a_schedule_beside_each_other_are_seen() -> None:
    for schedule in ("beat-skip", "beat-one", "beat-all", "beat-cancel"):
        parts = {
            "ticks": (Tick(schedule, 1_000, "one"), Tick(schedule, 2_000, "two")),
            "rows": (row("one", "beat", -1), row("two", "beat", -1)),
            "outcomes": (ended("one", 2_500), ended("two", 3_000)),
        }

        assert kinds(beats, lines=(began("one", 1_000), began("two", 2_600)), **parts) == []
        assert kinds(beats, lines=(began("one", 1_000), began("two", 2_400)), **parts) == ["overlap"]


def test_a_tick_that_was_missed_and_not_made_up_for_is_seen() -> None:
    ticks = tuple(Tick("beat-filled", at, f"job-{at}") for at in (1_000, 2_000, 3_000))

    assert kinds(beats, ticks=ticks) == []
    assert kinds(beats, ticks=(ticks[0], ticks[2])) == ["misfire"]


def test_a_beat_that_was_cancelled_by_a_schedule_that_cancels_nobody_is_seen() -> None:
    rows = (row("one", "beat", -1, state="cancelled"),)

    assert kinds(beats, ticks=(Tick("beat-cancel", 1_000, "one"),), rows=rows) == []
    assert kinds(beats, ticks=(Tick("beat-skip", 1_000, "one"),), rows=rows) == ["overlap"]


#: Open from 1,000 to 2,000, half open until it closes at 3,000.
TURNS = Remains(turns=(Turn(1, "open", 2_000, 1_000), Turn(2, "closed", 0, 3_000)))


def calling(*calls: tuple[str, int, float, float], **more: Any) -> list[str]:
    """Calls by job, claim, and when they were made and answered."""
    lines = [line for job, _, at, end in calls for line in (said(DIALS, job, at), said(DIALLED, job, end))]
    seen = tuple(claimed(job, claim) for job, claim, _, _ in calls)
    return kinds(circuits, remains=TURNS, lines=tuple(lines), seen=seen, **more)


def test_a_call_while_the_circuit_is_open_is_seen() -> None:
    assert calling(("a", 1_100, 1_500, 1_600)) == ["circuit"]
    assert calling(("a", 900, 1_500, 1_600)) == []  # let through before it opened
    assert calling(("a", 2_050, 2_100, 2_200)) == []
    assert calling(("a", 1_100, 1_500, 1_600), unasked=frozenset({"a"})) == []
    assert calling(("a", 1_100, 1_500, 1_600), losses=(Loss(1_200, "flush"),)) == []


def test_a_second_probe_beside_the_first_is_seen() -> None:
    assert calling(("a", 2_050, 2_100, 2_500), ("b", 2_200, 2_300, 2_600)) == ["circuit"]
    assert calling(("a", 2_050, 2_100, 2_200), ("b", 2_250, 2_300, 2_600)) == []


def spending(count: int, **more: Any) -> list[str]:
    lines = [
        line for n in range(count) for line in (said(SPENDS, f"j{n}", 100 + n), said(SPENT, f"j{n}", 100.5 + n, "2"))
    ]
    return kinds(budgets, lines=tuple(lines), **more)


def test_points_above_the_budget_of_a_window_are_seen() -> None:
    assert spending(6) == []
    assert spending(7) == ["budget"]
    assert spending(7, unasked=frozenset({"j3"})) == []


def walking(parts: tuple[int, ...], *lines: Any, state: str = "completed") -> set[str]:
    remains = Remains(parts=tuple(("w", 1, part) for part in parts))
    return set(kinds(walks, rows=(row("w", "walk", 1, state=state),), remains=remains, lines=lines))


def test_a_part_done_twice_or_not_at_all_is_seen() -> None:
    assert walking((0, 1, 2, 3, 4)) == set()
    assert walking((0, 1, 2, 2, 3, 4)) == {"double step"}
    assert walking((0, 1, 2, 3)) == {"step"}


def test_a_walk_that_goes_on_at_the_wrong_place_is_seen() -> None:
    first = (began("w", 1), said(AT, "w", 2, "2"))
    back = (began("w", 3, attempt=2), said(AT, "w", 4, "1", attempt=2))
    on = (began("w", 3, attempt=2), said(AT, "w", 4, "2", attempt=2))

    assert walking((0, 1, 2, 3, 4), *first, *on) == set()
    assert walking((0, 1, 2, 3, 4), *first, *back) == {"cursor"}
    assert walking((0,), *first, state="dead") == {"cursor"}


HASTY = row("h", "hasty", 1, state="expired", reason="queue_ttl")
LIMIT = Remains(limits={"h": 2_000.0})


def test_a_job_that_was_given_up_before_its_time_or_for_another_reason_is_seen() -> None:
    assert kinds(expiries, rows=(HASTY,), remains=LIMIT, outcomes=(ended("h", 2_100, "expired"),)) == []
    assert kinds(expiries, rows=(HASTY,), remains=LIMIT, outcomes=(ended("h", 1_500, "expired"),)) == ["expiry"]
    odd = replace(HASTY, reason="deadline")
    assert kinds(expiries, rows=(odd,), remains=LIMIT, outcomes=(ended("h", 2_100),)) == ["wrong end"]


def test_a_job_that_began_after_its_time_is_seen() -> None:
    def beginning(*claims: int) -> list[str]:
        row_ = replace(HASTY, state="completed", reason="")
        line = began("h", max(claims) + 1)
        return kinds(
            expiries, rows=(row_,), remains=LIMIT, seen=tuple(claimed("h", at) for at in claims), lines=(line,)
        )

    assert beginning(1_900) == []
    assert beginning(2_100) == ["expiry"]
    assert beginning(1_000, 2_100) == []  # put off once, so due anew


def test_an_end_that_was_told_and_is_not_the_end_is_seen() -> None:
    rows = (row("t", "note", 1),)

    assert kinds(told, rows=rows, noted=(noted(TOLD, id="t", state="completed"),)) == []
    assert kinds(told, rows=rows, noted=(noted(TOLD, id="t", state="running"),)) == []
    assert kinds(told, rows=rows, noted=(noted(TOLD, id="t", state="dead"),)) == ["told"]
