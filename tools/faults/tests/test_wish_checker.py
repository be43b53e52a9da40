"""What people asked for, steps, effects and messages: each broken promise is planted and found."""

from collections import Counter
from dataclasses import replace
from typing import Any

from tools.faults.checker import check
from tools.faults.evidence import Evidence, Outcome, Row
from tools.faults.oracle import CALL, END, PAID, START, Line
from tools.faults.tests.clean_run import NOTE, ROWS, evidence, lines, row
from tools.faults.wishes import Wished

CANCELLED, REVIVED, STAGE, CHARGE = "job-c", "job-v", "job-s", "job-e"
MORE = (
    row(CANCELLED, "note", 0, state="cancelled", reason="cancelled"),
    row(REVIVED, "revived", 1, generation=2),
    row(STAGE, "stage", 2),
    row(CHARGE, "charge", 3),
)
OUTCOMES = (
    Outcome(CANCELLED, 1, "queued", "cancelled"),
    Outcome(REVIVED, 1, "running", "dead"),
    Outcome(REVIVED, 2, "running", "completed"),
    Outcome(STAGE, 1, "running", "completed"),
    Outcome(CHARGE, 1, "running", "completed"),
)
WISHED = Wished(
    asked=Counter({("cancel", CANCELLED): 1, ("requeue", REVIVED): 1}),
    cancelled=frozenset({(CANCELLED, 1)}),
    requeued={REVIVED: 2},
)


def said(kind: str, *, at: int, generation: int = 1, attempt: int = 1, pid: int = 1) -> Line:
    return Line(kind, CHARGE, generation, attempt, pid, at, at)


PAYING = (said(START, at=1), said(CALL, at=2), said(PAID, at=3), said(END, at=4))


def world(**changes: Any) -> Evidence:
    """A clean run with all of these in it, with some of its evidence replaced."""
    clean = evidence()
    numbered = tuple(replace(each, n=-1) for each in MORE)
    full = replace(
        clean,
        rows=(*ROWS, *numbered),
        outcomes=(*clean.outcomes, *OUTCOMES),
        effects=(*clean.effects, (REVIVED, 2), (STAGE, 1), (CHARGE, 1)),
        steps=((STAGE, 1),),
        counted_calls={CHARGE: 1},
        lines=(*clean.lines, *lines(REVIVED), *lines(STAGE), *PAYING),
        wished=WISHED,
    )
    return replace(full, **changes)


def kinds(**changes: Any) -> set[str]:
    return {violation.kind for violation in check(world(**changes))}


def rows_with(job_id: str, **changes: Any) -> tuple[Row, ...]:
    return tuple(replace(each, **changes) if each.id == job_id else each for each in world().rows)


def outcomes_with(old: Outcome, *new: Outcome) -> tuple[Outcome, ...]:
    return (*(each for each in world().outcomes if each != old), *new)


def test_a_run_in_which_every_wish_was_kept_has_no_violation() -> None:
    assert check(world()) == []


def test_a_cancelled_job_that_completes_after_all_is_seen() -> None:
    completed = outcomes_with(OUTCOMES[0], Outcome(CANCELLED, 1, "running", "completed"))
    ran = (*world().lines, *lines(CANCELLED))

    assert kinds(rows=rows_with(CANCELLED, state="completed"), outcomes=completed, lines=ran) == {"cancel"}


def test_a_cancelled_job_that_stays_live_is_seen() -> None:
    assert "cancel" in kinds(outcomes=outcomes_with(OUTCOMES[0]))


def test_a_row_that_forgets_its_cancel_is_seen() -> None:
    assert "cancel" in kinds(rows=rows_with(CANCELLED, state="dead", reason="crashed"))


def test_a_cancelled_job_that_nobody_cancelled_is_a_wrong_end() -> None:
    assert kinds(rows=rows_with(NOTE, state="cancelled", reason="cancelled")) == {"wrong end"}


def test_a_requeue_that_made_no_generation_is_seen() -> None:
    assert "requeue" in kinds(rows=rows_with(REVIVED, generation=1, state="dead", reason="exhausted"))


def test_a_generation_that_nobody_asked_for_is_seen() -> None:
    assert "requeue" in kinds(rows=rows_with(NOTE, generation=2))


def test_a_generation_that_completes_twice_is_a_double_outcome() -> None:
    assert kinds(outcomes=(*world().outcomes, OUTCOMES[2])) == {"double outcome"}


def test_an_effect_of_a_generation_that_did_not_complete_is_seen() -> None:
    assert kinds(effects=(*world().effects, (REVIVED, 1))) == {"effect without outcome"}


def test_a_change_that_was_forgotten_is_seen() -> None:
    assert kinds(wished=replace(WISHED, priorities={NOTE: 1})) == {"change"}
    assert kinds(wished=replace(WISHED, queues={NOTE: "gated"})) == {"change"}
    assert kinds(wished=replace(WISHED, queues={NOTE: "mixed"}, priorities={NOTE: 3})) == set()


def test_a_step_that_was_committed_twice_or_never_is_seen() -> None:
    assert kinds(steps=((STAGE, 1), (STAGE, 1))) == {"double step"}
    assert kinds(steps=()) == {"step"}


def calling(*more: Line, counted: int) -> set[str]:
    return kinds(lines=(*world().lines, *more), counted_calls={CHARGE: counted})


def test_a_call_that_was_not_announced_is_seen() -> None:
    assert calling(said(CALL, at=2), counted=1) == {"call"}
    assert calling(said(CALL, at=2), counted=2) == set()


def test_a_call_under_another_key_is_seen() -> None:
    assert calling(said(CALL, at=2, generation=2), counted=2) == {"key"}


def test_a_call_by_an_attempt_that_could_know_the_answer_is_seen() -> None:
    late = (said(START, at=5, attempt=2), said(CALL, at=6, attempt=2))
    overtaken = (said(START, at=1, attempt=2, pid=2), said(CALL, at=6, attempt=2, pid=2))

    assert calling(*late, counted=2) == {"call"}
    assert calling(*overtaken, counted=2) == set()


def test_a_completed_charge_that_called_nobody_is_seen() -> None:
    assert kinds(lines=tuple(line for line in world().lines if line.kind != CALL)) == {"call"}


def test_a_message_that_waits_after_the_drain_is_stuck_and_one_that_was_given_up_is_lost() -> None:
    assert kinds(unsent=frozenset({9}), intents=frozenset({1, 9})) == {"stuck"}
    assert kinds(unsendable=frozenset({9})) == {"lost"}
