"""Owns the way of jobs' log lines to PostgreSQL: in batches, from one thread of a process, for one service.

It must never make a job wait for a store, nor hold more lines than fit.
"""

import threading
from queue import Empty, SimpleQueue

import structlog

from shared import clock, metrics
from shared.db import Database
from shared.errors import StoreUnavailable
from shared.jobs.captured import Line, LogSink, Owner
from shared.jobs.ledger import log_rows
from shared.jobs.ledger.log_rows import LogRow

log = structlog.get_logger(__name__)
#: How long a line waits for company; a process that is killed loses no more than this, and what is under way.
FLUSH_SECONDS = 0.5
BATCH = 500
#: Lines that wait while PostgreSQL is slow or away; later ones are left out and counted.
WAITING_MAX = 5_000
RETRY_SECONDS = 1.0
STOP_SECONDS = 2.0


class LogWriter(LogSink):
    """Takes lines from any thread. Its own thread begins with the first of them."""

    def __init__(self, database: Database, service: str) -> None:
        self._database = database
        self._service = service
        self._waiting: SimpleQueue[LogRow] = SimpleQueue()
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, owner: Owner, line: Line, *, number: int, left_out: int = 0) -> bool:
        """See LogSink."""
        if self._waiting.qsize() >= WAITING_MAX:
            return False
        self._waiting.put(LogRow(
            owner.job_id, owner.generation, owner.token, number, owner.attempt, line.at_ms, line.level, line.message,
            line.fields, left_out,
        ))  # fmt: skip
        if not self._news.is_set():
            self._begin()
        return True

    def stop(self) -> None:
        """Write what waits, for two seconds at most; call it after the last attempt."""
        self._stopping.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(timeout=STOP_SECONDS)

    def _begin(self) -> None:
        self._news.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._loop, name=f"{self._service}-job-logs", daemon=True)
                    self._thread.start()

    def _loop(self) -> None:
        while not (self._stopping.is_set() and self._waiting.empty()):
            self._news.wait()
            if self._waiting.qsize() < BATCH:
                self._stopping.wait(FLUSH_SECONDS)
            self._news.clear()  # before the lines are taken: one that comes now may be taken already, never forgotten
            while batch := self._take():
                self._write(batch)

    def _take(self) -> list[LogRow]:
        batch: list[LogRow] = []
        try:
            while len(batch) < BATCH:
                batch.append(self._waiting.get_nowait())
        except Empty:
            pass
        return batch

    def _write(self, batch: list[LogRow]) -> None:
        """Until it is committed: repeating it changes nothing. What no table can hold is lost, and said."""
        give_up_at = float("inf")
        while clock.monotonic() < give_up_at:
            try:
                with self._database.unit_of_work() as work:
                    log_rows.write(work, batch)
                return
            except StoreUnavailable as error:
                log.warning("log lines wait for PostgreSQL", service=self._service, lines=len(batch), error=str(error))
                if self._stopping.wait(RETRY_SECONDS):
                    give_up_at = min(give_up_at, clock.monotonic() + STOP_SECONDS)
                    threading.Event().wait(RETRY_SECONDS / 10)
            except Exception:
                log.exception("log lines refused", service=self._service)
                break
        log.error("log lines lost", service=self._service, lines=len(batch))
        metrics.LOG_LINES_LOST.labels(service=self._service).inc(len(batch))
