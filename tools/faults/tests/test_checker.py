"""The checker is believed only because it finds what was planted."""

from dataclasses import replace

import pytest

from tools.faults.checker import check
from tools.faults.evidence import Evidence, Index, Outcome, Tick
from tools.faults.tests.clean_run import DEAD, FAR, LEFT, NOTE, PARENT, ROWS, TICK, WRITE, evidence, lines, row


def kinds(of: Evidence) -> set[str]:
    return {violation.kind for violation in check(of)}


def without(job_id: str) -> tuple[object, ...]:
    return tuple(each for each in ROWS if each.id != job_id)


def with_row(job_id: str, **changes: object) -> tuple[object, ...]:
    return tuple(replace(each, **changes) if each.id == job_id else each for each in ROWS)  # type: ignore[arg-type]  # any field


def test_a_clean_run_has_no_violation() -> None:
    assert check(evidence()) == []


def test_an_acknowledged_job_without_a_row_is_lost() -> None:
    assert kinds(evidence(rows=without(DEAD), outcomes=())) >= {"lost"}


def test_a_job_that_is_live_after_the_drain_is_stuck() -> None:
    assert kinds(evidence(rows=with_row(NOTE, state="running", is_final=False))) >= {"stuck"}


def test_a_job_whose_transaction_committed_without_it_is_lost() -> None:
    assert "lost" in kinds(evidence(intents=frozenset({5})))


def test_a_job_of_a_rolled_back_transaction_is_unexpected() -> None:
    assert kinds(evidence(rows=(*ROWS, row("ghost", "note", 5)), lines=(*evidence().lines, *lines("ghost")))) == {
        "unexpected"
    }


def test_a_job_that_nobody_submitted_is_unexpected() -> None:
    stranger = row("stranger", "note", 99)

    assert "unexpected" in kinds(evidence(rows=(*ROWS, stranger)))


def test_two_jobs_of_one_submission_are_unexpected() -> None:
    assert "unexpected" in kinds(evidence(rows=(*ROWS, row("twin", "note", 0))))


def test_a_body_that_ran_without_a_row_is_unexpected() -> None:
    assert kinds(evidence(lines=(*evidence().lines, *lines("nowhere")))) == {"unexpected"}


def test_a_second_outcome_is_seen() -> None:
    second = Outcome(NOTE, 1, "completed", "dead")

    assert kinds(evidence(outcomes=(*evidence().outcomes, second))) == {"double outcome"}


def test_a_second_effect_is_seen() -> None:
    assert kinds(evidence(effects=(*evidence().effects, (WRITE, 1)))) == {"double effect"}


def test_effects_of_two_generations_are_not_a_double() -> None:
    assert "double effect" not in kinds(evidence(effects=(*evidence().effects, (WRITE, 2))))


def test_a_completed_write_without_its_effect_is_seen() -> None:
    assert kinds(evidence(effects=((PARENT, 1), (TICK, 1)))) == {"outcome without effect"}


def test_an_effect_of_a_job_that_is_not_completed_is_seen() -> None:
    assert "effect without outcome" in kinds(evidence(rows=with_row(WRITE, state="dead", reason="crashed")))


def test_a_job_that_no_fault_may_kill_is_a_wrong_end() -> None:
    assert kinds(evidence(rows=with_row(NOTE, state="dead", reason="exhausted"))) == {"wrong end"}


def test_a_job_whose_processes_died_again_and_again_may_be_dead() -> None:
    assert kinds(evidence(rows=with_row(NOTE, state="dead", reason="crashed"))) == set()


def test_a_doomed_job_that_completes_is_a_wrong_end() -> None:
    assert "wrong end" in kinds(evidence(rows=with_row(DEAD, state="completed", reason="")))


def test_a_completed_job_whose_body_never_ended_never_ran() -> None:
    assert kinds(evidence(lines=tuple(line for line in evidence().lines if line.job_id != NOTE))) == {"never ran"}


def test_a_missing_child_is_seen() -> None:
    assert kinds(evidence(rows=without(LEFT), lines=tuple(x for x in evidence().lines if x.job_id != LEFT))) >= {
        "family"
    }


def test_children_of_a_parent_that_did_not_complete_are_seen() -> None:
    assert "family" in kinds(evidence(rows=with_row(PARENT, state="dead", reason="crashed")))


@pytest.mark.parametrize(
    "ticks",
    [
        (Tick("second-0", 1_000, None),),
        (Tick("second-0", 1_000, "gone"),),
        (Tick("second-0", 1_000, TICK), Tick("second-0", 2_000, TICK)),
        (Tick("second-0", 2_000, TICK),),
        (),
    ],
    ids=["no job", "job gone", "two ticks, one job", "another instant", "job without a tick"],
)
def test_a_tick_without_exactly_its_own_job_is_seen(ticks: tuple[Tick, ...]) -> None:
    assert kinds(evidence(ticks=ticks)) == {"tick"}


def test_an_instant_that_a_schedule_passed_without_a_tick_is_seen() -> None:
    assert kinds(evidence(last_runs={"second-0": 2_000})) == {"tick"}


@pytest.mark.parametrize(
    "index",
    [
        Index(),
        Index(entries={FAR: (2, "scheduled")}, delayed={"mixed": frozenset({FAR})}, bodies=frozenset({FAR})),
        Index(entries={FAR: (1, "scheduled")}, bodies=frozenset({FAR})),
        Index(entries={FAR: (1, "scheduled")}, delayed={"mixed": frozenset({FAR})}),
        Index(entries={FAR: (1, "scheduled")}, delayed={"paced": frozenset({FAR})}, bodies=frozenset({FAR})),
        replace(evidence().index, ready={"mixed": frozenset({FAR})}),
        replace(evidence().index, running={"mixed": frozenset({NOTE})}),
        replace(evidence().index, entries={FAR: (1, "scheduled"), NOTE: (1, "queued")}),
        replace(evidence().index, unsettled=frozenset({NOTE})),
        replace(evidence().index, outcomes=frozenset({NOTE})),
        replace(evidence().index, bodies=frozenset({FAR, NOTE})),
    ],
    ids=[
        *("missing", "generation", "in no set", "no body", "another queue", "in two sets"),
        *("lease of nothing", "stranger", "unsettled", "outcome left", "body left"),
    ],
)
def test_an_index_that_differs_from_the_ledger_is_seen(index: Index) -> None:
    assert kinds(evidence(index=index)) == {"index"}


def test_a_process_that_ended_by_itself_is_seen() -> None:
    assert kinds(evidence(deaths={"worker-0": ("exit code -6",)})) == {"death"}


def test_a_process_that_stays_unwell_is_seen() -> None:
    assert kinds(evidence(unwell={"worker-0": "the claim loop has not turned"})) == {"unwell"}
