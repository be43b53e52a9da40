"""Log lines: one shape for our events and every library's, without secrets and without forged lines."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from shared import clock, logs


class Sink:
    """A configured stream and what was written to it."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    @property
    def last(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.lines[-1])
        return event


@pytest.fixture
def sink() -> Iterator[Sink]:
    """JSON logging into memory at debug level; the root logger is put back afterwards."""
    root, sink = logging.getLogger(), Sink()
    handlers, level = list(root.handlers), root.level
    logs.configure("debug", "json", process="worker", stream=sink.stream)
    yield sink
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_an_event_has_time_level_logger_process_and_its_fields(sink: Sink) -> None:
    with clock.frozen(datetime(2026, 3, 1, 12, 0, 0, 5_000, tzinfo=UTC)):
        logs.get_logger("shared.jobs").info("attempt finished", outcome="completed", seconds=0.25)

    assert sink.last == {
        "timestamp": "2026-03-01T12:00:00.005Z",
        "level": "info",
        "event": "attempt finished",
        "logger": "shared.jobs",
        "process": "worker",
        "outcome": "completed",
        "seconds": 0.25,
    }


def test_a_librarys_record_comes_out_in_the_same_shape(sink: Sink) -> None:
    with logs.bound(job_id="42"):
        logging.getLogger("some.library").warning("lost %s of %d", "connection", 3, extra={"host": "db"})

    assert sink.last["event"] == "lost connection of 3"
    assert (sink.last["level"], sink.last["logger"]) == ("warning", "some.library")
    assert (sink.last["job_id"], sink.last["host"]) == ("42", "db")


def test_a_python_warning_is_an_event(sink: Sink) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old call", DeprecationWarning, stacklevel=1)

    assert sink.last["logger"] == "py.warnings"


def test_bound_fields_are_there_inside_the_block_only(sink: Sink) -> None:
    log = logs.get_logger("x")
    with logs.bound(service="risk", queue="risk-assessment"), logs.bound(attempt=2, request_id="r1"):
        log.info("inside")
        inside, seen = sink.last, logs.request_id()
    log.info("outside")

    assert (inside["service"], inside["queue"], inside["attempt"], seen) == ("risk", "risk-assessment", 2, "r1")
    assert "service" not in sink.last
    assert logs.request_id() == ""


def test_secrets_are_masked_by_name_and_inside_text(sink: Sink) -> None:
    headers = {"Authorization": "Bearer abc", "accept": "json"}
    logs.get_logger("x").info(
        "connected to redis://:hunter2@db", password="hunter2", nested=[{"api_key": "hunter2"}], headers=headers
    )

    assert "hunter2" not in sink.lines[-1]
    assert sink.last["headers"] == {"Authorization": "***", "accept": "json"}
    assert sink.last["event"] == "connected to redis://***@db"


def test_a_traceback_is_text_without_secrets_and_bounded(sink: Sink) -> None:
    try:
        raise ValueError("postgresql://u:hunter2@db \x1b[2J" + "x" * 50_000 + " the end")
    except ValueError:
        logs.get_logger("x").exception("it failed")

    text = sink.last["exception"]
    assert len(sink.lines) == 1
    assert text.startswith("Traceback (most recent call last):\n")
    assert text.endswith("the end")
    assert len(text) <= logs.MAX_TRACEBACK_CHARS
    assert "hunter2" not in text
    assert "\x1b" not in text
    assert (sink.last["level"], sink.last["error_type"]) == ("error", "ValueError")


def test_a_librarys_exception_is_structured_too(sink: Sink) -> None:
    try:
        raise KeyError("gone")
    except KeyError:
        logging.getLogger("lib").exception("it failed")

    assert sink.last["error_type"] == "KeyError"
    assert len(sink.lines) == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize(
    "forged", ["a\nlevel=error event=forged", "a\r\nb", "a\x1b[2Jb", "a\u2028b", "a\u202eb", "a\x85b"]
)
def test_a_value_cannot_forge_or_break_a_line(sink: Sink, log_format: str, forged: str) -> None:
    logs.configure("debug", log_format, process="worker", stream=sink.stream)

    logs.get_logger("x").info(forged, value=forged, nested={forged: [forged]})

    text = sink.stream.getvalue()
    assert text.count("\n") == 1
    assert not set(text.removesuffix("\n")) & set("\n\r\x1b\u2028\u202e\x85")


def test_a_console_traceback_cannot_pass_for_an_event(sink: Sink) -> None:
    logs.configure("debug", "console", process="worker", stream=sink.stream)

    try:
        raise ValueError("x\n2026-03-01T00:00:00Z [error] forged")
    except ValueError:
        logs.get_logger("x").exception("it failed")

    assert all(line.startswith("    | ") for line in sink.lines[1:] if line)


def test_huge_deep_and_odd_values_cannot_blow_up_a_line(sink: Sink) -> None:
    deep: list[Any] = []
    deep.append(deep)

    logs.get_logger("x").info(
        "odd",
        text="y" * 1_000_000,
        many=list(range(10_000)),
        deep=deep,
        raw=b"\x00" * 99,
        lone="\ud800",
        nan=float("nan"),
    )

    assert len(sink.lines[-1]) < 10_000
    assert sink.last["raw"] == "<99 bytes>"
    assert len(sink.last["many"]) == logs.MAX_ITEMS


def test_a_value_that_cannot_be_shown_never_stops_the_caller(sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    logs.get_logger("x").info("odd", value=Broken())
    logs.get_logger("x").info("still alive")

    assert sink.last["event"] == "still alive"


def test_events_below_the_level_are_not_written_and_chatty_clients_are_quiet(sink: Sink) -> None:
    logs.configure("warn", "json", process="api", stream=sink.stream)
    logs.get_logger("x").info("too low")
    logs.get_logger("x").warning("written")
    logs.configure("info", "json", process="api", stream=sink.stream)
    logging.getLogger("httpx").info("GET https://api.example.com/?key=1")

    assert len(sink.lines) == 1
    assert sink.last["event"] == "written"


def test_auto_means_json_when_the_stream_is_no_terminal(sink: Sink) -> None:
    logs.configure("info", "auto", process="api", stream=sink.stream)

    logs.get_logger("x").info("hello")

    assert sink.last["process"] == "api"


def test_configuring_twice_writes_each_event_once(sink: Sink) -> None:
    logs.configure("info", "json", process="api", stream=sink.stream)

    logs.get_logger("x").info("once")

    assert len(sink.lines) == 1
