"""Owns how far a job has come, kept for its next attempt. It must never let an older attempt set it back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from shared import clock
from shared.db import Database, UnitOfWork
from shared.errors import InvalidArgument, LeaseLost
from shared.jobs.effects import Place, checked_name
from shared.jobs.payloads import holds_nul

SAVE_SECONDS = 1.0
VALUE_MAX_BYTES = 64 * 1024
#: Beside the names of steps, which have no colon before their own text.
PREFIX = "cursor:"

_READ = sa.text("SELECT value FROM job_step WHERE job_id = :job_id AND generation = :generation AND step = :step")
#: An attempt that was claimed earlier has lost its lease to the one whose value stands.
_SAVE = sa.text("""
INSERT INTO job_step (job_id, generation, step, value)
VALUES (:job_id, :generation, :step,
        jsonb_build_object('claimed', CAST(:claimed AS bigint), 'value', CAST(:value AS jsonb)))
ON CONFLICT (job_id, generation, step) DO UPDATE SET value = excluded.value, committed_at = clock_timestamp()
WHERE (job_step.value ->> 'claimed')::bigint <= :claimed
""")


class Cursor:
    """One position of one job. `value` is what was saved last, by this attempt or one before; None at first."""

    def __init__(self, database: Database, place: Place, *, claimed_ms: int, hear: Callable[[], None]) -> None:
        """`hear` is called with every move: whoever gets on is not silent."""
        self._database = database
        self._hear = hear
        self._key = {
            "job_id": place.job_id, "generation": place.generation, "step": PREFIX + checked_name(place.name)
        }  # fmt: skip
        self._claimed_ms = claimed_ms
        self._saved_at = float("-inf")
        self._is_pending = False
        with database.unit_of_work() as work:
            kept = work.connection.execute(_READ, self._key).scalar()
        self.value: Any = None if kept is None else kept["value"]

    def move(self, value: Any, *, every: timedelta = timedelta(seconds=SAVE_SECONDS)) -> None:
        """The job has come this far: committed at once, or with the next move, step or flush within a second.

        Raises InvalidArgument for what is no JSON, holds NUL or has more than 64 KiB, LeaseLost when a later attempt
        runs.
        """
        self._hear()
        try:
            encoded = msgspec.json.encode(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidArgument(f"a cursor must be JSON: {error}", field="value") from error
        if len(encoded) > VALUE_MAX_BYTES or holds_nul(encoded):
            message = f"a cursor of {len(encoded):,} bytes; at most 65,536 and no NUL are kept"
            raise InvalidArgument(message, field="value")
        self.value, self._is_pending = value, True
        if clock.monotonic() - self._saved_at >= every.total_seconds():
            self.flush()

    def flush(self) -> None:
        """Commit what is not yet."""
        if self._is_pending:
            with self._database.unit_of_work() as work:
                self.save(work)

    def save(self, work: UnitOfWork) -> None:
        """Write what is not yet in somebody's transaction."""
        if not self._is_pending:
            return
        values = {**self._key, "claimed": self._claimed_ms, "value": msgspec.json.encode(self.value).decode()}
        if work.connection.execute(_SAVE, values).rowcount == 0:
            raise LeaseLost(f"job {self._key['job_id']} is no longer this attempt's")
        self._saved_at, self._is_pending = clock.monotonic(), False
