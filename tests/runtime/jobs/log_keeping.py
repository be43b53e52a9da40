"""Owns a bench that keeps what its jobs log, as a worker's process does. It must never leave logging changed."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from shared import logs
from shared.jobs import JobContext, log_writer
from shared.jobs.captured import LogSink, install
from shared.jobs.log_writer import LogWriter
from tests.runtime.jobs.sample import Bench, Play

driver = logging.getLogger("driver")


@contextmanager
def logs_kept(bench: Bench) -> Iterator[Bench]:
    """Logging as in a worker; lines wait for 20 ms."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure("info", "json", process="worker")
    install()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_writer, "FLUSH_SECONDS", 0.02)
        patch.setattr(log_writer, "RETRY_SECONDS", 0.02)
        _begin(bench)
        yield bench
        written(bench)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def _begin(bench: Bench) -> None:
    bench.runtime.resources[LogSink] = LogWriter(bench.jobs.database, bench.jobs.service)


def writer_of(bench: Bench) -> LogWriter:
    """What writes the lines."""
    writer = bench.runtime.resources[LogSink]
    assert isinstance(writer, LogWriter)
    return writer


def written(bench: Bench) -> None:
    """Every line is in PostgreSQL; a new writer goes on."""
    writer_of(bench).stop()
    _begin(bench)


def messages(bench: Bench, job_id: str) -> list[str]:
    """What a job's lines say, in the order they were written."""
    written(bench)
    rows = bench.sql("SELECT message FROM job_log WHERE job_id = :id ORDER BY seq", id=job_id)
    return [row[0] for row in rows]


def says(text: str) -> Callable[[JobContext, Play], Any]:
    """A job body that logs one line."""
    return lambda _ctx, _args: driver.info(text)
