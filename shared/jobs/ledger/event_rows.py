"""Owns the rows of what happened to jobs: one a transition, added and never changed.

It must never hold an event twice, however often its batch is written.
"""

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import psycopg
import sqlalchemy as sa

from shared.clock import from_epoch_ms
from shared.db import UnitOfWork
from shared.jobs.ledger.records import Event
from shared.jobs.payloads import storable
from shared.security.redaction import redact_text

REASON_MAX = 500
_COLUMNS = "job_id, entry_ms, place, generation, attempt, event, at, worker, reason"
#: Twice as many events as an entry of the stream may have; the sequence of an entry's id is far below 2^53.
_PLACES, _SEQUENCES = 128, 2**53
_ID = re.compile(r"(\d{1,15})-(\d{1,15})\.(\d{1,3})", re.ASCII)
_UNSAFE = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_COPY = f"COPY job_event ({_COLUMNS}) FROM STDIN"
_INSERT = sa.text(f"""
INSERT INTO job_event ({_COLUMNS})
SELECT {_COLUMNS} FROM json_to_recordset(CAST(:batch AS json))
  AS e (job_id uuid, entry_ms bigint, place bigint, generation integer, attempt integer, event text, at timestamptz,
        worker text, reason text)
ON CONFLICT (job_id, entry_ms, place) DO NOTHING
""")  # noqa: S608  # a constant of this module

_READ = sa.text("""
SELECT entry_ms, place, generation, attempt, event, at, worker, reason FROM job_event
WHERE job_id = CAST(:job_id AS uuid) AND (entry_ms, place) > (:entry_ms, :place) ORDER BY entry_ms, place LIMIT :limit
""")


class _Reason(msgspec.Struct, frozen=True):
    """What an event tells of an error."""

    type: str = ""
    message: str = ""


_reason = msgspec.json.Decoder(_Reason).decode


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One event as read; `event_id` is the one WatchEvents tells."""

    event_id: str
    generation: int
    attempt: int
    event: str
    at: datetime
    worker: str
    reason: str


def kept(events: Iterable[Event]) -> list[Event]:
    """Those that are transitions of jobs with a row."""
    return [event for event in events if event.kind != "progress" and event.is_durable]


def add(work: UnitOfWork, events: Sequence[Event]) -> None:
    """Add events that are probably new; those that are there already change nothing, unknown jobs' are added as well.

    Raises what PostgreSQL says of a value that no row can hold.
    """
    try:
        with work.connection.begin_nested(), work.driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write("".join([_copied(event) for event in events]))
    except psycopg.errors.UniqueViolation:
        # A writer died between its commit and its acknowledgement, or is slow: some of these are there.
        rows = [dict(zip(_COLUMNS.split(", "), _values(event), strict=True)) for event in events]
        with work.connection.begin_nested():
            work.connection.execute(_INSERT, {"batch": msgspec.json.encode(rows).decode()})


def read(work: UnitOfWork, job_id: str, *, after: str, limit: int) -> list[JobEvent]:
    """A job's events after the one of this id (empty: from the first), oldest first."""
    entry_ms, place = _place_of(after) if after else (-1, 0)
    values = {"job_id": job_id, "entry_ms": entry_ms, "place": place, "limit": limit}
    return [JobEvent(_id_of(row[0], row[1]), *row[2:]) for row in work.connection.execute(_READ, values)]


def is_event_id(text: str) -> bool:
    """Whether an event may have this id."""
    return _ID.fullmatch(text) is not None


def _place_of(event_id: str) -> tuple[int, int]:
    entry, _, place = event_id.partition(".")
    milliseconds, _, sequence = entry.partition("-")
    return int(milliseconds), int(sequence) % _SEQUENCES * _PLACES + int(place)


def _id_of(entry_ms: int, place: int) -> str:
    return f"{entry_ms}-{place // _PLACES}.{place % _PLACES}"


def _values(event: Event) -> tuple[object, ...]:
    entry_ms, place = _place_of(event.event_id)
    return (
        event.job_id, entry_ms, place, event.generation, event.attempts, event.kind, from_epoch_ms(event.at_ms),
        event.worker, reason_of(event),
    )  # fmt: skip


def _copied(event: Event) -> str:
    entry_ms, place = _place_of(event.event_id)
    # Once a transition of every job: what most events have not got is not looked at twice.
    reason = reason_of(event).translate(_UNSAFE) if event.extra else ""
    return (
        f"{event.job_id}\t{entry_ms}\t{place}\t{event.generation}\t{event.attempts}\t{event.kind}\t"
        f"{_instant(event.at_ms)}\t{_escaped(event.worker)}\t{reason}\n"
    )


@functools.lru_cache(maxsize=1024)
def _instant(at_ms: int) -> str:
    return from_epoch_ms(at_ms).isoformat()


@functools.lru_cache(maxsize=1024)
def _escaped(text: str) -> str:
    return storable(text, 200).translate(_UNSAFE)


def reason_of(event: Event) -> str:
    """Why it happened, as far as it was told: the error of a failure, what a snooze waits for."""
    text = event.extra
    if text.startswith("{"):
        try:
            error = _reason(text)
        except msgspec.DecodeError:
            return ""
        text = f"{error.type}: {error.message}" if error.message else error.type
    return storable(redact_text(text[: 2 * REASON_MAX]), REASON_MAX)
