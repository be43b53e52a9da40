"""A restart that leaves a trace in a job is found."""

from typing import Any

from tools.faults.rolling import untouched
from tools.faults.tests.clean_run import evidence, row


def kinds(name: str, **changes: Any) -> list[str]:
    return [violation.kind for violation in untouched(evidence(rows=(row("job", name, 1, **changes),)))]


def test_a_job_that_was_given_back_makes_no_more_attempts_than_its_own_failures_explain() -> None:
    assert kinds("note", attempts=1) == []
    assert kinds("note", attempts=2) == ["attempts"]
    assert kinds("stumble", attempts=3, fails=2) == []
    assert kinds("stumble", attempts=4, fails=2) == ["attempts"]
    assert kinds("doomed", attempts=2, state="dead", reason="exhausted") == []
    assert kinds("doomed", attempts=3, state="dead", reason="exhausted") == ["attempts"]
    assert kinds("broken", attempts=0, state="dead", reason="dependency") == []


def test_a_crash_is_seen() -> None:
    assert kinds("note", attempts=1, crashes=1) == ["crash"]
