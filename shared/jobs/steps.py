"""Owns the rows of a job's steps: values that were committed with what the steps did. It must never commit."""

from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs import payloads
from shared.jobs.cursors import PREFIX
from shared.jobs.effects import NAME_MAX, Place

_KEPT = sa.text("SELECT value FROM job_step WHERE job_id = :job_id AND generation = :generation AND step = :step")
_KEEP = sa.text("INSERT INTO job_step VALUES (:job_id, :generation, :step, CAST(:value AS jsonb))")


def kept(work: UnitOfWork, place: Place) -> sa.Row[Any] | None:
    """The row with this step's `value`; None while it has not been done. Raises InvalidArgument for a bad name."""
    name = place.name
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable() or name.startswith(PREFIX):
        message = f"a step's name must have from 1 to {NAME_MAX} printable characters and not begin with {PREFIX!r}"
        raise InvalidArgument(message, field="name")
    return work.connection.execute(_KEPT, _of(place)).one_or_none()


def keep(work: UnitOfWork, place: Place, value: object) -> None:
    """Write the value, for the transaction of what the step did.

    Raises InvalidArgument for what is no JSON, holds NUL or has more than 256 KiB.
    """
    try:
        encoded = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArgument(f"the value of step {place.name} is no JSON: {error}", field="value") from error
    if len(encoded) > payloads.MAX_BYTES or payloads.holds_nul(encoded):
        allowed = f"at most {payloads.MAX_BYTES:,} bytes and no NUL"
        raise InvalidArgument(f"the value of step {place.name} has {len(encoded):,} bytes; {allowed}", field="value")
    work.connection.execute(_KEEP, {**_of(place), "value": encoded.decode()})


def _of(place: Place) -> dict[str, object]:
    return {"job_id": place.job_id, "generation": place.generation, "step": place.name}
