"""Owns history: the index's events become rows, attempts and live states in PostgreSQL.

It must never decide an outcome.
"""

from typing import Any

import psycopg
import structlog
from redis.exceptions import ResponseError
from sqlalchemy.exc import DataError

from shared.db import UnitOfWork
from shared.jobs.connection import BLOCK_SECONDS, store_errors, stream_entries
from shared.jobs.crash_points import crash_point
from shared.jobs.ledger import event_rows, ledger
from shared.jobs.ledger.records import Event, events_from_stream
from shared.jobs.maintenance.history import Told, ripe, worth_writing
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
GROUP = "ledger"
#: Stream entries a batch; each holds up to 64 events.
BATCH = 100
IDLE_MS = 30_000


class LedgerWriter:
    """One consumer of the group; any number may run (rule 7: the group holds the place, PostgreSQL holds no cursor)."""

    def __init__(self, jobs: Jobs, consumer: str, *, hold_ms: int = 0) -> None:
        self._jobs = jobs
        self._consumer = consumer
        self._stream = jobs.scripts.keys.of("events")
        self._has_own = True
        self._hold_ms = hold_ms
        #: Read and not acknowledged: what waits for the end of its job.
        self._held: list[Told] = []

    def run_once(self) -> bool:
        """Apply one batch; True when there may be more at once: a full batch came, or none in all the time it waited.

        After a small batch its loop pauses, so that events which come one by one share a commit.
        """
        try:
            return self._turn()
        except BaseException:
            # Until the acknowledgement these entries are this consumer's own: after a fault it reads them again.
            self._held, self._has_own = [], True
            raise

    def _turn(self) -> bool:
        client = self._jobs.scripts.client
        with store_errors():
            try:
                entries = self._read(client)
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                self._make_group(client)
                return True
        told = [*self._held, *(_told(*entry) for entry in entries)]
        if not told:
            return True
        # What a fault or a dead consumer left has waited already.
        hold_ms = 0 if self._has_own else self._hold_ms
        count = ripe(told, now_ms=self._jobs.scripts.time_ms(), hold_ms=hold_ms) if hold_ms else len(told)
        crash_point("history.read")
        self._write(told[:count], told)
        crash_point("history.acknowledged")
        self._held = told[count:]
        return len(entries) >= BATCH // 2

    def _write(self, due: list[Told], known: list[Told]) -> None:
        if not due:
            return
        told = [event for each in due for event in each.events]
        events, kept = worth_writing(told, [e for each in known for e in each.events]), event_rows.kept(told)
        if events or kept:
            with self._jobs.database.unit_of_work() as work:
                _keep(work, kept)
                if events:
                    _apply(work, events)
                crash_point("history.applied")
        crash_point("history.committed")
        with store_errors():
            self._jobs.scripts.client.xack(self._stream, GROUP, *[each.entry_id for each in due])

    def _read(self, client: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
        # First what this consumer read but did not acknowledge, then what a dead one left, then what is new.
        if self._has_own:
            own = client.xreadgroup(GROUP, self._consumer, {self._stream: "0"}, count=BATCH)
            pending = stream_entries(own)
            self._has_own = bool(pending)
            if pending:
                return pending
            _, left, *_ = client.xautoclaim(self._stream, GROUP, self._consumer, IDLE_MS, count=BATCH)
            if left:
                return [(event_id, fields) for event_id, fields in left if fields]
        block = None if self._held else int(BLOCK_SECONDS * 1000)
        fresh = client.xreadgroup(GROUP, self._consumer, {self._stream: ">"}, count=BATCH, block=block)
        if not fresh and not self._held:
            self._has_own = True
        return stream_entries(fresh)

    def _make_group(self, client: Any) -> None:
        try:
            client.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise


def _keep(work: UnitOfWork, events: list[Event]) -> None:
    """Add a batch to the jobs' events; one that no row can hold is left out, so that the others do not wait for it."""
    try:
        if events:
            event_rows.add(work, events)
    except (DataError, psycopg.DataError):
        for event in events:
            try:
                event_rows.add(work, [event])
            except (DataError, psycopg.DataError) as error:
                log.error("event could not be kept", job_id=event.job_id, kind=event.kind, error=str(error)[:300])


def _apply(work: UnitOfWork, events: list[Event]) -> None:
    """Apply a batch to rows and attempts; what no row can hold is left out here as well."""
    try:
        with work.connection.begin_nested():
            ledger.apply(work, events)
    except DataError:
        for event in events:
            try:
                with work.connection.begin_nested():
                    ledger.apply(work, [event])
            except DataError as error:
                log.error("event could not be stored", job_id=event.job_id, kind=event.kind, error=str(error)[:300])


def _told(entry_id: bytes, fields: dict[bytes, bytes]) -> Told:
    try:
        return Told(entry_id, tuple(events_from_stream(entry_id, fields)))
    except (KeyError, ValueError):
        log.error("unreadable events skipped", event_id=entry_id.decode(errors="replace"))
        return Told(entry_id, ())
