"""Owns the rows of a job's steps: values that were committed with what the steps did. It must never commit."""

from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.effects import Place

_KEPT = sa.text("SELECT value FROM job_step WHERE job_id = :job_id AND generation = :generation AND step = :step")
_KEEP = sa.text("INSERT INTO job_step VALUES (:job_id, :generation, :step, CAST(:value AS jsonb))")


def kept(work: UnitOfWork, place: Place) -> sa.Row[Any] | None:
    """The row with this step's `value`; None while it has not been done."""
    return work.connection.execute(_KEPT, _of(place)).one_or_none()


def keep(work: UnitOfWork, place: Place, value: object) -> None:
    """Write the value, for the transaction of what the step did."""
    work.connection.execute(_KEEP, {**_of(place), "value": msgspec.json.encode(value).decode()})


def _of(place: Place) -> dict[str, object]:
    return {"job_id": place.job_id, "generation": place.generation, "step": place.name}
