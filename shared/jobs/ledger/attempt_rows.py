"""Owns reading the attempts of a job: who ran it when, and what went wrong in each. It must never write one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shared.db import UnitOfWork

#: Tokens are for their holders: attempts that began in the same microsecond are told apart by what follows from them.
_READ = sa.text("""
SELECT number, generation, worker, started_at, finished_at, coalesce(outcome, '') AS outcome, error,
       hashtextextended(token, 0) AS mark
FROM attempt
WHERE job_id = CAST(:job_id AS uuid)
  AND (generation, started_at, hashtextextended(token, 0)) > (:generation, CAST(:started_at AS timestamptz), :mark)
ORDER BY generation, started_at, hashtextextended(token, 0) LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the attempt it ends with."""

    generation: int
    started_at: datetime | str
    mark: int


FIRST = Place(0, "-infinity", 0)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt; `outcome` is empty while it runs."""

    number: int
    generation: int
    worker: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    error: Mapping[str, str] | None
    mark: int

    @property
    def place(self) -> Place:
        """What the next page comes after."""
        return Place(self.generation, self.started_at, self.mark)


def read(work: UnitOfWork, job_id: str, *, after: Place = FIRST, limit: int) -> list[AttemptRow]:
    """A job's attempts after a place, oldest first; none for an unknown job."""
    values = {"job_id": job_id, "generation": after.generation, "started_at": after.started_at, "mark": after.mark}
    return [AttemptRow(*row) for row in work.connection.execute(_READ, {**values, "limit": limit})]
