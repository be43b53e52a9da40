"""Owns the list of effects whose result is not known, page by page. It must never judge whether they happened."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.effects import COLUMNS, Effect
from shared.jobs.exchange.outbox_pages import instant_of


def unfinished_page(
    work: UnitOfWork, *, after: Sequence[str] | None, older_than: timedelta, limit: int
) -> list[tuple[Effect, tuple[str, str, str]]]:
    """Effects that may have happened, oldest first, each with its place; also those being called right now.

    Of an effect that a later generation has taken over only the later row counts.
    """
    at, job_id, name = (instant_of(after[0]), after[1], after[2]) if after else (None, "", "")
    statement = f"""
    SELECT {COLUMNS} FROM job_effect
    WHERE finished_at IS NULL AND started_at <= now() - CAST(:older_than AS interval)
      AND (started_at, job_id::text, name) > (coalesce(CAST(:at AS timestamptz), '-infinity'), :job_id, :name)
      AND NOT EXISTS (SELECT 1 FROM job_effect AS later WHERE later.job_id = job_effect.job_id
                      AND later.name = job_effect.name AND later.generation > job_effect.generation)
    ORDER BY started_at, job_id::text, name LIMIT :limit
    """  # noqa: S608  # constant columns
    values = {"at": at, "job_id": job_id, "name": name, "older_than": older_than, "limit": limit}
    effects = [Effect(*row) for row in work.connection.execute(sa.text(statement), values)]
    return [(one, (one.started_at.isoformat(), one.job_id, one.name)) for one in effects]
