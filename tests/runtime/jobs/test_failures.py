"""What is kept of an error, also where CPython cannot format it."""

import traceback

import pytest

from shared.jobs.failures import failure_of


def test_an_error_that_cannot_be_formatted_keeps_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_parts: object) -> list[str]:
        raise SystemError("AST constructor recursion depth mismatch (before=138, after=189)")

    monkeypatch.setattr(traceback, "format_exception", refuse)
    try:
        raise ValueError("no such coin")
    except ValueError as error:
        failure = failure_of(error)

    assert (failure.type, failure.message) == ("ValueError", "no such coin")
    assert "in test_an_error_that_cannot_be_formatted_keeps_its_frames" in failure.traceback
    assert failure.traceback.endswith("ValueError: no such coin\n")
